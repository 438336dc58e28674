package pydef

import (
	"cmp"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"

	"github.com/pingvas/pingvas-ci/ci/internal/component"
	"github.com/pingvas/pingvas-ci/ci/internal/inputs"
	"github.com/pingvas/pingvas-ci/ci/internal/pyenv"
)

// ofManager adds what a Python component has by what its packages are locked by: the
// root of its uv workspace, the directories that it is installed with, and the
// requirements files that lie elsewhere. It returns the files of its automation that
// say how its checks are run.
func ofManager(fsys fs.FS, c *component.Component) (habits []string, err error) {
	root, found, err := uvRoot(fsys, c.Path)
	if err != nil {
		return nil, err
	}
	if found && root != c.Path {
		c.Workspace = root
		if c.Inputs.Check, err = workspaceParts(fsys, root); err != nil {
			return nil, err
		}
	}
	made, err := pyenv.Read(fsys, pyenv.Where{Path: c.Path, Workspace: c.Workspace, Placed: len(c.Settings.TestPaths) > 0 || c.Settings.CoverageThreshold > 0})
	if err != nil {
		return nil, err
	}
	c.Unhashed, c.ExtraIndex = made.Unhashed, made.ExtraIndex
	ofTools(fsys, c, made)
	habits = made.Deciding(fsys)
	ofNeeds(c, made)
	ofPrograms(fsys, c, made)
	if !ofRoot(fsys, c, made) {
		ofCommand(fsys, c, made)
		ofLibrary(fsys, c, made)
	}
	if err := ofRequirements(fsys, c, made); err != nil {
		return nil, err
	}
	directories, err := pyenv.Directories(fsys, made)
	if err != nil {
		return nil, err
	}
	for _, at := range directories {
		if info, err := fs.Stat(fsys, at); err == nil && !info.IsDir() {
			reads(c, at, "a package that it is installed with")
			continue
		}
		if !slices.ContainsFunc(c.Libraries, func(l component.Library) bool { return l.Path == at }) {
			c.Libraries = append(c.Libraries, component.Library{Path: at})
		}
		if info, err := fs.Stat(fsys, at); !fs.ValidPath(at) || err != nil || !info.IsDir() {
			return nil, fmt.Errorf("%s names %s, which is no directory of the repository. Add it, or drop the dependency", cmp.Or(made.Lock, c.Path), at)
		}
	}
	return append(habits, made.Habits...), ofMembers(fsys, c, made)
}

// ofMembers adds the members of its workspace that its checks install with it.
func ofMembers(fsys fs.FS, c *component.Component, made pyenv.Project) error {
	members, err := made.MemberDirectories(fsys)
	for _, at := range members {
		if !slices.ContainsFunc(c.Libraries, func(l component.Library) bool { return l.Path == at }) {
			c.Libraries = append(c.Libraries, component.Library{Path: at, Called: "its checks install it, as a member of the workspace"})
		}
	}
	return err
}

// habitPart is a file of the project's automation, which may lie where no tool looks.
func habitPart(file string) inputs.Part {
	return inputs.Part{Dir: path.Dir(file), Include: []string{inputs.Literal(path.Base(file))}, Why: "it says how the project's tools are run"}
}

// ofRequirements adds the requirements files that the component's own include.
func ofRequirements(fsys fs.FS, c *component.Component, made pyenv.Project) error {
	if made.Manager != pyenv.Pip || made.Lock != "" && path.Base(made.Lock) == "pylock.toml" {
		return nil
	}
	read, err := pyenv.ReadRequirements(fsys, pyenv.Requirement(made)...)
	if err != nil {
		return err
	}
	for _, file := range read.Files {
		reads(c, file, "a requirements file of it")
	}
	return nil
}

// reads adds a file that installing the component reads, wherever it lies.
func reads(c *component.Component, file, why string) {
	part := inputs.Part{Dir: path.Dir(file), Include: []string{inputs.Literal(path.Base(file))}, Why: why}
	c.Inputs.Locks = append(c.Inputs.Locks, part)
	if _, below := inputs.Below(c.Path, file); !below {
		c.Inputs.Check = append(c.Inputs.Check, part)
	}
}

// uvRoot is where the lock of a component lies, or would: in its own directory, or at the
// root of the workspace whose member it is.
func uvRoot(fsys fs.FS, dir string) (root string, found bool, err error) {
	for at := dir; ; at = path.Dir(at) {
		locked := component.Exists(fsys, path.Join(at, "uv.lock"))
		if locked && at == dir {
			return at, true, nil
		}
		if at != dir {
			member, err := isMember(fsys, at, relative(at, dir))
			if member || locked && err != nil {
				return at, member, err
			}
		}
		if at == "." {
			return "", false, nil
		}
	}
}

// isMember says whether the pyproject.toml of root makes a workspace with the
// directory in it.
func isMember(fsys fs.FS, root, dir string) (bool, error) {
	m, err := component.ReadPyproject(fsys, root)
	if err != nil {
		return false, err
	}
	named := func(key string) bool {
		return slices.ContainsFunc(patterns(m, key), func(pattern string) bool { return component.Matches(pattern, dir) })
	}
	return named("members") && !named("exclude"), nil
}

// patterns are those of a uv workspace's members, or of what it excludes.
func patterns(m component.Manifest, key string) []string {
	list, _ := component.Lookup(m.Document, "tool", "uv", "workspace")[key].([]any)
	var all []string
	for _, one := range list {
		if pattern, _ := one.(string); pattern != "" {
			all = append(all, path.Clean(pattern))
		}
	}
	return all
}

// workspaceParts are what installing a member of a uv workspace reads at the
// workspace's root: the lock, and the manifests of all its members.
func workspaceParts(fsys fs.FS, root string) ([]inputs.Part, error) {
	m, err := component.ReadPyproject(fsys, root)
	if err != nil {
		return nil, err
	}
	manifests := []string{"pyproject.toml"}
	for _, pattern := range patterns(m, "members") {
		manifests = append(manifests, path.Join(pattern, "pyproject.toml"))
	}
	var members []string
	if component.Exists(fsys, path.Join(root, "uv.lock")) {
		if members, err = pyenv.Members(fsys, root); err != nil {
			return nil, err
		}
	}
	for _, dir := range members {
		if within, below := inputs.Below(root, dir); below && within != "." {
			manifests = append(manifests, path.Join(inputs.Literal(within), "pyproject.toml"))
		}
	}
	return []inputs.Part{
		// Which of its members another resolution is for, its name does not tell.
		{Dir: root, Include: []string{"uv.lock"}, Why: "the lock of its uv workspace, which is every member's"},
		{Dir: root, Include: manifests, Why: "a manifest of its uv workspace"},
	}, nil
}

func relative(root, dir string) string {
	switch root {
	case dir:
		return "."
	case ".":
		return dir
	}
	return strings.TrimPrefix(dir, root+"/")
}

// importPath is the directory that Python finds the library's modules in: its
// src, or itself where its packages lie there directly.
func importPath(fsys fs.FS, dir string) string {
	src := path.Join(dir, "src")
	if flat, _ := fs.Glob(fsys, path.Join(dir, "*", "__init__.py")); len(flat) > 0 && !component.Exists(fsys, src) {
		return dir
	}
	return src
}
