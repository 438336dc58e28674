package pyenv

import (
	"io/fs"
	"path"
	"regexp"
	"slices"
	"strings"

	"github.com/pingvas/pingvas-ci/ci/internal/component"
)

// formatsOtherwise tells whether the code is formatted by black, and not by ruff.
func (p Project) formatsOtherwise(fsys fs.FS, habits []habit) bool {
	black := others[slices.IndexFunc(others, func(o other) bool { return o.name == "black" })]
	return (p.wanted(fsys, habits, black.name) != "" || p.Hooked(fsys, black.name)) && !p.formats(fsys, habits)
}

// formatted tells whether ruff formats the code: where another tool checks it, as that is said,
// else unless something else does, or ruff is there to check it alone.
func (p Project) formatted(fsys fs.FS, habits []habit, another bool) bool {
	if _, _, inside := p.inside(fsys, guideGates[RuffFormat]); inside || p.formatsOtherwise(fsys, habits) {
		return false
	}
	if another {
		return p.formats(fsys, habits)
	}
	return p.LintsAlone(fsys) == ""
}

// LintsAlone is the file of the project's automation, or of its hooks, that has ruff check the
// code where nothing has it format any; empty where none does either.
func (p Project) LintsAlone(fsys fs.FS) string {
	habits := p.habits(fsys)
	file := p.lints(fsys, habits)
	if file == "" || p.formats(fsys, habits) || p.mayFormat(habits) {
		return ""
	}
	return file
}

// lints is the file of the project's automation, or of its hooks, that has ruff check the code.
func (p Project) lints(fsys fs.FS, habits []habit) string {
	if at := slices.IndexFunc(habits, func(h habit) bool { _, runs := h.arguments("ruff", "check"); return runs }); at >= 0 {
		return habits[at].file
	}
	if p.Hooked(fsys, "ruff", "ruff-check") {
		return p.hooksFile(fsys)
	}
	return ""
}

// formats tells whether anything says that ruff formats the code: a table of its, a hook, or a
// line of the project's automation, or of the repository's that is about it.
func (p Project) formats(fsys fs.FS, habits []habit) bool {
	own := configuredTools["ruff"]
	own.table = append(slices.Clone(own.table), "format")
	file := p.configured(fsys, own)
	if path.Base(file) == "pyproject.toml" {
		return true
	}
	if raw, err := fs.ReadFile(fsys, file); file != "" && err == nil && formatHeading.Match(raw) {
		return true
	}
	if p.hookFormats(fsys) || slices.ContainsFunc(slices.Concat(habits, *p.inner), habit.formats) {
		return true
	}
	return len(p.formatsAbove(fsys)) > 0 || slices.ContainsFunc([]string{path.Join(p.Path, tasksFile), tasksFile}, func(file string) bool {
		raw, err := fs.ReadFile(fsys, file)
		return err == nil && byRuff.MatchString(comments.ReplaceAllString(text(raw), ""))
	})
}

// hookFormats tells whether a hook has ruff format code: its own, or one of the repository's.
func (p Project) hookFormats(fsys fs.FS) bool {
	found, _ := p.hooks(fsys)
	return slices.ContainsFunc(found.Repos, func(repo repoOf) bool {
		return slices.ContainsFunc(repo.Hooks, func(hook hookOf) bool {
			return hook.ID == "ruff-format" || byRuff.MatchString(strings.Join(append([]string{hook.Entry}, hook.Args...), " "))
		})
	})
}

// mayFormat tells whether a line runs what is called format, and of which nothing is known here
// but that.
func (p Project) mayFormat(habits []habit) bool {
	known := map[string]bool{}
	for _, h := range habits {
		known[h.task] = true
	}
	return slices.ContainsFunc(habits, func(h habit) bool {
		at := slices.IndexFunc(h.words, func(word string) bool { return !before.MatchString(word) })
		if at < 0 {
			return false
		}
		if !slices.Contains(tasks, path.Base(h.words[at])) {
			return formatScript.MatchString(h.words[at])
		}
		return slices.ContainsFunc(h.words[at+1:], func(word string) bool { return formatTask.MatchString(word) && !known[word] })
	})
}

// formats tells of a line that it has ruff format code: as a command, behind another one, or by
// Hatch.
func (h habit) formats() bool {
	for at, word := range h.words {
		rest := slices.DeleteFunc(slices.Clone(h.words[at+1:]), func(word string) bool { return strings.HasPrefix(word, "-") })
		if name := path.Base(prefix.ReplaceAllString(word, "")); len(rest) > 0 && (name == "ruff" && rest[0] == "format" || name == "hatch" && rest[0] == "fmt") {
			return true
		}
	}
	return false
}

