package python

import (
	"context"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"

	"github.com/pingvas/pingvas-ci/ci/internal/bounds"
	"github.com/pingvas/pingvas-ci/ci/internal/dagger"
	"github.com/pingvas/pingvas-ci/ci/internal/graph/ground"
	"github.com/pingvas/pingvas-ci/ci/internal/graph/kinds"
	"github.com/pingvas/pingvas-ci/ci/internal/inputs"
	"github.com/pingvas/pingvas-ci/ci/internal/pyenv"
)

// Files by which a project is installed: those that a manager reads before it fetches
// anything, and those that a build backend reads of a project whose metadata is
// static, of which the modules' names are all that else counts.
var (
	lockFiles = []string{
		"pyproject.toml", "uv.lock", "uv.toml", "poetry.lock", "poetry.toml", "pylock.toml", "pdm.lock", "Pipfile", "Pipfile.lock",
		"setup.py", "setup.cfg", "*requirements*.txt", "*requirements*.in", "requirements/*.txt", "requirements/*.in", "builder/requirements.txt", "constraints*.txt",
	}
	metadataFiles = []string{
		"MANIFEST.in", "README*", "readme*", "*.md", "*.rst", "LICENSE*", "LICENCE*", "COPYING*", "NOTICE*", "AUTHORS*", "**/__init__.py", "**/py.typed", "**/*.whl", "**/*.tar.gz",
	}
)

// project is a component as its manager installs it.
type project struct {
	Project
	// made is what its files say of that.
	made pyenv.Project
	// locks are the files that its manager reads before it fetches.
	locks *dagger.Directory
	// sourced says that installing it, or one of its libraries, reads its sources.
	sourced bool
	// described are the files that describe it, and its libraries, wherever they lie.
	described []string
	// release is the version of what takes its version from git, and versions are the
	// variables that say it.
	release  string
	versions []string
}

// read reads how the component is installed.
func (p Project) read(ctx context.Context) (project, error) {
	of := project{Project: p, locks: p.Source.Tree(p.manifests()), release: pyenv.Released("")}
	err := ground.Exported(ctx, of.locks, func(dir string) error {
		return bounds.In(dir, func(tree fs.FS) (err error) {
			of.made, err = pyenv.Read(tree, pyenv.Where{Path: p.Spec.Path, Workspace: p.Spec.Workspace, CPU: p.CPU, Python: p.Spec.Version("python").Value})
			if err != nil {
				return err
			}
			of.sourced, of.versions, of.described = of.made.Sourced, slices.Clone(of.made.GitVersion), of.made.Described()
			for _, library := range p.Spec.Libraries {
				made, err := pyenv.Read(tree, pyenv.Where{Path: library.Path, Workspace: p.Spec.Workspace})
				of.sourced, of.versions = of.sourced || err != nil || made.Sourced, append(of.versions, made.GitVersion...)
				of.described = append(of.described, made.Described()...)
			}
			if len(p.PythonIndexes) > 0 {
				return pyenv.Undiverted(tree)
			}
			return nil
		})
	})
	if err != nil || len(of.versions) == 0 {
		return of, err
	}
	tag, err := p.Source.Release(ctx)
	if err != nil { // As in a worktree, of which the history lies elsewhere.
		fmt.Printf("· %s: its version is %s, as git cannot be asked for one: %s\n", p.Spec.Name, of.release, err)
		return of, nil
	}
	of.release = pyenv.Released(tag)
	if tag == "" {
		fmt.Printf("· %s: its version is %s, as its history has no tag with one\n", p.Spec.Name, of.release)
	}
	return of, nil
}

// manifests are the parts with the files that the manager reads, and others of the given
// patterns.
func (p Project) manifests(others ...string) []inputs.Part {
	return slices.Concat(inputs.Narrow(p.Spec.Inputs.Check, slices.Concat(lockFiles, others)...), p.Spec.Inputs.Locks)
}

// buildsOwn tells whether something of the repository is built where the project is
// installed: itself, or a library that its manager knows.
func (p project) buildsOwn() bool {
	return p.made.Installs || len(p.Spec.Libraries) > len(p.unpackaged())
}

// place is a directory of the repository where it lies in a check.
func place(dir string) string { return path.Join(kinds.Root, dir) }

// skeleton is what installing the project reads: its manifests, and of the modules
// their names. So an edit of a source file installs nothing anew. Where a build reads
// sources, it is all of them.
func (p project) skeleton() (tree *dagger.Directory, names string, err error) {
	if p.sourced {
		return p.Source.Checked(p.Spec), "", nil
	}
	modules, err := p.Source.Names(p.Spec.Inputs.Check, ".py", ".pyi")
	return p.Source.Tree(p.manifests(append(slices.Clip(metadataFiles), p.described...)...)), strings.Join(modules, "\n"), err
}
