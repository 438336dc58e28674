package pyenv

import (
	"io/fs"
	"path"
	"regexp"
	"slices"
	"strings"

	"github.com/google/shlex"

	"github.com/pingvas/pingvas-ci/ci/internal/component"
)

// pytest is how the project's automation runs its tests: where one line has all that the
// others have, or of those called test, by what it is run, the options that a verdict depends
// on, and the paths, with the variables that all of these set; else those of tox's [testenv],
// where no other environment has tests. Other lines are of parts of the tests, of which all
// are run; so they are where a line has what cannot be known here.
func (p Project) pytest(fsys fs.FS, habits []habit) (tests call, arguments []string) {
	all, known := p.pytests(fsys, habits)
	named := func(tasks ...string) (calls []call) {
		return slices.DeleteFunc(slices.Clone(all), func(c call) bool { return c.fromAbove || !slices.Contains(tasks, c.task) })
	}
	ofTox := named(testsOfTox)
	if slices.ContainsFunc(all, func(c call) bool {
		return len(ofTox) > 0 && c.file == ofTox[0].file && c.task != testsOfTox && !c.beside()
	}) {
		ofTox = nil
	}
	for _, calls := range [][]call{all, named("test", "tests"), ofTox} {
		most := slices.IndexFunc(calls, func(c call) bool {
			return !c.fromAbove && p.knows(c) && !slices.ContainsFunc(calls, func(other call) bool { return !c.covers(other) })
		})
		if known && most >= 0 && (p.entire(fsys, calls[most]) || !p.unsure(fsys, habits)) {
			tests = calls[most]
			tests.with = common(calls)
			delete(tests.with.values, addedOptions)
			return tests, append(tests.words(), p.parallel(tests)...)
		}
	}
	own := slices.DeleteFunc(all, func(c call) bool { return c.fromAbove })
	if len(own) == 0 {
		return call{}, nil
	}
	tests = call{with: common(own), through: own[0].through, workers: own[0].workers}
	for _, c := range own {
		if !slices.Equal(c.through, tests.through) {
			tests.through = nil
		}
		if !slices.Equal(c.workers, tests.workers) {
			tests.workers = nil
		}
	}
	if arguments = p.parallel(tests); len(tests.with.values)+len(tests.with.unknown)+len(tests.through)+len(arguments) > 0 {
		tests.file = own[0].file
	}
	return tests, arguments
}

// entire tells whether a call runs all of the tests but what it leaves out by its name: it chooses
// none, and names the directory that has them, or every one in which some lie.
func (p Project) entire(fsys fs.FS, c call) bool {
	chooses := slices.ContainsFunc(c.options, func(option []string) bool {
		_, value, _ := strings.Cut(strings.Join(option, "="), "=")
		return slices.Contains([]string{"-m", "-k"}, optionName(option)) && !excludes.MatchString(value)
	})
	var places []string
	for _, target := range c.targets {
		if target == "." || wholly.MatchString(target) {
			return !chooses
		}
		places = append(places, path.Join(p.Path, target))
	}
	return !chooses && (len(places) == 0 || !component.TestsBeside(fsys, p.Path, places...))
}

// excludes is a choice of tests that only leaves some out.
var excludes = regexp.MustCompile(`^not [\w.-]+(?: and not [\w.-]+)*$`)

// unsure tells whether a line may run tests in a way that is not known here: neither as one of
// pytest's, nor in a container, nor by a task that is read.
func (p Project) unsure(fsys fs.FS, habits []habit) bool {
	read := map[string]bool{}
	for _, h := range habits {
		read[h.task] = read[h.task] || h.runsAny(checkers[testGate]...)
	}
	return slices.ContainsFunc(habits, func(h habit) bool {
		if len(h.words) == 0 || h.foreign || h.forgiven || containers.MatchString(h.words[0]) || h.runsAny(checkers[testGate]...) || !p.mayTest(fsys, h) {
			return false
		}
		idle, _ := h.arguments("pytest")
		last := h.words[len(h.words)-1]
		return idle == nil && !read[last] && !slices.ContainsFunc(h.words, func(word string) bool { return slices.Contains(otherTests, path.Base(word)) })
	})
}

