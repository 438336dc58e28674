// Package pydef says what a Python service is: a directory with a pyproject.toml
// that describes a project, or with a requirements.txt or a Pipfile.
package pydef

import (
	"fmt"
	"io/fs"
	"path"
	"regexp"
	"slices"

	"github.com/pingvas/pingvas-ci/ci/internal/component"
	"github.com/pingvas/pingvas-ci/ci/internal/inputs"
	"github.com/pingvas/pingvas-ci/ci/internal/pyenv"
)

// Kind is the kind's name.
const Kind component.Kind = "python"

// Definition is that of the Python services.
type Definition struct{}

// Reads are the files that Python's tools alone read upwards.
var Reads = []string{
	"pyproject.toml", "uv.lock", "uv.toml", "poetry.lock", "poetry.toml", "pdm.lock", "Pipfile*", "setup.py", "setup.cfg", "MANIFEST.in",
	"requirements*.txt", "requirements*.in", "constraints*.txt", ".python-version", "*.py", "*.pyi",
	"ruff.toml", ".ruff.toml", "mypy.ini", ".mypy.ini", "pyrightconfig.json", "pytest.ini", ".pytest.ini", "tox.ini", "tox.toml", "hatch.toml", "noxfile.py", ".coveragerc",
	".flake8", ".pylintrc", "pylintrc", ".isort.cfg", ".bandit",
}

// Gates are the names of a Python project's gates.
var Gates = []string{"lint", "format", "typecheck", "test", "coverage"}

// Traits are those of every Python service.
func (Definition) Traits() component.Traits {
	return component.Traits{
		Kind: Kind, Article: "a Python service", FoundBy: "a pyproject.toml with a project, a requirements.txt or a Pipfile", Dockerfile: "Dockerfile",
		Platforms:  []string{component.ARM64, component.AMD64},
		Deployment: component.Deployment{Port: 8000, HealthPath: "/healthz", User: 65532, Secret: true, Route: component.API},
		Manifests:  slices.Concat([]string{"pyproject.toml", "uv.lock", "poetry.lock", "*requirements*.txt", "Pipfile", "setup.py", "runtime.txt"}, versionFiles, pyenv.ToolFiles, pyenv.Automation),
		Gates:      Gates, GateCommands: true,
		Seconds: 25,
		Reads:   Reads, Unread: []string{"gatesTarget", "output", "keepAssets", "headers", "browsers"},
		Workflow: ".github/workflows/ci-backend.yml",
	}
}

// builder is what a setup.py that builds a package names. Many an application has a
// module of that name, which sets up something else.
var builder = regexp.MustCompile(`(?m)^[^#\n]*\b(setuptools|distutils|skbuild|cx_Freeze)\b`)

// Is tells a project from a pyproject.toml that only configures tools for the
// directories below it. Lists that stand in a folder of their own, as Django's projects
// have them, are a project's where there is a program or a Dockerfile beside it: at the
// root, where all that lies below may share them, a program, or a Dockerfile that names them.
func (d Definition) Is(fsys fs.FS, dir string) (bool, error) {
	for _, name := range []string{"requirements.txt", "Pipfile"} {
		if component.Exists(fsys, path.Join(dir, name)) {
			return true, nil
		}
	}
	if setup, err := fs.ReadFile(fsys, path.Join(dir, "setup.py")); err == nil && builder.Match(setup) {
		return true, nil
	}
	m, err := component.ReadPyproject(fsys, dir)
	if err != nil {
		return false, err
	}
	if listed(fsys, dir) && (dir == "." && (hasProgram(fsys) || installsLists(fsys)) || dir != "." && startsHere(fsys, dir)) {
		return true, nil
	}
	return m.Document["project"] != nil || component.Lookup(m.Document, "tool", "poetry") != nil || m.Configured(), nil
}

// Manifest is pyproject.toml.
func (Definition) Manifest(fsys fs.FS, dir string) (component.Manifest, error) {
	return component.ReadPyproject(fsys, dir)
}

// Complete reads the interpreter's version, and what a uv workspace adds.
func (Definition) Complete(fsys fs.FS, c *component.Component, m component.Manifest) error {
	if c.Settings.HealthPath != "" && c.Settings.Port == 0 {
		return fmt.Errorf("health path %q: it is asked for on a port. Write a path like /healthz, and the port setting with it", c.Settings.HealthPath)
	}
	c.Versions = []component.Version{pythonVersion(fsys, c.Path, m)}
	readTools(c, m)
	habits, err := ofManager(fsys, c)
	if err != nil {
		return err
	}
	for i, l := range c.Libraries {
		c.Libraries[i].Import = importPath(fsys, l.Path)
	}
	c.Inputs.Image = append([]inputs.Part{{Dir: c.Path, Exclude: NotInImage, Why: "in the component's directory"}}, c.Inputs.Check...)
	for _, l := range c.Libraries {
		if l.Called != "" {
			continue // The checks alone have it.
		}
		c.Inputs.Image = append(c.Inputs.Image, inputs.Part{Dir: l.Path, Why: "in the library " + l.Path})
	}
	for _, file := range habits { // A change of it changes the checks.
		c.Inputs.Check = append(c.Inputs.Check, habitPart(file))
	}
	return nil
}

// NotInImage is what of a component's directory its image is not made of by the
// built-in recipe.
var NotInImage = []string{"tests", "Dockerfile*", ".*", "**/__pycache__"}
