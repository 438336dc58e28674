package frontend

import "regexp"

// What programs print that asked git, where there is none or no clone.
var withoutGit = regexp.MustCompile(`\bspawn(Sync)? git ENOENT\b|\bgit: (command )?not found\b|\bfatal: not a git repository\b`)

// AsksGit tells by what a command printed that it asked git.
func AsksGit(printed string) bool { return withoutGit.MatchString(printed) }
