package component

import (
	"fmt"
	"io/fs"
	"maps"
	"path"
	"regexp"
	"slices"
	"strings"
)

// toolFolders hold what a repository is worked on with, what others are made from or made
// by others, or lists of packages, and no service of it.
var toolFolders = []string{
	"docs", "doc", "e2e", "scripts", "tools", "examples", "example", "samples", "playground", "playgrounds", "benchmarks", "benchmark", "tests", "test", "integration_tests", "integration-tests",
	"template", "templates", "requirements", "vendor", "third_party", "third-party", "fixtures", "fixture", "__fixtures__", "__tests__", "cypress", "starters", "sandbox", "sandboxes", "demos",
}

// played is what such folders of one thing each are called.
var played = regexp.MustCompile(`^playground[-_]|[-_]playground$`)

// leave tells whether a directory that looks like a component is passed over, with a
// word: a template of one, or in a folder of tools without saying that it is one.
func (s *searcher) leave(p place) bool {
	if s.rules.names(p.path) || s.rules.refuses(p.path) != "" {
		return false
	}
	if s.template(p) {
		s.passOver(p.path, "it is a template, with placeholders for a name; to include it, write")
		return true
	}
	folder := folderOfTools(p.path)
	if folder == "" || s.says(p) {
		return false
	}
	s.inTools[folder] = append(s.inTools[folder], p.path)
	return true
}

// sayTools says of each folder of tools what in it looks like a component.
func (s *searcher) sayTools() {
	const most = 3
	for _, folder := range slices.Sorted(maps.Keys(s.inTools)) {
		dirs := slices.Compact(slices.Sorted(slices.Values(s.inTools[folder])))
		named := strings.Join(dirs[:min(most, len(dirs))], ", ")
		if more := len(dirs) - most; more > 0 {
			named += fmt.Sprintf(" and %d more", more)
		}
		s.passOver(dirs[0], fmt.Sprintf("a folder called %s is for documents, tools or templates (%s): what in it has neither a Dockerfile nor settings is no component; to include it, write", path.Base(folder), named))
	}
}

// InTools tells whether a directory is or lies in a folder of tools, where nothing is a
// component that does not say so.
func InTools(dir string) bool { return folderOfTools(dir) != "" }

// folderOfTools is the folder of tools that a directory is or lies in, the uppermost of
// several; empty for none.
func folderOfTools(dir string) (folder string) {
	for at := dir; at != "."; at = path.Dir(at) {
		if isTools(path.Base(at)) && !Expected(at) {
			folder = at
		}
	}
	return folder
}

func isTools(name string) bool { return slices.Contains(toolFolders, name) || played.MatchString(name) }

// says tells whether a directory itself says that it is a component: by a Dockerfile of
// its kind, or by settings.
func (s *searcher) says(p place) bool {
	traits := p.kind.Traits()
	return slices.ContainsFunc(append([]string{traits.Dockerfile}, traits.Dockerfiles...), func(name string) bool { return Exists(s.fsys, path.Join(p.path, name)) }) ||
		s.configured(p.path)
}

// configured tells whether a directory has settings of a component, in any of the files
// that hold them. A file that cannot be read is its component's fault.
func (s *searcher) configured(dir string) bool {
	own, err := ReadOwn(s.fsys, dir)
	if err != nil || own.Configured() || dir != "." && Exists(s.fsys, own.File) {
		return true
	}
	for _, kind := range s.kinds {
		if m, err := kind.Manifest(s.fsys, dir); err == nil && m.Configured() {
			return true
		}
	}
	return false
}

// builds tells whether a place builds something by itself.
func (s *searcher) builds(p place) bool {
	of, can := p.kind.(Builds)
	return can && of.Builds(s.fsys, p.path)
}

// partOfRoot tells whether a directory below a root that is a component is a part of
// that, such as the requirements of a plugin: of the same kind, or of the one that the
// root's is one of, and nothing of its own that is built.
func (s *searcher) partOfRoot(p place) bool {
	root := s.kindAt(".")
	if p.kind != root && p.kind != root.Traits().Like || Expected(p.path) || s.says(p) || s.builds(p) || p.fault != nil {
		return false
	}
	s.passOver(p.path, "it lies in the component of the repository's root, and builds nothing of its own; to include it, write")
	return true
}

// template tells whether a directory is one, by placeholders in its name or in that of
// its project.
func (s *searcher) template(p place) bool {
	if holds(p.path) {
		return true
	}
	for _, name := range []string{"pyproject.toml", "package.json"} {
		raw, err := fs.ReadFile(s.fsys, path.Join(p.path, name))
		if err != nil || !holds(string(raw)) {
			continue
		}
		m, err := p.kind.Manifest(s.fsys, p.path)
		if err != nil || holds(m.Name) {
			return true
		}
	}
	return false
}

// holds tells whether a text has a placeholder as cookiecutter and Jinja have them.
func holds(text string) bool { return strings.Contains(text, "{{") || strings.Contains(text, "{%") }
