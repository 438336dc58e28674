package frontend

import (
	"fmt"
	"path"
	"regexp"
	"slices"
	"strings"
)

// releases are what a line of pnpm stands for, so that the same source is installed by
// the same pnpm next year.
var releases = map[string]string{
	"7":  "7.33.7",
	"8":  "8.15.9",
	"9":  "9.15.9",   // renovate: datasource=npm depName=pnpm
	"10": "10.34.9",  // renovate: datasource=npm depName=pnpm
	"11": "11.28.11", // renovate: datasource=npm depName=pnpm
	"12": "12.21.0",  // renovate: datasource=npm depName=pnpm
}

// lines are those to choose from: the guide's first, then what is newer, then what is
// older.
var lines = []string{"9", "10", "11", "12", "8", "7"}

// PnpmLines are the lines to choose from, the likeliest first, which is that of the lock
// file where it is known.
func PnpmLines(ofLock string) []string {
	at := max(slices.Index(lines, ofLock), 0)
	return slices.Concat(lines[at:], lines[:at])
}

// NewestPnpm is the line that releases begin in.
func NewestPnpm() string { return "12" }

// PnpmRelease returns the release that a version stands for; one that names
// minor or patch stays as it is.
func PnpmRelease(version string) string {
	if release, known := releases[version]; known {
		return release
	}
	return version
}

// OutdatedLock says what is wrong when an install's output shows a lock file
// that does not fit a package.json; root is where the lock file lies. It is
// nil for any other output.
func OutdatedLock(root, output string) error {
	at := outdated.FindStringSubmatch(output)
	if at == nil {
		return nil
	}
	manifest := path.Join(root, strings.TrimPrefix(at[1], "/"))
	var why []string
	if reason := failureReason.FindStringSubmatch(output); reason != nil {
		for line := range strings.Lines(reason[1]) {
			why = append(why, "    "+strings.TrimSpace(line))
		}
	}
	return fmt.Errorf("%s does not fit %s:\n%s\nRun `pnpm install --lockfile-only` in %s and commit the lock file",
		path.Join(root, "pnpm-lock.yaml"), manifest, strings.Join(why, "\n"), place(root))
}

var (
	outdated      = regexp.MustCompile(`ERR_PNPM_OUTDATED_LOCKFILE.*up to date with (?:<ROOT>)?/?(\S+)`)
	failureReason = regexp.MustCompile(`(?s)Failure reason:\s*\n(.+?)(?:\n\s*\n|\s*$)`)
)

func place(dir string) string {
	if dir == "." {
		return "the repository root"
	}
	return dir
}

var gyp = regexp.MustCompile(`gyp ERR! find Python|gyp ERR! stack Error: not found: make|not found: make|make: (g\+\+|cc|c\+\+): (No such file|not found)`)

// NoCompiler tells whether an install's output shows that a package had to be compiled,
// and there was nothing to do it.
func NoCompiler(output string) bool { return gyp.MatchString(output) }