// formatsAbove are the files of automation at the repository's root that have ruff format the
// project's code, where it lies below it.
func (p Project) formatsAbove(fsys fs.FS) (files []string) {
	if p.Path == "." {
		return nil
	}
	if known, has := p.formatting[p.Path]; has {
		return known
	}
	defer func() { p.formatting[p.Path] = files }()
	root := p
	root.Path = "."
	root.document, _ = readTOML(fsys, "pyproject.toml")
	all := linesOf(root.tasks(fsys))
	for _, file := range automationIn(fsys, ".") {
		if raw, err := fs.ReadFile(fsys, file); err == nil && mayBeByRuff(string(raw)) {
			all = append(all, p.linesIn(fsys, file, ".")...)
		}
	}
	for _, file := range formatScripts(fsys) {
		all = append(all, p.linesIn(fsys, file, ".")...)
	}
	for _, h := range all {
		if h.formats() && p.touched(fsys, h) && !slices.Contains(files, h.file) {
			files = append(files, h.file)
		}
	}
	return files
}

// formatScripts are the scripts at the repository's root that are called after formatting, by
// the names that files of automation there have them by.
func formatScripts(fsys fs.FS) (files []string) {
	for _, file := range automationIn(fsys, ".") {
		raw, err := fs.ReadFile(fsys, file)
		if err != nil || !strings.Contains(string(raw), ".sh") {
			continue
		}
		for _, name := range ofFormatting.FindAllString(string(raw), -1) {
			if at := path.Clean(name); isShell(fsys, at) && !slices.Contains(files, at) {
				files = append(files, at)
			}
		}
	}
	return files
}

var ofFormatting = regexp.MustCompile(`[\w./-]*\b(?:fmt|format)[\w-]*\.sh\b`)

// mayBeByRuff tells whether a text may have ruff format code.
func mayBeByRuff(text string) bool {
	return (strings.Contains(text, "ruff") || strings.Contains(text, "hatch")) && (strings.Contains(text, "format") || strings.Contains(text, "fmt") || strings.Contains(text, "ruff-action"))
}

// touched tells whether a line is about the project's directory: by where it runs, and by the
// directories that it names.
func (p Project) touched(fsys fs.FS, h habit) bool {
	if h.at == nowhere {
		return true
	}
	var about []string
	for _, word := range h.words {
		if at := path.Join(h.at, word); !path.IsAbs(word) && fs.ValidPath(at) && component.Exists(fsys, at) {
			about = append(about, at)
		}
	}
	if len(about) == 0 {
		about = []string{h.at}
	}
	return slices.ContainsFunc(about, func(at string) bool {
		return at == "." || at == p.Path || strings.HasPrefix(p.Path, at+"/") || p.lies(at)
	})
}

// names tells whether a line of the project's automation, its own or one that is about it, or a
// hook, runs a command, in any way.
func (p Project) names(fsys fs.FS, command []string) bool {
	p.habits(fsys) // With which the inner ones are read.
	if slices.ContainsFunc(slices.Concat(*p.automated, *p.inner), func(h habit) bool { return h.speaksOf(command) }) {
		return true
	}
	if command[0] == "ruff" {
		return p.Hooked(fsys, "ruff", "ruff-check")
	}
	raw, err := fs.ReadFile(fsys, path.Join(p.Path, tasksFile))
	return p.Hooked(fsys, command[0]) || err == nil && regexp.MustCompile(`\b`+command[0]+`\b`).Match(raw)
}

// speaksOf tells whether a command stands anywhere in a line that installs nothing.
func (h habit) speaksOf(command []string) bool {
	if slices.ContainsFunc(h.words, func(word string) bool { return slices.Contains(fetches, word) || removes.MatchString(word) }) {
		return false
	}
	for at := range h.words {
		if _, is := after(h.words[at:], command, true); is {
			return true
		}
	}
	return false
}

var (
	formatHeading = regexp.MustCompile(`(?m)^\[format\]`)
	// byRuff is how ruff formats code in any file: as a command, by Hatch or by an action.
	byRuff       = regexp.MustCompile(`(?i)\bruff["',]*[\s-]+["']?format\b|ruff-action@|\bhatch fmt\b`)
	formatScript = regexp.MustCompile(`(?:^\./|/)(?:fmt|format)(?:\.sh|\.py)?$`)
	formatTask   = regexp.MustCompile(`^(?:fmt|format)(?:[-_:]check)?$`)
	removes      = regexp.MustCompile(`^@?-?(?:rm|mkdir|echo|cat|printf)$`)
)

const (
	// hooksFile is where a repository has its hooks.
	hooksFile = ".pre-commit-config.yaml"
	// tasksFile is where it has tasks for Invoke, which are Python.
	tasksFile = "tasks.py"
)
