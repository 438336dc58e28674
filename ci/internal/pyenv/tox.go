package pyenv

import (
	"maps"
	"path"
	"regexp"
	"slices"
	"strings"
)

var (
	// fallback is a variable of tox's where nobody sets it.
	fallback = regexp.MustCompile(`\{env:\w+(?::([^{}]*))?\}`)
	// referred is what another section says.
	referred = regexp.MustCompile(`\{\[([^\]]+)\](\w+)\}`)
)

// sectionOf is a section of a tox.ini, with what it has of the environment that all have.
type sectionOf struct {
	sections map[string]map[string]string
	name     string
}

// says is what a section says of one of some keys, itself or by [testenv].
func (s sectionOf) says(keys ...string) string {
	for _, section := range []string{s.name, "testenv"} {
		for _, key := range keys {
			if said, has := s.sections[section][key]; has {
				const deep = 3 // What it refers to may refer to others.
				for range deep {
					said = referred.ReplaceAllStringFunc(said, func(use string) string {
						m := referred.FindStringSubmatch(use)
						return s.sections[m[1]][m[2]]
					})
				}
				return fallback.ReplaceAllString(said, "$1")
			}
		}
	}
	return ""
}

// isTox tells of a file that tox has its environments in it.
func isTox(file string) bool {
	return slices.Contains([]string{"tox.ini", "setup.cfg"}, path.Base(file))
}

// typing are what checks types, which reads the stubs that are installed beside it.
var typing = regexp.MustCompile(`\b(?:mypy|pyright|basedpyright)\b`)

// toxScripts are the commands of a tox.ini: those of its environments, as its lists of
// packages look like some.
func toxScripts(s script, sections map[string]map[string]string) (all []script) {
	s.shell, s.alone = true, true
	for _, name := range slices.Sorted(maps.Keys(sections)) {
		of, commands := sectionOf{sections, name}, s
		if sections[name]["commands"] == "" {
			continue
		}
		for line := range strings.Lines(of.says("commands")) {
			commands.text += factor.ReplaceAllString(strings.TrimSpace(line), "") + "\n"
		}
		commands.task = toxTask(strings.TrimPrefix(name, "testenv:"))
		for line := range strings.Lines(of.says("set_env", "setenv")) {
			line = strings.TrimSpace(comments.ReplaceAllString(line, ""))
			key, value, is := strings.Cut(line, "=")
			if is && !factor.MatchString(key) { // Else it is of some environments alone.
				commands.given = commands.given.set(strings.TrimSpace(key), s.located(strings.TrimSpace(value), s.at))
			}
		}
		if dir := of.says("change_dir", "changedir"); dir != "" {
			commands = commands.moved(commands.located(dir, s.at))
		}
		all = append(all, commands)
	}
	return all
}

// testsOfTox is the task of the environment that all of tox's others are made of, which by
// itself is that of the tests.
const testsOfTox = "testenv"

func toxTask(name string) string {
	if name == "env_run_base" {
		return testsOfTox
	}
	return name
}

// toxTable are the commands of an environment in tox's TOML.
func toxTable(s script, name string, environment, base map[string]any) script {
	commands, _ := environment["commands"].([]any)
	for _, command := range commands {
		words, _ := command.([]any)
		s.text += quotedWords(toxWords(words)) + "\n"
	}
	s.task, s.shell, s.alone = toxTask(name), true, true
	said := func(key string) any {
		if environment[key] != nil {
			return environment[key]
		}
		return base[key]
	}
	s = s.with(said("set_env"))
	if dir := plain(said("change_dir")); dir != "" {
		s = s.moved(s.located(dir, s.at))
	}
	return s
}

// quotedWords is a command as a line, in which a word with spaces is one.
func quotedWords(words []string) string {
	var line []string
	for _, word := range words {
		if strings.Contains(word, " ") {
			word = `"` + word + `"`
		}
		line = append(line, word)
	}
	return strings.Join(line, " ")
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