// otherTests are runners of tests that are none of pytest's.
var otherTests = []string{"behave", "ward", "trial", "stestr"}

// parallel are the options by which the tests run side by side, where what does that is
// installed.
func (p Project) parallel(tests call) []string {
	if p.installs("pytest-xdist") == "" && !p.Has("pytest-xdist") {
		return nil
	}
	return tests.workers
}

// Automates is the file of the project's automation that runs a command where the project
// lies; empty for none.
func (p Project) Automates(fsys fs.FS, command ...string) string {
	all := p.habits(fsys)
	at := slices.IndexFunc(all, func(h habit) bool { _, runs := h.arguments(command...); return runs && h.at == p.Path })
	if at < 0 {
		return ""
	}
	return all[at].file
}

// TestsAll tells of the project at the repository's root whether its automation runs tests
// there for all of it: by a line that names no place, or where no line is about another
// project alone, as where each has tests of its own.
func (p Project) TestsAll(fsys fs.FS) (all bool) {
	ofOthers := false
	for _, h := range p.habits(fsys) {
		words, runs := h.arguments("pytest")
		if !runs || h.at != p.Path {
			continue
		}
		places := slices.DeleteFunc(slices.Clone(words), func(word string) bool {
			return strings.HasPrefix(word, "-") || !fs.ValidPath(path.Clean(word)) || !component.Exists(fsys, path.Join(p.Path, word))
		})
		switch {
		case len(places) == 0:
			return true
		case slices.ContainsFunc(places, func(place string) bool { return !p.ofAnother(fsys, path.Join(p.Path, place)) }):
			all = true
		default:
			ofOthers = true
		}
	}
	return all && !ofOthers
}

// ofAnother tells whether a place lies in another project below.
func (p Project) ofAnother(fsys fs.FS, place string) bool {
	for at := place; at != p.Path && at != "."; at = path.Dir(at) {
		if slices.ContainsFunc(manifests, func(name string) bool { return component.Exists(fsys, path.Join(at, name)) }) {
			return true
		}
	}
	return false
}

// pytests are the lines that run tests; known is false where what one of them runs is not.
func (p Project) pytests(fsys fs.FS, habits []habit) (all []call, known bool) {
	here := slices.DeleteFunc(slices.Clone(habits), func(h habit) bool { return h.foreign })
	if all, known = p.pytestsOf(fsys, here); len(all) == 0 {
		all, known = p.pytestsOf(fsys, habits) // They run on other systems alone.
	}
	return all, known
}

func (p Project) pytestsOf(fsys fs.FS, habits []habit) (all []call, known bool) {
	known = true
	for _, h := range habits {
		words, runs := h.arguments("pytest")
		if !runs && words == nil {
			words, runs = h.arguments("py.test")
		}
		if !runs && words == nil {
			words, runs = p.hatchTest(fsys, h)
		}
		if !runs {
			known = known && !h.contains("pytest")
			continue
		}
		with := p.called(habits, h.variables(), h)
		added, err := shlex.Split(with.values[addedOptions])
		words = append(added, words...)
		if slices.ContainsFunc(words, runsNone) {
			continue
		}
		known = known && err == nil && !h.doubtful(words)
		c := p.call(fsys, h.file, "pytest", words)
		c.with, c.task, c.fromAbove, c.through, c.workers = with, h.task, h.fromAbove, h.through("pytest"), workers(words)
		c.measure = measures(words)
		c.measured = covers.MatchString(strings.Join(h.words, " ")) || slices.ContainsFunc([]string{"-c", "--cover"}, func(option string) bool { return slices.Contains(h.words, "hatch") && slices.Contains(h.words, option) })
		all = append(all, c)
	}
	return all, known
}

