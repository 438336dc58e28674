package pyenv

import (
	"io/fs"
	"path"
	"regexp"
	"slices"
)

// formatsOtherwise tells whether the code is formatted by black, and not by ruff.
func (p Project) formatsOtherwise(fsys fs.FS, habits []habit) bool {
	black := others[slices.IndexFunc(others, func(o other) bool { return o.name == "black" })]
	return (p.wanted(fsys, habits, black.name) != "" || p.inHooks(fsys, black.name)) && !p.formats(fsys, habits)
}

// LintsAlone is the file of the project's automation, or of its hooks, that has ruff check the
// code where nothing has it format any; empty where none does either.
func (p Project) LintsAlone(fsys fs.FS) string {
	habits := p.habits(fsys)
	file := ""
	if at := slices.IndexFunc(habits, func(h habit) bool { _, runs := h.arguments("ruff", "check"); return runs }); at >= 0 {
		file = habits[at].file
	} else if p.Hooked(fsys, "ruff", "ruff-check") {
		file = path.Join(p.Path, hooksFile)
	}
	if file == "" || p.formats(fsys, habits) {
		return ""
	}
	return file
}

// formats tells whether anything says that ruff formats the code: a table of its, a hook, or
// what stands in a file of the project's automation.
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
	if p.inHooks(fsys, "ruff-format") || slices.ContainsFunc(habits, func(h habit) bool { _, runs := h.arguments("ruff", "format"); return runs }) {
		return true
	}
	return p.mentions(fsys, formatting)
}

// mentions tells whether a file of the automation or of hooks, the project's or the
// repository's, has what a pattern matches.
func (p Project) mentions(fsys fs.FS, what *regexp.Regexp) bool {
	root := p
	root.Path = "."
	files := slices.Concat(p.automation(fsys), root.automation(fsys), []string{path.Join(p.Path, hooksFile), hooksFile, path.Join(p.Path, "tasks.py"), "tasks.py"})
	if slices.ContainsFunc(p.tasks(fsys), func(s script) bool { return what.MatchString(s.task) || what.MatchString(s.text) }) {
		return true
	}
	return slices.ContainsFunc(files, func(file string) bool {
		raw, err := fs.ReadFile(fsys, file)
		return err == nil && what.Match(raw)
	})
}

var (
	formatHeading = regexp.MustCompile(`(?m)^\[format\]`)
	// formatting is how code is formatted in any file: by ruff as a command or an action, by
	// Hatch, or by a task or a script that is called so.
	formatting = regexp.MustCompile(`(?im)\bruff["',]*[\s-]+["']?format\b|ruff-action@[^\n]*(?:\n[^\n]*){0,6}\bformat\b|\bhatch fmt\b|(?:^|[\s/"'])(?:fmt|format)(?:\.sh|\.py|:)?(?:[\s"']|$)`)
)

// hooksFile is where a repository has its hooks.
const hooksFile = ".pre-commit-config.yaml"
