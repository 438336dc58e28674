package pyenv

import (
	"io/fs"
	"maps"
	"path"
	"regexp"
	"slices"
	"strings"

	"github.com/pingvas/pingvas-ci/ci/internal/component"
)

// habit is a line of a project's own automation, as the words of a command.
type habit struct {
	file  string
	job   string // the one of a workflow that has it
	task  string // what the commands are called that it is one of, as far as that is known
	at    string // the directory that it runs in: nowhere where that is not known
	words []string
	given given // what stands beside it, or was exported before it
	// forgiven says that nothing comes of its failure.
	forgiven bool
	// maybe says that it depends on what runs before it whether it runs, dependent that it
	// does on the run, and foreign that it runs on another system.
	maybe, dependent, foreign bool
	// fromAbove says that it runs at the repository's root.
	fromAbove bool
}

// doubtful tells of what a line runs a command with that it cannot be known here.
func (h habit) doubtful(arguments []string) bool {
	return h.at == nowhere || slices.ContainsFunc(arguments, variable.MatchString)
}

// before is what stands before a command: how it is begun in its file, by which manager
// it is run, and options of that.
var (
	before = regexp.MustCompile(`^@?(?:[-@=]|run:|script:|cmd:|then|else|do|!|uv|uvx|run|exec|env|time|timeout|nice|xvfb-run|poetry|pdm|hatch|rye|pipenv|pixi|conda|mamba|micromamba|coverage|(?:\S*/)?python[\d.]*|\{env_?python\}|session\.run|\$[({]?\w+[)}]?|[A-Z_][A-Z0-9_]*=.*|--?[\w-]*(?:=\S+)?)$`)
	// prefix is a variable that a command's name begins with, such as that of a directory.
	prefix  = regexp.MustCompile(`^@?(?:\$[({]\w+[)}])?`)
	listing = regexp.MustCompile(`^\w+\+?=\(`)
	named   = regexp.MustCompile(`^[A-Z_][A-Z0-9_]*$`)
)

// arguments are what follows a command in the line; nil where the line runs another.
func (h habit) arguments(command ...string) (arguments []string, runs bool) {
	words := h.words
	if len(words) > 0 && listing.MatchString(words[0]) {
		return nil, false // A shell's list of words, which something else may run.
	}
	assigned := len(words) > 1 && words[1] == "="
	if assigned {
		words = words[2:]
	}
	for i, word := range words {
		if arguments, is := after(words[i:], command, !assigned); is {
			idle := slices.ContainsFunc(arguments, func(word string) bool {
				return slices.Contains(asks, word) && command[0] != "pylint" || slices.Contains(lenient, word) || command[0] != "pytest" && slices.Contains(writes, optionName([]string{word}))
			})
			return arguments, !idle && !h.forgiven
		}
		if !before.MatchString(word) && !isValue(words, i) {
			return nil, false
		}
	}
	return nil, false
}

// isValue tells whether a word before a command is the value of an option.
func isValue(words []string, at int) bool {
	if at == 0 {
		return false
	}
	earlier := words[at-1]
	return strings.HasPrefix(earlier, "--") && !strings.Contains(earlier, "=") || slices.Contains(withValue, earlier)
}

// after are the words behind a command that they begin with; where it may be an older one's,
// behind ruff alone what that checks.
func after(words, command []string, older bool) (arguments []string, is bool) {
	if path.Base(prefix.ReplaceAllString(words[0], "")) != command[0] {
		return nil, false
	}
	if len(words) >= len(command) && slices.Equal(words[1:len(command)], command[1:]) {
		return words[len(command):], true
	}
	return words[1:], older && slices.Equal(command, []string{"ruff", "check"}) && len(words) > 1 && !ofRuff.MatchString(words[1])
}

// ofRuff are its commands, and the options with which it does nothing else.
var ofRuff = regexp.MustCompile(`^(?:check|format|rule|config|linter|clean|server|analyze|version|help|generate-shell-completion|-V|--version|-h|--help)$`)

// run is the call of a command that the project's automation has, with all that any of its
// lines names, and what all of them set; is is false where a line names nothing, or what
// cannot be known here, or where no line of several with other options is about all that the
// others are.
func (p Project) run(fsys fs.FS, habits []habit, command ...string) (together call, is bool) {
	var all []call
	for _, h := range judging(habits, command) {
		words, _ := h.arguments(command...)
		if h.doubtful(words) {
			return call{}, false
		}
		c := p.call(fsys, h.file, command[0], words)
		c.with = h.variables()
		if !c.names() && !slices.Contains(configures, command[0]) && (len(words) > 0 || h.words[0] != "-") {
			return call{}, false
		}
		all = append(all, c)
	}
	var named []call
	optional := slices.Contains(configures, command[0]) && !slices.ContainsFunc(all, call.names)
	for _, c := range all {
		partly := c.has("--select") && slices.ContainsFunc(all, func(other call) bool { return !other.has("--select") })
		if says := c.names() || optional && len(c.options) > 0; says && !partly {
			named = append(named, c)
		}
	}
	for _, c := range named {
		if !together.join(c) {
			together = widest(named)
			break
		}
	}
	together.with = common(all)
	return together, together.file != ""
}

