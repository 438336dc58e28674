package pyenv

import (
	"io/fs"
	"path"
	"path/filepath"
	"strings"
)

// extendExclude is flake8's option for what it leaves out besides, which takes the place of
// what its configuration says of that.
const extendExclude = "--extend-exclude"

// everything is what a tool takes for all there is, less the environment of the checks:
// beside what the project has it leave out, by its configuration or by arguments.
func (p Project) everything(fsys fs.FS, o other, arguments []string) (all, rest []string) {
	if o.name != "flake8" {
		return []string{o.all}, arguments
	}
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
	}
	return []string{extendExclude + "=" + strings.Join(excluded, ",")}, rest
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