// asides are directories of documents and the like.
var asides = []string{"doc", "docs", "documentation", "examples", "benchmarks"}

// beside tells of a call that it is about documents and the like alone, and no tests.
func (c call) beside() bool {
	return len(c.targets) > 0 && !slices.ContainsFunc(c.targets, func(target string) bool {
		first, _, _ := strings.Cut(target, "/")
		return !slices.Contains(asides, first)
	})
}

// addedOptions is the variable in which pytest has further options.
const addedOptions = "PYTEST_ADDOPTS"

// runsNone tells of an option that pytest runs no test with, or has none fail: it writes anew
// what tests compare with.
func runsNone(word string) bool {
	return slices.Contains(testless, optionName([]string{word})) || anew.MatchString(word)
}

var anew = regexp.MustCompile(`^--inline-snapshot=.*(?:create|fix|update|trim|review)`)

var testless = []string{
	"--collect-only", "--co", "--version", "-V", "--help", "-h", "--fixtures", "--fixtures-per-test", "--markers", "--setup-plan", "--cache-show", "--snapshot-update", "--force-regen", "--regen-all",
	"--update-snapshots", "--accept", "--update-golden",
}

// common are the variables that all of some calls set alike, and of those that all set the
// ones that only a runner knows.
func common(calls []call) (shared given) {
	if len(calls) == 0 {
		return shared
	}
	first := calls[0].with
	all := func(has func(of given) bool) bool {
		return !slices.ContainsFunc(calls, func(c call) bool { return !has(c.with) })
	}
	for name, value := range first.values {
		if all(func(of given) bool { was, has := of.values[name]; return has && was == value }) {
			shared = shared.set(name, value)
		}
	}
	for _, name := range first.unknown {
		if all(func(of given) bool { return slices.Contains(of.unknown, name) }) {
			shared.unknown = append(shared.unknown, name)
		}
	}
	return shared
}

// contains tells whether a line has a container run a command.
func (h habit) contains(command string) bool {
	return len(h.words) > 0 && containers.MatchString(h.words[0]) && slices.Contains(h.words, command)
}

// InContainer is the file of the project's pipeline that has a container run its tests; empty
// for none.
func (p Project) InContainer(fsys fs.FS) string {
	for _, h := range p.habits(fsys) {
		at := slices.IndexFunc(h.words, func(word string) bool { return word == "run" || word == "exec" })
		if !pipelines.MatchString(h.file) || at < 1 || !containers.MatchString(h.words[0]) {
			continue
		}
		for i, word := range h.words[at+1:] {
			ofOption := strings.HasPrefix(h.words[at+i], "-") && wholly.MatchString(word)
			if !ofOption && (testRunnerNames.MatchString(word) || wholly.MatchString(word)) {
				return h.file
			}
		}
	}
	return ""
}

var containers = regexp.MustCompile(`^@?(?:docker|docker-compose|podman|podman-compose|nerdctl|kubectl)$`)

// plugins are what gives pytest its further options.
var plugins = map[string]string{"--asyncio-mode": "pytest-asyncio", "--ds": "pytest-django"}

// knows tells whether what a call's options need is installed, as far as it is known.
func (p Project) knows(c call) bool {
	return !slices.ContainsFunc(c.options, func(option []string) bool {
		plugin := plugins[optionName(option)]
		return plugin != "" && p.installs(plugin) == "" && !slices.ContainsFunc(p.Extras, func(extra string) bool { return p.extras[extra] == nil })
	})
}

// variables are those that a line sets for its command, and those that it runs with.
func (h habit) variables() given {
	all := h.given
	for _, word := range h.words {
		if !before.MatchString(word) {
			break
		}
		if name, value, is := strings.Cut(word, "="); is {
			all = all.set(name, value)
		}
	}
	return all
}

// also is between commands of which each is to pass.
const also = " && "

// testRunner is what runs tests by a command, where the program of it that is the project's
// own may lie elsewhere.
type testRunner struct {
	name, command, script string
	words                 []string
}

