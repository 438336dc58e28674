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
	file := p.lints(fsys, habits)
	if file == "" || p.formats(fsys, habits) {
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
		return path.Join(p.Path, hooksFile)
	}
	return ""
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
	return p.mentions(fsys, formatting) || len(p.formatsAbove(fsys)) > 0
}

// formatsAbove are the files of automation at the repository's root that have ruff format code,
// where the project lies below it.
func (p Project) formatsAbove(fsys fs.FS) []string {
	if p.Path == "." {
		return nil
	}
	root := p
	root.Path = "."
	return slices.DeleteFunc(root.automation(fsys), func(file string) bool {
		raw, err := fs.ReadFile(fsys, file)
		return err != nil || !byRuff.Match(raw)
	})
}

// mentions tells whether a file of the project's automation or of hooks, its own or the
// repository's, has what a pattern matches.
func (p Project) mentions(fsys fs.FS, what *regexp.Regexp) bool {
	if slices.ContainsFunc(p.tasks(fsys), func(s script) bool { return what.MatchString(s.task) || what.MatchString(s.text) }) {
		return true
	}
	files := append(p.automation(fsys), path.Join(p.Path, hooksFile), hooksFile, path.Join(p.Path, "tasks.py"), "tasks.py")
	return slices.ContainsFunc(files, func(file string) bool {
		raw, err := fs.ReadFile(fsys, file)
		return err == nil && what.Match(raw)
	})
}

var (
	formatHeading = regexp.MustCompile(`(?m)^\[format\]`)
	// byRuff is how ruff formats code in any file: as a command, by Hatch or by an action;
	// formatting is that, or a task or a script that is called so.
	byRuff     = regexp.MustCompile(`(?i)\bruff["',]*[\s-]+["']?format\b|ruff-action@[^\n]*(?:\n[^\n]*){0,6}\bformat\b|\bhatch fmt\b`)
	formatting = regexp.MustCompile(byRuff.String() + `|(?im)(?:^|[\s/"'])(?:fmt|format)(?:\.sh|\.py|:)?(?:[\s"']|$)`)
)

// hooksFile is where a repository has its hooks.
const hooksFile = ".pre-commit-config.yaml"
