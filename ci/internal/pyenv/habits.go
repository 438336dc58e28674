package pyenv

import (
	"io/fs"
	"path"
	"regexp"
	"slices"
	"strings"
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
	parts    = regexp.MustCompile(`&&|\|\||[;|>#\n]`)
	marks    = strings.NewReplacer(`"`, " ", `'`, " ", "`", " ", ",", " ", "[", " ", "]", " ", "(", " ", ")", " ")
	variable = regexp.MustCompile(`[${}]`)
)

// habits are the lines of the project's automation.
func (p Project) habits(fsys fs.FS) (all []habit) {
	for _, pattern := range Automation {
		files, _ := fs.Glob(fsys, path.Join(globbed.Replace(p.Path), pattern))
		for _, file := range files {
			raw, err := fs.ReadFile(fsys, file)
			if err != nil {
				continue
			}
			whole := text(raw)
			if path.Base(file) == "tox.ini" {
				whole = toxCommands(whole)
			}
			whole = passed.ReplaceAllString(joined.ReplaceAllString(whole, " "), "$1")
			for _, part := range parts.Split(whole, -1) {
				if !variable.MatchString(part) {
					part = marks.Replace(part)
				}
				all = append(all, habit{file, strings.Fields(part)})
			}
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

// isTarget tells whether a word is a file or a directory of the project; behind an
// option that may take a value, a directory.
func (p Project) isTarget(fsys fs.FS, word string, taken bool) bool {
	at := path.Join(p.Path, word)
	if strings.HasPrefix(word, "-") || path.IsAbs(word) || !fs.ValidPath(path.Clean(word)) {
		return false
	}
	info, err := fs.Stat(fsys, at)
	return err == nil && (info.IsDir() || !taken)
}

var (
	ownExtras  = regexp.MustCompile(`(?:^|[\s"'=])\.\[([A-Za-z0-9._, -]+)\]`)
	namedExtra = regexp.MustCompile(`--extra[ =]([A-Za-z0-9._-]+)`)
	// aside are the names of extras that no test takes, or of which there are several
	// that exclude each other.
	aside = regexp.MustCompile(`^(?:docs?|documentation|build|release|publish|deploy)$|\d`)
)

// habitualExtras are the extras that the project's automation installs it with, and
// that it has, each with a file that says so.
func (p Project) habitualExtras(fsys fs.FS) map[string]string {
	found := map[string]string{}
	if len(p.extras) == 0 {
		return found
	}
	for _, pattern := range Automation {
		files, _ := fs.Glob(fsys, path.Join(globbed.Replace(p.Path), pattern))
		for _, file := range files {
			raw, _ := fs.ReadFile(fsys, file)
			for _, name := range extrasOf(path.Base(file), text(raw)) {
				if _, has := p.extras[name]; has && !aside.MatchString(strings.ToLower(name)) {
					found[name] = file
				}
			}
		}
	}
	return found
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
