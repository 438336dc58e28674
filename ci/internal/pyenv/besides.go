package pyenv

import (
	"cmp"
	"fmt"
	"io/fs"
	"path"
	"regexp"
	"slices"
	"strings"

	"github.com/pingvas/pingvas-ci/ci/internal/component"
)

// Doctests are the commands by which the project's automation has pytest run the examples in
// documentation, besides the tests, and the file that has them.
func (p Project) Doctests(fsys fs.FS) (commands []string, file string) {
	_, arguments := p.pytest(fsys, p.habits(fsys))
	for _, h := range p.habits(fsys) {
		words, runs := h.arguments("pytest")
		doctest := slices.ContainsFunc(words, ofDoctest.MatchString)
		if !runs || !doctest || h.fromAbove || h.doubtful(words) || slices.ContainsFunc(arguments, ofDoctest.MatchString) || ofDoctest.MatchString(p.addedByConfiguration(fsys)) {
			continue
		}
		command := strings.TrimSpace("pytest " + quoted(p.call(fsys, h.file, "pytest", words).words()))
		if !slices.Contains(commands, command) {
			commands, file = append(commands, command), cmp.Or(file, h.file)
		}
	}
	return commands, file
}

var ofDoctest = regexp.MustCompile(`--doctest-(?:modules|glob)\b`)

// Threshold is the coverage, in percent, that the project's automation has coverage itself ask
// for, and the file that has it do so; empty for none.
func (p Project) Threshold(fsys fs.FS) (percent, file string) {
	at := slices.IndexFunc(p.habits(fsys), func(h habit) bool {
		_, reports := h.arguments("coverage", "report")
		return reports && !h.forgiven
	})
	if at < 0 {
		return "", ""
	}
	line := p.habits(fsys)[at]
	if m := failUnder.FindStringSubmatch(strings.Join(line.words, " ")); m != nil {
		return m[1], line.file
	}
	if said := component.Lookup(p.document, "tool", "coverage", "report")["fail_under"]; said != nil {
		return fmt.Sprint(said), line.file
	}
	for _, name := range []string{".coveragerc", "setup.cfg", "tox.ini"} {
		raw, err := fs.ReadFile(fsys, path.Join(p.Path, name))
		if m := failUnder.FindStringSubmatch(text(raw)); err == nil && m != nil {
			return m[1], line.file
		}
	}
	return "", ""
}

var failUnder = regexp.MustCompile(`(?:--fail-under[ =]|\bfail_under\s*=\s*)(\d+(?:\.\d+)?)`)
