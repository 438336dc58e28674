package pyenv

import (
	"io/fs"
	"path"
	"regexp"
	"slices"
	"strings"

	"github.com/pingvas/pingvas-ci/ci/internal/component"
)

// Automation are the files in which a project keeps how its tools are run.
var Automation = []string{
	"tox.ini", "noxfile.py", "Makefile", "makefile", "GNUmakefile", "justfile", "Justfile", "Taskfile.yml", "Taskfile.yaml", "scripts/lint*", "scripts/check*", "scripts/test*",
	".github/workflows/*.yml", ".github/workflows/*.yaml", ".gitlab-ci.yml", ".circleci/config.yml",
}

// habit is a line of a project's own automation, as the words of a command.
type habit struct {
	file  string
	words []string
}

var (
	// passed is where such a line takes what a person adds, with the default of tox.
	passed   = regexp.MustCompile(`\{posargs:?([^{}]*)\}|\{\{?\s*\.?(?:CLI_ARGS|args|posargs)\s*\}?\}|\*session\.posargs|\$\(?\{?(?:@|\*|ARGS|args)\)?\}?`)
	joined   = regexp.MustCompile(`\\\r?\n\s*`)
	comments = regexp.MustCompile(`(?m)(^|\s)#.*$`)
	// redirected is where output goes, which is no argument.
	redirected = regexp.MustCompile(`\s\d?>>?[ \t]*&?[^\s;&|]*`)
	parts      = regexp.MustCompile(`&&|\|\||[;|\n]`)
	// A comma within a word is of a list, such as that of an option.
	listed   = regexp.MustCompile(`,(\s|["'\])]|$)`)
	marks    = strings.NewReplacer(`"`, " ", `'`, " ", "`", " ", "[", " ", "]", " ", "(", " ", ")", " ")
	variable = regexp.MustCompile(`[${}]`)
)

// habits are the lines of the project's automation.
func (p Project) habits(fsys fs.FS) (all []habit) {
	for _, file := range p.automation(fsys) {
		raw, err := fs.ReadFile(fsys, file)
		if err != nil {
			continue
		}
		whole := text(raw)
		if path.Base(file) == "tox.ini" {
			whole = toxCommands(whole)
		}
		whole = comments.ReplaceAllString(joined.ReplaceAllString(whole, " "), "")
		whole = redirected.ReplaceAllString(passed.ReplaceAllString(whole, "$1"), "")
		for _, part := range parts.Split(whole, -1) {
			if !variable.MatchString(part) {
				part = marks.Replace(listed.ReplaceAllString(part, " $1"))
			}
			all = append(all, habit{file, strings.Fields(part)})
		}
	}
	return all
}

// toxCommands are the commands of a tox.ini, whose lists of packages look like some.
func toxCommands(text string) string {
	var commands strings.Builder
	for _, section := range ini(text) {
		commands.WriteString(section["commands"] + "\n")
	}
	return commands.String()
}

