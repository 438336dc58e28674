package frontend

import (
	"fmt"
	"path"
	"regexp"
	"slices"
	"strings"
)

// Lock is what a pnpm-lock.yaml says of how it is installed.
type Lock struct {
	// Line is the line of pnpm that made it, or one that reads it as that did; empty
	// where it does not say.
	Line string
	// Patches are the files of patches that it names; Directories and Archives are the
	// packages that lie in the repository: all from the lock file's directory.
	Patches, Directories, Archives []string
}

var (
	lockVersion   = regexp.MustCompile(`(?m)^lockfileVersion: ['"]?(\d+)\.`)
	localPackage  = regexp.MustCompile(`\bdirectory: ([^,}\n]+), type: directory`)
	localArchive  = regexp.MustCompile(`\btarball: file:([^,}\n]+)`)
	patchPath     = regexp.MustCompile(`(?m)^    path: (\S.*)$`)
	patched       = regexp.MustCompile(`(?m)^patchedDependencies:\n((?: .*\n)+)`)
	longHash      = regexp.MustCompile(`\bhash: [0-9a-f]{64}\b`)
	hashAlone     = regexp.MustCompile(`(?m)^  \S.*: [0-9a-f]{64}$`)
	sumOfHooks    = regexp.MustCompile(`(?m)^pnpmfileChecksum: sha256-`)
	severalInFile = regexp.MustCompile(`(?m)^---$`)
)

// ofPackages are the keys of a pnpm-workspace.yaml that pnpm 9 reads, and ofEleven
// those that only pnpm 11 and later write.
var (
	ofPackages = []string{"packages", "catalog", "catalogs"}
	ofEleven   = []string{"allowBuilds"}
)

// ReadLock reads a pnpm-lock.yaml. Of its format 9.0, which four lines of pnpm write,
// the line is told by what else is in it, and by the keys of pnpm-workspace.yaml.
func ReadLock(text string, settings []string) (Lock, error) {
	var l Lock
	version := lockVersion.FindStringSubmatch(text)
	switch {
	case version == nil:
	case version[1] == "5":
		l.Line = "7"
	case version[1] == "6":
		l.Line = "8"
	case version[1] == "9":
		l.Line = lineOfNine(text, settings)
	default:
		return l, fmt.Errorf("pnpm-lock.yaml has the format %s, which no pnpm up to %s writes. Make it with one of pnpm %s", version[1], NewestPnpm(), strings.Join(lines, ", "))
	}
	if block := patched.FindStringSubmatch(text); block != nil {
		l.Patches = places(patchPath, block[1])
	}
	l.Directories, l.Archives = places(localPackage, text), places(localArchive, text)
	return l, nil
}

func lineOfNine(text string, settings []string) string {
	patches := ""
	if block := patched.FindStringSubmatch(text); block != nil {
		patches = block[1]
	}
	has := func(keys []string) func(string) bool {
		return func(key string) bool { return slices.Contains(keys, key) }
	}
	switch {
	case slices.ContainsFunc(settings, has(ofEleven)), severalInFile.MatchString(text), hashAlone.MatchString(patches):
		return "11"
	case len(settings) > 0 && !slices.Contains(settings, "packages"),
		len(slices.DeleteFunc(slices.Clone(settings), has(ofPackages))) > 0, longHash.MatchString(patches), sumOfHooks.MatchString(text):
		return "10"
	}
	return "9"
}

// places are the places that a pattern finds, each once.
func places(pattern *regexp.Regexp, text string) []string {
	var all []string
	for _, match := range pattern.FindAllStringSubmatch(text, -1) {
		all = append(all, path.Clean(strings.Trim(strings.TrimSpace(match[1]), `'"`)))
	}
	slices.Sort(all)
	return slices.Compact(all)
}