// judging are the lines that run a command: those on this system, where there are any, and
// those that leave the files as they are.
func judging(habits []habit, command []string) (lines []habit) {
	lines = slices.DeleteFunc(slices.Clone(habits), func(h habit) bool { return !h.runsAny(command) })
	for _, aside := range []func(habit) bool{func(h habit) bool { return h.foreign }, func(h habit) bool { return h.mends(command) }} {
		rest := slices.DeleteFunc(slices.Clone(lines), aside)
		partly := slices.ContainsFunc(lines, func(h habit) bool { return aside(h) && !formatTask.MatchString(h.task) && !h.foreign }) &&
			!slices.ContainsFunc(rest, func(h habit) bool { return !slices.ContainsFunc(h.words, ofRules.MatchString) })
		if len(rest) > 0 && !partly {
			lines = rest
		}
	}
	return lines
}

// ofRules is how ruff is told that it looks for some faults alone.
var ofRules = regexp.MustCompile(`^--select(?:=|$)`)

// mends tells of a line that a tool mends files by it, and does not fail for that.
func (h habit) mends(command []string) bool {
	words, _ := h.arguments(command...)
	has := func(options ...string) bool {
		return slices.ContainsFunc(words, func(word string) bool { return slices.Contains(options, word) })
	}
	switch strings.Join(command, " ") {
	case "ruff check":
		return has("--fix", "--fix-only") && !has("--diff", "--exit-non-zero-on-fix")
	case RuffFormat, "black", "isort":
		return !has("--check", "--check-only", "--diff", "-c", "--df")
	}
	return false
}

// isTarget tells whether a word is a file or a directory of the project, and none of
// another project.
func (p Project) isTarget(fsys fs.FS, word string) bool {
	at := path.Join(p.Path, word)
	if path.IsAbs(word) || !fs.ValidPath(path.Clean(word)) || !component.Exists(fsys, at) {
		return false
	}
	return path.Clean(word) == "." || !slices.ContainsFunc([]string{"pyproject.toml", "setup.py", "requirements.txt"}, func(manifest string) bool {
		return component.Exists(fsys, path.Join(at, manifest))
	})
}

// particular tells whether the project's automation runs a command with options of which
// nothing is known here, as their values may be what it is run on.
func (p Project) particular(fsys fs.FS, habits []habit, command string) bool {
	return slices.ContainsFunc(habits, func(h habit) bool {
		words, runs := h.arguments(command)
		if !runs {
			return false
		}
		for at, word := range words[:max(0, len(words)-1)] {
			next := words[at+1]
			strange := strings.HasPrefix(word, "-") && !strings.Contains(word, "=") && !strings.HasPrefix(next, "-") && !slices.Contains(grammars[command].valued, word) && !slices.Contains(grammars[command].unless, word)
			if strange && !slices.Contains(flags, word) && !p.isTarget(fsys, next) {
				return true
			}
		}
		return false
	})
}

var (
	ownExtras  = regexp.MustCompile(`(?:^|[\s"'=])\.\[([A-Za-z0-9._, -]+)\]`)
	namedExtra = regexp.MustCompile(`(?:--extra|--extras|\s-E)(?:[ =]|",\s*)(?:["']([A-Za-z0-9._, -]+)["']|([A-Za-z0-9._,-]+))`)
	// allExtras is how an installer is told to take every one.
	allExtras = regexp.MustCompile(`--all-extras\b`)
	// aside are the names of extras that no test takes, or of which there are several
	// that exclude each other.
	aside = regexp.MustCompile(`^(?:docs?|documentation|build|release|publish|deploy|cpu|gpu|cuda|rocm|xpu)$|\d`)
)

// habitualExtras are the extras that the project's automation installs it with, and
// that it has, each with a file that says so.
func (p Project) habitualExtras(fsys fs.FS) map[string]string {
	found := map[string]string{}
	if len(p.extras) == 0 {
		return found
	}
	for _, of := range p.environments(fsys) {
		for _, name := range of.extras() {
			if _, has := p.extras[name]; has && !p.conflicts(name) {
				found[name] = of.file
			}
		}
	}
	for _, file := range p.automation(fsys) {
		raw, _ := fs.ReadFile(fsys, file)
		whole := comments.ReplaceAllString(text(raw), "")
		names := extrasOf(path.Base(file), whole)
		if allExtras.MatchString(whole) && says.MatchString(whole) {
			names = append(names, slices.Sorted(maps.Keys(p.extras))...)
		}
		for _, name := range names {
			if _, has := p.extras[name]; has && !aside.MatchString(strings.ToLower(name)) && !p.conflicts(name) {
				found[name] = file
			}
		}
	}
	return found
}

// conflicts tells whether the project says of an extra that it excludes another one.
func (p Project) conflicts(extra string) bool {
	sets, _ := component.Lookup(p.document, "tool", "uv")["conflicts"].([]any)
	return slices.ContainsFunc(sets, func(set any) bool {
		members, _ := set.([]any)
		return slices.ContainsFunc(members, func(member any) bool {
			named, _ := member.(map[string]any)
			return named["extra"] == extra
		})
	})
}

// extrasOf are the names of extras in a file of automation.
func extrasOf(name, text string) (names []string) {
	separated := func(list string) []string {
		return strings.FieldsFunc(list, func(r rune) bool { return r == ',' || r == '\n' || r == ' ' })
	}
	if isTox(name) {
		for _, section := range ini(text) {
			names = append(names, separated(section["extras"])...)
		}
	}
	for _, m := range ownExtras.FindAllStringSubmatch(text, -1) {
		names = append(names, separated(m[1])...)
	}
	for _, m := range namedExtra.FindAllStringSubmatch(text, -1) {
		names = append(names, separated(m[1]+m[2])...)
	}
	return names
}