// globbed has a directory's name stand for itself in a pattern.
var globbed = strings.NewReplacer(`\`, `\\`, "*", `\*`, "?", `\?`, "[", `\[`)

// before is what stands before a command: how it is begun in its file, by which manager
// it is run, and options of that.
var before = regexp.MustCompile(`^(?:[-@=]|run:|script:|cmd:|uv|run|poetry|pdm|hatch|rye|pipenv|coverage|python[\d.]*|session\.run|[A-Z_]+=\S*|--?[\w-]+(?:=\S+)?)$`)

// arguments are what follows a command in the line; nil where the line runs another.
func (h habit) arguments(command ...string) (arguments []string, runs bool) {
	words := h.words
	if len(words) > 1 && words[1] == "=" {
		words = words[2:]
	}
	for i, word := range words {
		if path.Base(word) == command[0] && len(words) >= i+len(command) && slices.Equal(words[i+1:i+len(command)], command[1:]) {
			return words[i+len(command):], true
		}
		value := i > 0 && strings.HasPrefix(words[i-1], "--") && !strings.Contains(words[i-1], "=")
		if !before.MatchString(word) && !value {
			return nil, false
		}
	}
	return nil, false
}

// flags are options of tools that take no value.
var flags = []string{
	"--fix", "--check", "--diff", "--strict", "--pretty", "--preview", "--quiet", "--verbose", "--no-cache", "--no-fix", "--show-fixes", "--unsafe-fixes",
	"--ignore-missing-imports", "--explicit-package-bases", "--namespace-packages", "--check-untyped-defs", "--show-error-codes", "--exit-non-zero-on-fix", "-v", "-q",
}

// kept are those of mypy that its verdict depends on.
var kept = []string{"--strict", "--ignore-missing-imports", "--explicit-package-bases", "--namespace-packages", "--check-untyped-defs"}

// run is what the project's automation runs a command on, and the file that says so:
// all that any of its lines names. None where a line names nothing, or what cannot be
// known here.
func (p Project) run(fsys fs.FS, habits []habit, command ...string) (arguments []string, file string) {
	add := func(word string) {
		if !slices.Contains(arguments, word) {
			arguments = append(arguments, word)
		}
	}
	for _, h := range habits {
		words, runs := h.arguments(command...)
		if !runs {
			continue
		}
		if slices.ContainsFunc(words, variable.MatchString) {
			return nil, ""
		}
		named := false
		for i, word := range words {
			if command[0] == "mypy" && slices.Contains(kept, word) {
				add(word)
			}
			taken := i > 0 && strings.HasPrefix(words[i-1], "-") && !strings.Contains(words[i-1], "=") && !slices.Contains(flags, words[i-1])
			if p.isTarget(fsys, word, taken) {
				named = true
				add(path.Clean(word))
			}
		}
		switch {
		case named:
			file = h.file
		case command[0] != "mypy" && (len(words) > 0 || h.words[0] != "-"): // Of mypy, its configuration says it.
			return nil, ""
		}
	}
	if file == "" {
		return nil, ""
	}
	return arguments, file
}

// isTarget tells whether a word is a file or a directory of the project, and none of
// another project. Behind an option that may take a value it is that: it may be what is
// left out.
func (p Project) isTarget(fsys fs.FS, word string, taken bool) bool {
	at := path.Join(p.Path, word)
	if taken || strings.HasPrefix(word, "-") || path.IsAbs(word) || !fs.ValidPath(path.Clean(word)) || !component.Exists(fsys, at) {
		return false
	}
	return path.Clean(word) == "." || !slices.ContainsFunc([]string{"pyproject.toml", "setup.py", "requirements.txt"}, func(manifest string) bool {
		return component.Exists(fsys, path.Join(at, manifest))
	})
}

// particular tells whether the project's automation runs a command with options of which
// nothing is known here: its verdict may depend on them.
func particular(habits []habit, command string) bool {
	return slices.ContainsFunc(habits, func(h habit) bool {
		words, runs := h.arguments(command)
		return runs && slices.ContainsFunc(words, func(word string) bool { return strings.HasPrefix(word, "-") && !slices.Contains(flags, word) })
	})
}

// says is by what a file of automation is known to say how tools of Python are run.
var says = regexp.MustCompile(`\b(?:ruff|mypy|black|flake8|pylint|pyright|basedpyright|ty|pyrefly|isort|pytest|unittest|manage\.py)\b|--extra\b|\.\[`)

// Deciding are the files of the project's automation that say how its tools are run.
func (p Project) Deciding(fsys fs.FS) []string {
	return slices.DeleteFunc(p.automation(fsys), func(file string) bool {
		raw, err := fs.ReadFile(fsys, file)
		return err != nil || !says.MatchString(text(raw))
	})
}

// automation are the files of the project's automation.
func (p Project) automation(fsys fs.FS) (all []string) {
	for _, pattern := range Automation {
		files, _ := fs.Glob(fsys, path.Join(globbed.Replace(p.Path), pattern))
		all = append(all, files...)
	}
	slices.Sort(all)
	return slices.Compact(all)
}

var (
	ownExtras  = regexp.MustCompile(`(?:^|[\s"'=])\.\[([A-Za-z0-9._, -]+)\]`)
	namedExtra = regexp.MustCompile(`--extra[ =]([A-Za-z0-9._-]+)`)
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
	for _, file := range p.automation(fsys) {
		raw, _ := fs.ReadFile(fsys, file)
		for _, name := range extrasOf(path.Base(file), comments.ReplaceAllString(text(raw), "")) {
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
	if name == "tox.ini" {
		for _, section := range ini(text) {
			names = append(names, separated(section["extras"])...)
		}
	}
	for _, m := range ownExtras.FindAllStringSubmatch(text, -1) {
		names = append(names, separated(m[1])...)
	}
	for _, m := range namedExtra.FindAllStringSubmatch(text, -1) {
		names = append(names, m[1])
	}
	return names
}