// testRunners are those that Python and Django have.
var testRunners = []testRunner{
	{"Django's own runner", "python manage.py test", "manage.py", []string{"manage.py", "test"}}, {"Django's own runner", "python manage.py test", "manage.py", []string{"manage", "test"}},
	{"Django's own runner", "python -m django test", "", []string{"django", "test"}}, {"Django's own runner", "python -m django test", "", []string{"django-admin", "test"}},
	{"unittest", "python -m unittest", "", []string{"unittest"}},
}

// ownRunner is a program of the project's that a line runs, by whose name it runs its tests.
func (h habit) ownRunner() []testRunner {
	at := slices.IndexFunc(h.words, func(word string) bool { return !before.MatchString(word) })
	if at < 0 || !runsTests.MatchString(h.words[at]) || at == 0 && !strings.HasPrefix(h.words[at], "./") {
		return nil
	}
	name := path.Base(h.words[at])
	return []testRunner{{name, "python " + name, name, []string{name}}}
}

// runsTests is what such programs are called.
var runsTests = regexp.MustCompile(`(?:^|/)run_?tests?\.py$`)

// runner is what runs the tests by what Python and Django have themselves, as the
// project's automation calls it.
func (p Project) runner(fsys fs.FS, habits []habit) (found Other, is bool) {
	best := 0
	for _, h := range habits {
		for _, of := range slices.Concat(testRunners, h.ownRunner()) {
			arguments, runs := h.arguments(of.words...)
			script := h.script(of.script)
			if !runs || h.doubtful(arguments) || script != "" && !component.Exists(fsys, path.Join(p.Path, script)) {
				continue
			}
			command := of.command
			switch {
			case script != "":
				command = strings.Replace(command, of.script, script, 1)
			case of.words[0] == "manage" && !component.Exists(fsys, path.Join(p.Path, "manage.py")):
				continue
			}
			rank := 2
			switch {
			case strings.Contains(script, "/"): // That of an example, say.
				rank = 1
			case !slices.ContainsFunc(arguments, func(word string) bool { return !strings.HasPrefix(word, "-") }):
				rank = 3 // One that names no part of the tests runs all of them.
			}
			command = strings.TrimSpace(command + " " + quoted(arguments))
			if best == 2 && rank == best && !slices.Contains(strings.Split(found.Command, also), command) {
				found.Command += also + command // Each names a part of the tests.
			}
			if rank > best {
				best = rank
				found = Other{Name: of.name, Command: command, Source: h.file, Environment: h.variables().values, Unknown: h.variables().unknown}
			}
		}
	}
	return found, best > 0
}

// script is where a line has a program of the repository; empty for none.
func (h habit) script(name string) string {
	if name == "" {
		return ""
	}
	at := slices.IndexFunc(h.words, func(word string) bool { return path.Base(word) == name })
	if at < 0 {
		return ""
	}
	return path.Clean(prefix.ReplaceAllString(h.words[at], ""))
}

// unittest is what would run the tests of a project that are written for it, where nothing
// says how they are run.
func (p Project) unittest(fsys fs.FS, gate string) (found Other, is bool) {
	for _, of := range []struct{ pattern, command string }{{"test*.py", "python -m unittest"}, {"*/test*.py", "python -m unittest discover -s "}} {
		files, _ := fs.Glob(fsys, path.Join(globbed.Replace(p.Path), of.pattern))
		for _, file := range files {
			raw, err := fs.ReadFile(fsys, file)
			if gate != "test" || err != nil || !imported.Match(raw) {
				continue
			}
			command := of.command
			if dir := path.Dir(file); dir != p.Path {
				command += path.Base(dir)
				if component.Exists(fsys, path.Join(dir, "__init__.py")) {
					command = "python -m unittest"
				}
			}
			return Other{Name: "unittest", Command: command, Installed: true}, true
		}
	}
	return found, false
}

var imported = regexp.MustCompile(`(?m)^(?:import unittest\b|from unittest import )`)
