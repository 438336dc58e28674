package pyenv

import (
	"io/fs"
	"path"
	"regexp"
	"slices"
	"strings"
)

// mayTest tells of a line that it may run tests in a way that is not known here: by one of
// their runners behind another program, by a task that is called after them, or by a script
// in which one of these stands.
func (p Project) mayTest(fsys fs.FS, h habit) bool {
	at := slices.IndexFunc(h.words, func(word string) bool { return !leading.MatchString(word) })
	if at < 0 || otherTools.MatchString(h.words[at]) || slices.ContainsFunc(h.words, func(word string) bool { return slices.Contains(fetches, word) }) {
		return false
	}
	if h.ownRunner() != nil {
		return true
	}
	if name, arguments, runs := h.shellScript(); runs && len(arguments) == 0 && slices.Contains(p.automation(fsys), path.Join(p.Path, name)) {
		return false // What it runs is read.
	}
	running := h.words[at] == "doit"
	for i, word := range h.words[at:] {
		ofOption := i > 0 && strings.HasPrefix(h.words[at+i-1], "-")
		switch {
		case strings.HasSuffix(word, ".sh"):
			raw, err := fs.ReadFile(fsys, path.Join(p.Path, word))
			if err == nil && inScripts.Match(raw) {
				return true
			}
		case testRunnerNames.MatchString(word) && (!ofOption || !slices.Contains(namePackages, h.words[at+i-1])), running && !ofOption && testTask.MatchString(word):
			return true
		}
		switch {
		case word == "run" || word == "exec":
			running = true
		case i > 0 && !ofOption && !strings.HasPrefix(word, "-"): // Of a command's many words none is a task, and of a known tool's.
			last := at+i == len(h.words)-2
			running = running && (slices.Contains(tasks, path.Base(word)) || before.MatchString(word) || last && !isTool(word))
		}
	}
	return false
}

var (
	// leading is what a command stands behind.
	leading    = regexp.MustCompile(`^@?(?:sudo|time|env|-|\w+=.*)$`)
	otherTools = regexp.MustCompile(`^@?(?:npm|pnpm|yarn|bun|npx|corepack|go|cargo|node|git|echo|cd|mkdir|cp|apt|apt-get|alias|\.PHONY:?|[\w.-]+:)$`)
	// fetches are commands of the managers of packages that run nothing.
	fetches = []string{"install", "sync", "add", "lock", "export", "build"}
	// namePackages are options behind which a package stands.
	namePackages    = []string{"--with", "--from", "--group", "--only-group", "--extra", "--package", "--spec"}
	testRunnerNames = regexp.MustCompile(`^(?:\S*/)?(?:py\.?test|nosetests|nose2|` + strings.Join(otherTests, "|") + `)$`)
	testTask        = regexp.MustCompile(`^(?:\S*/)?(?:run[_-])?tests?(?:\.py|:\S+)?$`)
	inScripts       = regexp.MustCompile(`(?m)^[^#\n]*\b(?:py\.?test|nosetests|nose2|behave|unittest|tox|nox)\b|^[^#\n]*\b(?:manage\.py|django-admin|make|just|hatch|pdm run|poe) test\b`)
)
