package frontend

import (
	"maps"
	"regexp"
	"slices"
)

var noProgram = regexp.MustCompile(`(?m)\bspawn(?:Sync)? ([a-z][\w+.-]*) ENOENT\b|\b(?:sh|bash): (?:line )?\d+: ([a-z][\w+.-]*): (?:command )?not found\b`)

// debian are packages of Debian that have programs which a person's machine has, and an
// image of Node.js has not. What else is not found is a package of the project's.
var debian = map[string]string{
	"bc": "bc", "bzip2": "bzip2", "cmake": "cmake", "convert": "imagemagick", "curl": "curl", "ffmpeg": "ffmpeg", "g++": "g++", "gcc": "gcc", "git": "git",
	"java": "default-jre-headless", "jq": "jq", "less": "less", "lsof": "lsof", "make": "make", "openssl": "openssl", "php": "php-cli", "ps": "procps", "python": "python-is-python3",
	"python3": "python3", "rsync": "rsync", "ruby": "ruby", "shellcheck": "shellcheck", "sqlite3": "sqlite3", "ssh": "openssh-client", "unzip": "unzip", "wget": "wget", "xz": "xz-utils", "zip": "zip",
}

// LacksPrograms are the packages of Debian that have the programs which a command printed
// that it could not start.
func LacksPrograms(printed string) []string {
	packages := map[string]bool{}
	for _, match := range noProgram.FindAllStringSubmatch(colours.ReplaceAllString(printed, ""), -1) {
		if name := debian[match[1]+match[2]]; name != "" {
			packages[name] = true
		}
	}
	return slices.Sorted(maps.Keys(packages))
}
