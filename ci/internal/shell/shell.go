// Package shell writes what a shell reads.
package shell

import "strings"

// Quoted is a text as one word of a shell's line.
func Quoted(text string) string { return "'" + strings.ReplaceAll(text, "'", `'\''`) + "'" }
