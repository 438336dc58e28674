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

// measures are pytest-cov's options among pytest's: what is measured, and the threshold.
func measures(words []string) (options []string) {
	for at := 0; at < len(words); at++ {
		name, _, joined := strings.Cut(words[at], "=")
		option := words[at]
		if slices.Contains([]string{"--cov", "--cov-config", "--cov-fail-under"}, option) && !joined && at+1 < len(words) && !strings.HasPrefix(words[at+1], "-") {
			at++
			option += "=" + words[at]
		}
		if slices.Contains([]string{"--cov", "--cov-config", failUnderOption, "--cov-branch"}, name) && !unplain(option) {
			options = append(options, option)
		}
	}
	return options
}

const failUnderOption = "--cov-fail-under"

// measure is how the project's automation has pytest-cov measure what the tests cover, and the
// file that has it: by the line that runs them here, else by the first that measures, whose
// threshold may be for a part of them.
func (p Project) measure(fsys fs.FS, habits []habit) (options []string, file string) {
	added := covers.MatchString(p.addedByConfiguration(fsys))
	says := func(c call) bool {
		return slices.ContainsFunc(c.measure, func(option string) bool { return added || optionName([]string{option}) == "--cov" })
	}
	tests, _ := p.pytest(fsys, habits)
	if says(tests) {
		return tests.measure, tests.file
	}
	all, _ := p.pytests(fsys, habits)
	if at := slices.IndexFunc(all, func(c call) bool { return says(c) && !c.fromAbove }); at >= 0 {
		return slices.DeleteFunc(slices.Clone(all[at].measure), func(option string) bool { return strings.HasPrefix(option, failUnderOption) }), all[at].file
	}
	return nil, ""
}

// Threshold is the coverage, in percent, below which the project's automation fails, and the
// file that has it do so; empty for none. Tested says that the tests do so by themselves, by
// pytest-cov.
func (p Project) Threshold(fsys fs.FS) (percent, file string, tested bool) {
	habits := p.habits(fsys)
	installed := p.installs(coverageTool) != "" && !p.unmeasured(fsys, habits)
	measure, by := p.measure(fsys, habits)
	if m := failUnder.FindStringSubmatch(strings.Join(measure, " ")); m != nil && installed {
		return m[1], by, true
	}
	if m := failUnder.FindStringSubmatch(p.addedByConfiguration(fsys)); m != nil && installed {
		return m[1], p.configured(fsys, configuredTools["pytest"]), true
	}
	set, where := p.failUnder(fsys)
	if set == "0" {
		set = ""
	}
	if set != "" && installed {
		return set, where, true
	}
	for _, h := range habits {
		_, reports := h.arguments("coverage", "report")
		_, runs := h.arguments("pytest")
		m := failUnder.FindStringSubmatch(strings.Join(h.words, " "))
		switch {
		case h.forgiven || !reports && !runs || m != nil && m[1] == "0":
		case m != nil:
			return m[1], h.file, false
		case reports && set != "":
			return set, h.file, false
		}
	}
	return "", "", false
}

// failUnder is the threshold of coverage's own configuration, and its file.
func (p Project) failUnder(fsys fs.FS) (percent, file string) {
	if said := component.Lookup(p.document, "tool", "coverage", "report")["fail_under"]; said != nil {
		return fmt.Sprint(said), p.Manifest()
	}
	for _, of := range []struct{ name, section string }{{".coveragerc", "report"}, {".coveragerc", "coverage:report"}, {"setup.cfg", "coverage:report"}, {"tox.ini", "coverage:report"}} {
		if said := strings.TrimSpace(comments.ReplaceAllString(p.readINI(fsys, of.name)[of.section]["fail_under"], "")); said != "" {
			return said, path.Join(p.Path, of.name)
		}
	}
	return "", ""
}

var failUnder = regexp.MustCompile(`--(?:cov-)?fail-under[ =](\d+(?:\.\d+)?)`)
