package missing

import (
	"regexp"
	"slices"
	"strings"
)

// notInstalled is how programs of Python say of another one that it is not there.
var notInstalled = regexp.MustCompile("(?m)^(?:E  |FAILED ).*?[\\s'\"`](\\w+)['\"`]? (?:is |was |command |executable )?(?:not installed|not found|not available)\\b")

var failedCase = regexp.MustCompile(`(?m)^FAILED [^\n]*\[([^\]\n]*)\]`)

// suspects are programs that tests start and the image of Python does not have: some look
// for them first, and go on without.
var suspects = []string{"git", "less", "ssh", "make", "gcc", "node", "ffmpeg", "vim", "nano", "zsh", "fish"}

// Suspected are such programs that failed tests say are not there, or that most of the
// failed cases have in their names, less those that are installed.
func Suspected(output string, installed []string) (names []string) {
	cases := failedCase.FindAllStringSubmatch(output, -1)
	for _, m := range notInstalled.FindAllStringSubmatch(output, -1) {
		if slices.Contains(suspects, m[1]) && !slices.Contains(names, m[1]) {
			names = append(names, m[1])
		}
	}
	if len(names) > 0 {
		return names
	}
	for _, name := range suspects {
		of := 0
		for _, m := range cases {
			if slices.Contains(strings.FieldsFunc(m[1], func(r rune) bool { return strings.ContainsRune(" -_/", r) }), name) {
				of++
			}
		}
		if of*2 > len(cases) && !slices.ContainsFunc(installed, func(pkg string) bool { return strings.HasPrefix(pkg, name) }) {
			names = append(names, name)
		}
	}
	return names
}
