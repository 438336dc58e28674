package pydef

import (
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"

	"github.com/pingvas/pingvas-ci/ci/internal/component"
	"github.com/pingvas/pingvas-ci/ci/internal/pyenv"
)

// notCode are the folders of a repository whose packages are of none, or of others.
var notCode = []string{"tests", "test", "docs", "doc", "e2e", "scripts", "tools", "examples", "example", "bench", "benchmarks", "services", "libs", "frontend"}

// Builds tells a project that has code beside its manifest, also in a namespace, from a
// root that only has tools and the members of a workspace, and from a package of a project
// around it, which may have a list of its own.
func (Definition) Builds(fsys fs.FS, dir string) bool {
	m, err := component.ReadPyproject(fsys, dir)
	if err != nil || dir != "." && m.Document["project"] == nil && component.Exists(fsys, path.Join(dir, "__init__.py")) && isPackage(fsys, dir) {
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

// isPackage tells of a directory that is a package of Python's that it is the one of the
// project at the root, or has no program of its own.
func isPackage(fsys fs.FS, dir string) bool {
	if root, err := component.ReadPyproject(fsys, "."); err == nil && root.Name != "" && pyenv.Module(root.Name) == path.Base(dir) {
		return true
	}
	return !slices.ContainsFunc(slices.Concat(mains, []string{"Procfile", "manage.py", "setup.py"}), func(name string) bool { return component.Exists(fsys, path.Join(dir, name)) })
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

// Scripts tells of a repository that has nothing but a main module, or lists in a folder
// beside what is built from them.
func (d Definition) Scripts(fsys fs.FS) bool {
	return hasProgram(fsys) || listed(fsys, ".") && startsHere(fsys, ".")
}

// hasProgram tells whether a program lies right in the root, or Django's in src.
func hasProgram(fsys fs.FS) bool {
	right := slices.DeleteFunc(slices.Clone(mains), func(name string) bool { return path.Dir(name) != "." })
	return slices.ContainsFunc(append(right, "manage.py", "src/manage.py"), func(name string) bool { return component.Exists(fsys, name) })
}

// foreign are the manifests of other languages, whose projects may have a list for tools.
var foreign = []string{"go.mod", "Cargo.toml", "pom.xml", "build.gradle", "build.gradle.kts", "Gemfile", "composer.json", "mix.exs", "pingvas-ci.toml"}

// listed tells whether a directory has requirements in a folder of their own, and is of no
// other language.
func listed(fsys fs.FS, dir string) bool {
	node := component.Exists(fsys, path.Join(dir, "package.json")) && !(Definition{}).Builds(fsys, dir)
	return len(pyenv.Lists(fsys, dir)) > 0 && !node && !slices.ContainsFunc(foreign, func(name string) bool { return component.Exists(fsys, path.Join(dir, name)) })
}

// installsLists tells whether the Dockerfile of the root names lists in a folder.
func installsLists(fsys fs.FS) bool {
	text, err := fs.ReadFile(fsys, "Dockerfile")
	return err == nil && slices.ContainsFunc(pyenv.Lists(fsys, "."), func(list string) bool { return strings.Contains(string(text), list) })
}

// startsHere tells whether a directory has code, or a Dockerfile.
func startsHere(fsys fs.FS, dir string) bool {
	return Definition{}.Builds(fsys, dir) || component.Exists(fsys, path.Join(dir, "Dockerfile"))
}

// Other tells of a repository's root that it has tests which no component runs, as there is
// no code beside its manifest.
func (d Definition) Other(fsys fs.FS, dir string) string {
	if tests := d.testsOfAll(fsys); dir == "." && tests != "" {
		return fmt.Sprintf(`no component has the tests in %s. To have the gates of the root run, write include = ["**", "."] in the repository's settings`, tests)
	}
	return ""
}

// ChecksRoot tells of such tests that the repository's automation runs them there.
func (d Definition) ChecksRoot(fsys fs.FS) bool {
	if d.testsOfAll(fsys) == "" {
		return false
	}
	made, err := pyenv.Read(fsys, pyenv.Where{Path: "."})
	return err == nil && made.TestsAll(fsys)
}

// testsOfAll are the tests of a root that has no code; empty for none.
func (d Definition) testsOfAll(fsys fs.FS) string {
	if d.Builds(fsys, ".") {
		return ""
	}
	for _, tests := range []string{"tests", "test"} {
		if tested, _ := fs.Glob(fsys, path.Join(tests, "*.py")); len(tested) > 0 && component.HasTests(fsys, tests) && d.tests(fsys) {
			return tests
		}
	}
	return ""
}

// tests tells whether the root has pytest, or is a project.
func (d Definition) tests(fsys fs.FS) bool {
	m, err := component.ReadPyproject(fsys, ".")
	return err == nil && (m.Document["project"] != nil || component.Lookup(m.Document, "tool", "pytest") != nil) || component.Exists(fsys, "pytest.ini")
}
