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

// Automation are the files in which a project keeps how its tools are run.
var Automation = []string{
	"tox.ini", "noxfile.py", "Makefile", "makefile", "GNUmakefile", "justfile", "Justfile", "Taskfile.yml", "Taskfile.yaml", "scripts/lint*", "scripts/check*", "scripts/test*",
	".github/workflows/*.yml", ".github/workflows/*.yaml", ".gitlab-ci.yml", ".circleci/config.yml",
}

var (
	// passed is where such a line takes what a person adds, with the default of tox.
	passed   = regexp.MustCompile(`\{(?:posargs|args):?([^{}]*)\}|\{\{?\s*\.?(?:CLI_ARGS|args|posargs)\s*\}?\}|\*session\.posargs|\$\(?\{?(?:@|\*|ARGS|args)\)?\}?`)
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

// habits are the lines of the project's automation, which is read once: each gate asks.
func (p Project) habits(fsys fs.FS) []habit {
	if *p.automated == nil {
		*p.automated = p.readHabits(fsys)
	}
	return *p.automated
}

func (p Project) readHabits(fsys fs.FS) (all []habit) {
	for _, file := range p.automation(fsys) {
		raw, err := fs.ReadFile(fsys, file)
		if err != nil {
			continue
		}
		whole := text(raw)
		if path.Base(file) == "tox.ini" {
			whole = toxCommands(whole)
		}
		all = append(all, lines(file, whole)...)
	}
	above := p.above(fsys)
	for _, file := range slices.Sorted(maps.Keys(above)) {
		all = append(all, lines(file, above[file])...)
	}
	return append(all, lines(p.Manifest(), p.tasks())...)
}

// heading is a line that says what the commands below it are called: a target of make's,
// or a key of YAML's.
var heading = regexp.MustCompile(`^(?:([\w.-]+)[ \t]*:(?:[^=].*)?|\s+([\w:.-]+):\s*)$`)

// spaced is an option's value in quotation marks, which may have spaces.
var spaced = regexp.MustCompile(`(\s["']?-[mkW]["']?,?\s*|=)(?:"([^"]*)"|'([^']*)')`)

// gap stands for a space that separates no words.
const gap = "\x00"

// together has such values be words.
func together(part string) string {
	return spaced.ReplaceAllStringFunc(part, func(option string) string {
		m := spaced.FindStringSubmatch(option)
		return m[1] + strings.ReplaceAll(m[2]+m[3], " ", gap)
	})
}

// lines are the commands of a file of automation.
func lines(file, whole string) (all []habit) {
	whole = comments.ReplaceAllString(joined.ReplaceAllString(whole, " "), "")
	whole = redirected.ReplaceAllString(passed.ReplaceAllString(whole, "$1"), "")
	task := ""
	for _, part := range parts.Split(assigned(whole), -1) {
		if m := heading.FindStringSubmatch(part); m != nil {
			task = m[1] + m[2]
		}
		if !variable.MatchString(part) {
			part = marks.Replace(listed.ReplaceAllString(together(part), " $1"))
		}
		words := strings.Fields(part)
		for i := range words {
			words[i] = strings.ReplaceAll(words[i], gap, " ")
		}
		all = append(all, habit{file, task, words})
	}
	return all
}

var (
	assignment = regexp.MustCompile(`(?m)^[ \t]*(?:export[ \t]+)?([A-Za-z_]\w*)[ \t]*[:?]?=[ \t]*(.*?)[ \t]*$`)
	// defaulted is a variable of a shell with what it is where nobody sets it.
	defaulted = regexp.MustCompile(`\$?\$\{\w+:?-([^${}]*)\}`)
)

// assigned is a text in which the variables that it gives one value, those of a Makefile
// or of a shell, have it.
func assigned(whole string) string {
	values := map[string]string{}
	twice := map[string]bool{}
	for _, m := range assignment.FindAllStringSubmatch(whole, -1) {
		value := strings.Trim(m[2], `"'`)
		before, known := values[m[1]]
		twice[m[1]] = twice[m[1]] || known && before != value
		values[m[1]] = value
	}
	expanded := func(text string) string {
		return used.ReplaceAllStringFunc(text, func(use string) string {
			name := strings.Trim(use, "$(){}")
			value, known := values[name]
			if !known || twice[name] {
				return use
			}
			return value
		})
	}
	const deep = 5 // A value may be made of others.
	for range deep {
		for _, name := range slices.Sorted(maps.Keys(values)) {
			values[name] = expanded(values[name])
		}
	}
	return defaulted.ReplaceAllString(expanded(whole), "$1")
}

// used is where a variable stands.
var used = regexp.MustCompile(`\$(?:\w+|\(\w+\)|\{\w+\})`)

// tasks are the commands that the project's manifest names, for the runners of tasks that
// read it.
func (p Project) tasks() string {
	var all []string
	add := func(table ...string) {
		for name, task := range component.Lookup(p.document, table...) {
			all = append(all, name+":\n"+strings.Join(commandsOf(task), "\n"))
		}
	}
	add("tool", "taskipy", "tasks")
	add("tool", "poe", "tasks")
	add("tool", "pdm", "scripts")
	for name := range component.Lookup(p.document, "tool", "hatch", "envs") {
		add("tool", "hatch", "envs", name, "scripts")
	}
	tox := component.Lookup(p.document, "tool", "tox")
	environments := []any{tox["env_run_base"]}
	for _, environment := range component.Lookup(tox, "env") {
		environments = append(environments, environment)
	}
	for _, one := range environments {
		environment, _ := one.(map[string]any)
		commands, _ := environment["commands"].([]any)
		for _, command := range commands {
			words, _ := command.([]any)
			all = append(all, strings.Join(toxWords(words), " "))
		}
	}
	if legacy, is := tox["legacy_tox_ini"].(string); is {
		all = append(all, toxCommands(legacy))
	}
	slices.Sort(all)
	return strings.Join(all, "\n")
}

// commandsOf are the commands of a task: one, a list of them, or a table that has one.
func commandsOf(task any) (all []string) {
	switch of := task.(type) {
	case string:
		return []string{of}
	case []any:
		for _, one := range of {
			all = append(all, commandsOf(one)...)
		}
	case map[string]any:
		for _, key := range []string{"cmd", "shell", "sequence", "composite"} {
			all = append(all, commandsOf(of[key])...)
		}
	}
	return all
}

// toxWords are the words of a command in tox's TOML, where what a person adds stands as
// a table with its default.
func toxWords(words []any) (all []string) {
	for _, word := range words {
		switch of := word.(type) {
		case string:
			all = append(all, of)
		case map[string]any:
			fallback, _ := of["default"].([]any)
			if of["replace"] == "posargs" {
				all = append(all, toxWords(fallback)...)
			}
		}
	}
	return all
}

// toxCommands are the commands of a tox.ini, whose lists of packages look like some.
func toxCommands(text string) string {
	var commands strings.Builder
	sections := ini(text)
	for _, name := range slices.Sorted(maps.Keys(sections)) {
		commands.WriteString(strings.NewReplacer("{toxinidir}/", "", "{tox_root}/", "").Replace(sections[name]["commands"]) + "\n")
	}
	return commands.String()
}

// globbed has a directory's name stand for itself in a pattern.
var globbed = strings.NewReplacer(`\`, `\\`, "*", `\*`, "?", `\?`, "[", `\[`)

// says is by what a file of automation is known to say how tools of Python are run.
var says = regexp.MustCompile(`\b(?:ruff|mypy|black|flake8|pylint|pyright|basedpyright|ty|pyrefly|isort|pytest|py\.test|unittest|manage\.py|django(?:-admin)?\s+test)\b|--extra\b|\.\[`)

// Deciding are the files of the project's automation that say how its tools are run.
func (p Project) Deciding(fsys fs.FS) []string {
	deciding := slices.DeleteFunc(p.automation(fsys), func(file string) bool {
		raw, err := fs.ReadFile(fsys, file)
		return err != nil || !says.MatchString(text(raw))
	})
	above := p.above(fsys)
	for _, file := range slices.Sorted(maps.Keys(above)) {
		if says.MatchString(above[file]) {
			deciding = append(deciding, file)
		}
	}
	return deciding
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
