package pydef

import (
	"io/fs"
	"path"
	"slices"

	"github.com/pingvas/pingvas-ci/ci/internal/component"
	"github.com/pingvas/pingvas-ci/ci/internal/pyenv"
)

// notCode are the folders of a repository whose packages are of none, or of others.
var notCode = []string{"tests", "test", "docs", "doc", "e2e", "scripts", "tools", "examples", "example", "bench", "benchmarks", "services", "libs", "frontend"}

// Builds tells a project that has code beside its manifest from a root that only has
// tools and the members of a workspace.
func (Definition) Builds(fsys fs.FS, dir string) bool {
	m, err := component.ReadPyproject(fsys, dir)
	if err != nil {
		return false
	}
	name := pyenv.Module(m.Name)
	for _, file := range slices.Concat(mains, []string{"Procfile", "manage.py", "setup.py", name + ".py"}) {
		if component.Exists(fsys, path.Join(dir, file)) {
			return true
		}
	}
	for _, pattern := range []string{"*/__init__.py", "*/__main__.py", "src/*/__init__.py", "src/*/__main__.py"} {
		files, _ := fs.Glob(fsys, path.Join(dir, pattern))
		if slices.ContainsFunc(files, func(file string) bool { return !slices.Contains(notCode, path.Base(path.Dir(file))) }) {
			return true
		}
	}
	return m.Document["build-system"] != nil && namespaced(fsys, dir)
}

// namespaced tells whether a project's packages lie in a package without a file of its own,
// and below no manifest of another project.
func namespaced(fsys fs.FS, dir string) bool {
	files, _ := fs.Glob(fsys, path.Join(dir, "src/*/*/__init__.py"))
	return slices.ContainsFunc(files, func(file string) bool {
		above := path.Dir(path.Dir(file))
		return !slices.ContainsFunc([]string{"pyproject.toml", "requirements.txt", "setup.py", "Dockerfile"}, func(name string) bool {
			return component.Exists(fsys, path.Join(above, name)) || component.Exists(fsys, path.Join(path.Dir(file), name))
		})
	})
}

// Scripts tells of a repository that has nothing but a main module.
func (Definition) Scripts(fsys fs.FS) bool {
	return slices.ContainsFunc(mains, func(name string) bool { return path.Dir(name) == "." && component.Exists(fsys, name) })
}
