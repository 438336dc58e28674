package pyenv

import (
	"io/fs"
	"path"
	"regexp"
	"slices"
	"strings"

	"github.com/pingvas/pingvas-ci/ci/internal/component"
)

// interpreter is what starts Python, or measures what it does.
var interpreter = regexp.MustCompile(`^@?(?:python[\d.]*|coverage)$`)

// withValue is behind what before a command a value stands: options of Python's and of managers
// of environments, and what ends the command after a while.
var withValue = []string{"-W", "-X", "-p", "-n", "-e", "-C", "-P", "timeout"}

// through is how a line has Python run a module: the interpreter, its options and -m, by which
// it finds what lies where it runs; nil where the line starts a program.
func (h habit) through(module string) []string {
	at := slices.IndexFunc(h.words, func(word string) bool { return path.Base(word) == module })
	if at < 2 || h.words[at-1] != "-m" {
		return nil
	}
	first := at - 2
	for first >= 0 && !interpreter.MatchString(path.Base(h.words[first])) {
		first--
	}
	command := []string{"python"}
	if first >= 0 && path.Base(h.words[first]) != "coverage" {
		options := h.words[first+1 : at-1]
		if !slices.Contains(options, "coverage") && !slices.ContainsFunc(options, unplain) {
			command = append(command, options...)
		}
	}
	return append(command, "-m")
}

// unplain tells of a word that is not known here, or is none.
func unplain(word string) bool {
	return variable.MatchString(word) || strings.ContainsAny(word, "$`{}()")
}

// workers are options by which tests run side by side: of pytest-xdist.
func workers(words []string) (found []string) {
	for at, word := range words {
		name, _, joined := strings.Cut(word, "=")
		switch {
		case !slices.Contains([]string{"-n", "--numprocesses", "--dist", "--maxprocesses"}, name):
		case joined && !unplain(word):
			found = append(found, word)
		case !joined && at+1 < len(words) && spread.MatchString(words[at+1]):
			found = append(found, word, words[at+1])
		}
	}
	return found
}

// spread is what such an option has: how many, or which way to share the tests out.
var spread = regexp.MustCompile(`^(?:\d+|auto|logical|load|loadscope|loadfile|loadgroup|worksteal|each|no)$`)

// hatchTest are pytest's arguments where a line has Hatch run the tests: its own, else those
// that the environment has without any, else the tests.
func (p Project) hatchTest(fsys fs.FS, h habit) (words []string, runs bool) {
	words, runs = h.arguments("hatch", "test")
	if !runs {
		return nil, false
	}
	words = slices.DeleteFunc(slices.Clone(words), func(word string) bool { return word == "--" || ofHatch.MatchString(word) })
	if len(words) > 0 {
		return words, true
	}
	for _, of := range p.environments(fsys) {
		if args := texts(of.says["default-args"]); of.name == "hatch-test" && len(args) > 0 {
			return args, true
		}
	}
	if component.Exists(fsys, path.Join(p.Path, "tests")) {
		return []string{"tests"}, true
	}
	return nil, true
}

// ofHatch are options that are Hatch's own.
var ofHatch = regexp.MustCompile(`^(?:-[acprsvqi]+|--cover|--cover-quiet|--parallel|--randomize|--all|--show|--retries(?:=.*)?|-py.*|--python(?:=.*)?|[\d.]+)$`)

// called are the variables of a line of a task or a script, with those that the pipeline's lines
// which run that have beside them.
func (p Project) called(habits []habit, with given, h habit) given {
	if pipelines.MatchString(h.file) {
		return with
	}
	var callers []call
	for _, caller := range habits {
		if pipelines.MatchString(caller.file) && !caller.forgiven && p.calls(caller, h) {
			callers = append(callers, call{with: caller.variables()})
		}
	}
	shared := common(callers)
	for name, value := range shared.values {
		if _, has := with.values[name]; !has && !slices.Contains(with.unknown, name) {
			with = with.set(name, value)
		}
	}
	for _, name := range shared.unknown {
		if _, has := with.values[name]; !has && !slices.Contains(with.unknown, name) {
			with.unknown = append(slices.Clip(with.unknown), name)
		}
	}
	return with
}

// calls tells whether a line runs the task or the script that another one is of.
func (p Project) calls(caller, h habit) bool {
	if name, _, runs := caller.shellScript(); runs {
		return path.Join(caller.at, name) == h.file
	}
	at := slices.IndexFunc(caller.words, func(word string) bool { return slices.Contains(tasks, path.Base(word)) })
	return h.task != "" && at >= 0 && slices.Contains(caller.words[at+1:], h.task)
}
