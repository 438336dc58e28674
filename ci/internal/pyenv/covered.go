package pyenv

import (
	"io/fs"
	"path"
	"slices"
	"strings"

	"github.com/google/shlex"

	"github.com/pingvas/pingvas-ci/ci/internal/component"
)

// whole are lines that together run all of the tests: where that is none of them by itself, and
// they are no parts of Django's, whose commands run one after the other, the first without what
// chooses among them.
func (p Project) whole(fsys fs.FS, lines []habit, command []string) []habit {
	alone := slices.DeleteFunc(slices.Clone(lines), func(h habit) bool { return p.leavesOut(fsys, []habit{h}) })
	inTurn := !strings.HasPrefix(command[0], "py") && !p.leavesOut(fsys, lines)
	switch {
	case len(alone) == len(lines), inTurn:
		return lines
	case len(alone) > 0:
		return alone
	}
	h := lines[0]
	arguments, _ := h.arguments(command...)
	there := p
	there.Path = h.at
	h.words = slices.Concat(h.words[:len(h.words)-len(arguments)], there.unchosen(fsys, runnerOf(command), arguments))
	h.given = h.given.less(addedOptions)
	return []habit{h}
}

// unchosen are the arguments of a runner of tests less the places, and the options by which some
// of the tests run.
func (p Project) unchosen(fsys fs.FS, runner optionsOfRunner, words []string) (kept []string) {
	for i := 0; i < len(words); i++ {
		if words[i] == "discover" && i == 0 && runner.discovers != nil {
			kept, runner = append(kept, words[i]), *runner.discovers
			continue
		}
		name, value, joined := strings.Cut(words[i], "=")
		if !strings.HasPrefix(name, "-") {
			continue
		}
		option := words[i : i+1]
		if !joined && p.hasValue(fsys, runner, words[i:]) {
			i++
			value = words[i]
			option = []string{name, value}
		}
		if !slices.Contains(runner.chooses, name) || strings.HasPrefix(value, "not ") {
			kept = append(kept, option...)
		}
	}
	return kept
}

// hasValue tells whether the word behind an option is its value: as far as it is known, or it
// names no place.
func (p Project) hasValue(fsys fs.FS, runner optionsOfRunner, words []string) bool {
	if len(words) < 2 || strings.HasPrefix(words[1], "-") {
		return false
	}
	_, place := p.placeOf(fsys, words[1])
	return slices.Contains(runner.valued, words[0]) || strings.HasPrefix(words[0], "--") && !slices.Contains(flags, words[0]) && !place
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
		runner := runnerOf(command)
		discovers := len(words) > 0 && words[0] == "discover" && runner.discovers != nil
		if discovers {
			words, runner = words[1:], *runner.discovers
		}
		for i := 0; i < len(words); i++ {
			name, value, joined := strings.Cut(words[i], "=")
			if strings.HasPrefix(name, "-") {
				if !joined && p.hasValue(fsys, runner, words[i:]) {
					i++
					value = words[i]
				}
				start := discovers && (name == "-s" || name == "--start-directory")
				chosen = chosen || !start && slices.Contains(runner.chooses, name) && !strings.HasPrefix(value, "not ")
				if start {
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

// optionsOfRunner are those of a runner of tests that take a value, as far as a word of it could
// be a place of tests, and those by which some tests run; discovers is the runner where it is
// told to discover them.
type optionsOfRunner struct {
	valued, chooses []string
	discovers       *optionsOfRunner
}

var (
	ofUnittest = optionsOfRunner{valued: []string{"-k"}, chooses: []string{"-k"}, discovers: &optionsOfRunner{
		valued:  []string{"-k", "-s", "-p", "-t", "--start-directory", "--pattern", "--top-level-directory"},
		chooses: []string{"-k", "-s", "--start-directory"}, // A pattern says how files are named.
	}}
	ofDjango = optionsOfRunner{
		valued:  []string{"-k", "-v", "-p", "-t", "--tag", "--exclude-tag", "--settings", "--verbosity", "--pattern", "--parallel", "--testrunner", "--pythonpath", "--top-level-directory", "--durations"},
		chooses: []string{"-k", "-p", "--tag", "--pattern"},
	}
)

// runnerOf are the options of the runner that a command is.
func runnerOf(command []string) optionsOfRunner {
	switch {
	case strings.HasPrefix(command[0], "py"):
		return optionsOfRunner{valued: grammars["pytest"].valued, chooses: []string{"-k", "-m"}}
	case command[0] == "unittest":
		return ofUnittest
	}
	return ofDjango
}

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
