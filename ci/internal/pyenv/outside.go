package pyenv

import (
	"io/fs"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/pingvas/pingvas-ci/ci/internal/component"
)

// extendExclude is the option of flake8 and black for what they leave out besides. flake8's
// takes the place of what its configuration says of that.
const extendExclude = "--extend-exclude"

// flake8Pyproject is the plugin that has flake8 read pyproject.toml.
const flake8Pyproject = "flake8-pyproject"

// outside is what a tool is run with, so that it leaves the environment of the checks out
// where it is run on all there is: on a clean clone, none lies there.
func (p Project) outside(fsys fs.FS, o other, c call) []string {
	if len(c.targets) == 0 && o.all != "" && o.name != "flake8" {
		c.targets = []string{o.all}
	}
	whole := len(c.targets) == 0 || slices.Contains(c.targets, ".")
	switch {
	case !whole:
	case o.name == "flake8":
		options := slices.Concat(c.options...)
		all, rest := p.everything(fsys, options, p.installs(flake8Pyproject) != "")
		return slices.Concat(rest, all, c.targets)
	case o.name == "pylint" && !c.has("--ignore"):
		c.options = append(slices.Clone(c.options), []string{"--ignore=" + strings.Join(append(p.pylintIgnores(fsys), ".venv"), ",")})
	case o.name == "black" && c.has("--exclude") && !c.has(extendExclude): // By itself it leaves such out.
		c.options = append(slices.Clone(c.options), []string{extendExclude + `=/\.venv/`})
	}
	return c.words()
}

// everything has flake8 leave the environment out beside what the project has it leave out,
// by its configuration or by arguments; manifest says that it reads pyproject.toml.
func (p Project) everything(fsys fs.FS, arguments []string, manifest bool) (all, rest []string) {
	excluded, said := []string{".venv"}, false
	for at := 0; at < len(arguments); at++ {
		name, value, joined := strings.Cut(arguments[at], "=")
		if name != extendExclude {
			rest = append(rest, arguments[at])
			continue
		}
		if !joined && at+1 < len(arguments) {
			at++
			value = arguments[at]
		}
		excluded, said = append(excluded, values(value)...), true
	}
	if !said {
		excluded = append(excluded, p.flake8Excludes(fsys)...)
		if own := component.Lookup(p.document, "tool", "flake8"); manifest {
			for _, key := range []string{"extend-exclude", "extend_exclude"} {
				excluded = append(excluded, values(plain(own[key]))...)
			}
		}
	}
	return []string{extendExclude + "=" + strings.Join(excluded, ",")}, rest
}

// pylintIgnores are the names that pylint leaves out, by its configuration or by itself.
func (p Project) pylintIgnores(fsys fs.FS) (names []string) {
	for _, of := range component.Lookup(p.document, "tool", "pylint") {
		for name, value := range table(of) {
			if strings.EqualFold(name, "ignore") {
				names = append(names, values(plain(value))...)
			}
		}
	}
	for _, file := range []string{".pylintrc", "pylintrc", "setup.cfg"} {
		for section, of := range p.readINI(fsys, file) {
			if file != "setup.cfg" || strings.HasPrefix(section, "pylint") {
				names = append(names, values(of["ignore"])...)
			}
		}
	}
	if len(names) == 0 {
		names = []string{"CVS"}
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// flake8Excludes are what flake8's configuration has it leave out besides: of the first
// file that has any of it, here or above.
func (p Project) flake8Excludes(fsys fs.FS) (all []string) {
	for dir := p.Path; ; dir = path.Dir(dir) {
		for _, name := range []string{"setup.cfg", "tox.ini", ".flake8"} {
			raw, err := fs.ReadFile(fsys, path.Join(dir, name))
			if err != nil {
				continue
			}
			sections := ini(text(raw))
			section, has := sections["flake8"]
			if _, also := sections["flake8:local-plugins"]; !has && !also {
				continue
			}
			for _, pattern := range append(values(section["extend-exclude"]), values(section["extend_exclude"])...) {
				all = append(all, seenFrom(p.Path, dir, pattern))
			}
			return all
		}
		if dir == "." {
			return nil
		}
	}
}

// seenFrom is a pattern of a file in one directory as another one has it: flake8 takes one
// with a slash for a path from its file.
func seenFrom(to, from, pattern string) string {
	if to == from || !strings.Contains(pattern, "/") || path.IsAbs(pattern) {
		return pattern
	}
	rel, err := filepath.Rel(to, path.Join(from, pattern))
	if err != nil {
		return pattern
	}
	return filepath.ToSlash(rel)
}

// values are those of a list, as flake8 separates them.
func values(list string) []string {
	return strings.FieldsFunc(comments.ReplaceAllString(list, ""), func(r rune) bool { return strings.ContainsRune(", \t\n", r) })
}
