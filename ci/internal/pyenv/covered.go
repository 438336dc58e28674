package pyenv

import (
	"io/fs"
	"path"
	"slices"
	"strings"

	"github.com/google/shlex"

	"github.com/pingvas/pingvas-ci/ci/internal/component"
)

// whole is a line without all that it tells a command.
func (h habit) whole(command []string) habit {
	arguments, _ := h.arguments(command...)
	h.words, h.given = h.words[:len(h.words)-len(arguments)], h.given.less(addedOptions)
	return h
}

// leavesOut tells whether lines that run tests leave out some that lie in the project.
func (p Project) leavesOut(fsys fs.FS, lines []habit) bool {
	var covered []string
	for _, h := range lines {
		there := p
		there.Path = h.at
		if places, chosen := there.testsOf(fsys, h); !chosen {
			covered = append(covered, places...)
		}
	}
	return component.TestsBeside(fsys, p.Path, covered...)
}

// testsOf are the places whose tests a line runs; chosen says that of these it runs some.
func (p Project) testsOf(fsys fs.FS, h habit) (places []string, chosen bool) {
	for _, command := range checkers[testGate] {
		words, runs := h.arguments(command...)
		if !runs {
			continue
		}
		added, err := shlex.Split(h.variables().values[addedOptions])
		if err == nil && strings.HasPrefix(command[0], "py") {
			words = append(added, words...)
		}
		discovers := command[0] == "unittest" && len(words) > 0 && words[0] == "discover"
		if discovers {
			words = words[1:]
		}
		for i := 0; i < len(words); i++ {
			name, value, joined := strings.Cut(words[i], "=")
			if strings.HasPrefix(name, "-") {
				if !joined && slices.Contains(takesValue, name) && i+1 < len(words) {
					i++
					value = words[i]
				}
				chosen = chosen || slices.Contains(chooses, name) && !strings.HasPrefix(value, "not ")
				if discovers && (name == "-s" || name == "--start-directory") {
					places = append(places, path.Join(p.Path, value))
				}
				continue
			}
			place, is := p.placeOf(fsys, words[i])
			chosen, places = chosen || !is, append(places, place)
		}
		break
	}
	if len(places) == 0 {
		places = []string{p.Path}
	}
	return places, chosen
}

var (
	// takesValue are options of pytest's, Django's and unittest's that have one, as far as a
	// word of it could be a place of tests.
	takesValue = []string{
		"-k", "-m", "-n", "-c", "-p", "-o", "-s", "-t", "-v", "--tag", "--exclude-tag", "--settings", "--verbosity", "--pattern", "--parallel", "--testrunner", "--pythonpath", "--top-level-directory", "--start-directory",
		"--maxfail", "--durations", "--dist", "--timeout", "--cov-config", "--rootdir", "--ds",
	}
	// chooses are those by which some tests run.
	chooses = []string{"-k", "-m", "--tag", "--pattern", "--deselect"}
)

// placeOf is the file or the directory that a runner's word names, by its path or as a module.
func (p Project) placeOf(fsys fs.FS, word string) (place string, is bool) {
	at := path.Join(p.Path, word)
	module := path.Join(p.Path, strings.ReplaceAll(word, ".", "/"))
	for _, one := range []string{at, module, module + ".py"} {
		if fs.ValidPath(one) && component.Exists(fsys, one) {
			return one, true
		}
	}
	return at, false
}
