// Package gitrepo runs git.
package gitrepo

import (
	"net"
	"os/exec"
)

func run(args ...string) error { return exec.Command("git", args...).Run() }

// Log stays on this machine.
func Log() error { return run("log") }

// Update speaks to a server.
func Update() error {
	push := []string{"push"}
	return run(append(push, "origin")...)
}

// Curl starts another program.
func Curl() error { return exec.Command("curl").Run() }

// Host can fail, and sends nothing.
func Host() (string, error) {
	host, _, err := net.SplitHostPort("a:1")
	return host, err
}
