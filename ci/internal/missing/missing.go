// Package missing tells, by what a command printed, what it missed where it ran that a
// developer's machine has: programs, and a repository of git around the sources.
package missing

import (
	"maps"
	"regexp"
	"slices"
	"strings"
)

// Programs that the images of Python and Node.js do not have, with the Debian packages that
// have them: those of every developer's machine and of the machines that run pipelines, and
// others.
var (
	everywhere = map[string][]string{
		"cc": {"gcc", "libc6-dev"}, "curl": {"curl"}, "file": {"file"}, "gcc": {"gcc", "libc6-dev"}, "git": {"git"}, "gpg": {"gpg"}, "jq": {"jq"}, "less": {"less"}, "make": {"make"},
		"man": {"man-db"}, "openssl": {"openssl"}, "patch": {"patch"}, "pgrep": {"procps"}, "ps": {"procps"}, "rsync": {"rsync"}, "ssh": {"openssh-client"}, "ssh-keygen": {"openssh-client"},
		"unzip": {"unzip"}, "wget": {"wget"}, "xz": {"xz-utils"}, "zip": {"zip"},
	}
	elsewhere = map[string][]string{
		"bc": {"bc"}, "bzip2": {"bzip2"}, "cmake": {"cmake"}, "convert": {"imagemagick"}, "docker": {"docker.io"}, "ffmpeg": {"ffmpeg"}, "g++": {"g++"}, "java": {"default-jre-headless"}, "lsof": {"lsof"}, "node": {"nodejs"}, "npm": {"npm"}, "php": {"php-cli"},
		"python": {"python-is-python3"}, "python3": {"python3"}, "ruby": {"ruby"}, "shellcheck": {"shellcheck"}, "sqlite3": {"sqlite3"},
	}
)

var (
	colours = regexp.MustCompile(`\x1b\[[0-9;]*m`)
	// byPython and byNode are how the functions of both that start a program say that it is
	// not there, and byShell how a shell does, and what starts a container. A file has a
	// directory before its name, or an ending.
	byPython = regexp.MustCompile(`No such file or directory: '([A-Za-z][A-Za-z0-9+_-]*)'\s`)
	byNode   = regexp.MustCompile(`\bspawn(?:Sync)? ([a-z][\w+.-]*) ENOENT\b`)
	byShell  = regexp.MustCompile(`\b(?:ba|da)?sh: (?:(?:line )?\d+: )?(?:exec: )?([a-z][\w+.-]*): (?:command )?not found\b|\bexec: "([a-z][\w+.-]*)": executable file not found\b`)
	// byWords is how some say it of one that they know.
	byWords = regexp.MustCompile(`\bcannot import name '([a-z]\w*)' from 'plumbum\.cmd'|\b([a-z][\w+.-]*) executable not found\b`)
	// gitless is how GitPython and pip say it of git.
	gitless = regexp.MustCompile(`(?m)Bad git executable\.|Failed to initialize: .*git|Cannot find command 'git'`)
)

// Programs are those that a command printed that it could not start. Of what a shell did
// not find it is those that are known: the rest are the project's own.
func Programs(printed string) (names []string) {
	printed = colours.ReplaceAllString(printed, "") + "\n"
	found := byNode.FindAllStringSubmatch(printed, -1)
	if strings.Contains(printed, "_execute_child") { // Else it may be a file.
		found = append(found, byPython.FindAllStringSubmatch(printed, -1)...)
	}
	for _, m := range append(byShell.FindAllStringSubmatch(printed, -1), byWords.FindAllStringSubmatch(printed, -1)...) {
		if name := m[1] + m[2]; everywhere[name] != nil || elsewhere[name] != nil {
			found = append(found, []string{m[0], name})
		}
	}
	for _, m := range found {
		if !slices.Contains(names, m[1]) {
			names = append(names, m[1])
		}
	}
	if gitless.MatchString(printed) && !slices.Contains(names, "git") {
		names = append(names, "git")
	}
	return names
}

// Packages are the Debian packages of programs, as far as they are known.
func Packages(programs []string) []string {
	all := map[string]bool{}
	for _, name := range programs {
		for _, pkg := range slices.Concat(everywhere[name], elsewhere[name]) {
			all[pkg] = true
		}
	}
	return slices.Sorted(maps.Keys(all))
}

// Everywhere are the Debian packages of what every developer's machine has and a command
// missed, by what it printed, less those that are installed.
func Everywhere(printed string, installed []string) []string {
	names := slices.DeleteFunc(slices.Concat(Programs(printed), Suspected(printed, installed)), func(name string) bool { return everywhere[name] == nil })
	return slices.DeleteFunc(Packages(names), func(pkg string) bool { return slices.Contains(installed, pkg) })
}

// Elsewhere are those of programs that not every developer's machine has.
func Elsewhere(programs []string) []string {
	return slices.DeleteFunc(programs, func(name string) bool { return everywhere[name] != nil })
}

// unversioned is how git, GitPython and pre-commit say that a directory is in no repository.
var unversioned = regexp.MustCompile(`\bnot a git repository\b|\bInvalidGitRepositoryError\b|\bare you in a Git repository directory\?`)

// AsksGit tells whether a command printed that it asked git about what git does not know.
func AsksGit(printed string) bool { return unversioned.MatchString(printed) }
