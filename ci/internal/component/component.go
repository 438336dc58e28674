// Package component finds the components of a monorepo and reads their
// settings, from files alone: a component needs no registration anywhere.
//
// A directory with a Dockerfile.cuda is a CUDA worker, one with a
// pyproject.toml or a requirements.txt a Python service, one with a
// package.json and a pnpm-lock.yaml a frontend, and so is a package of a pnpm
// workspace that builds and that no other package needs. Settings live where the
// ecosystem keeps them: the [tool.pingvas-ci] table of pyproject.toml, the
// "pingvas-ci" key of package.json.
package component

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"

	"github.com/pingvas/pingvas-ci/ci/internal/names"
)

// Kind says which toolchain a component is built with.
type Kind string

// The kinds of component that exist.
const (
	Python   Kind = "python"
	Frontend Kind = "frontend"
	CUDA     Kind = "cuda"
)

// Component is one thing of the monorepo that becomes an image.
type Component struct {
	// Name is the image's name, and the name in the GitOps repository.
	Name string `json:"name"`
	Kind Kind   `json:"kind"`
	// Path is the component's directory, relative to the repository root.
	Path string `json:"path"`
	// Python is the interpreter's version; empty for a frontend.
	Python Version `json:"python,omitzero"`
	// Node and Pnpm are a frontend's tool versions; empty for the others.
	Node Version `json:"node,omitzero"`
	Pnpm Version `json:"pnpm,omitzero"`
	// Workspace is the root of the pnpm or uv workspace that the component is a
	// package of, where the lock file is; empty for one that is alone.
	Workspace string `json:"workspace,omitempty"`
	// Libraries are the directories the component is built from besides its
	// own, those that a library names itself included.
	Libraries []Library `json:"libraries,omitempty"`
	// Settings are the effective ones: the component's own, defaults filled
	// in, with Dockerfile and Libraries relative to the repository root.
	Settings Settings `json:"settings"`
}

// Library is a directory of the repository that a component is built from.
type Library struct {
	Path string `json:"path"`
	// Via is the library that names this one; empty when the component does.
	Via string `json:"via,omitempty"`
	// Import is where Python finds its modules; empty for a frontend's.
	Import string `json:"import,omitempty"`
}

// TagSuffix returns what the component's tags end with: "-cuda" for a CUDA
// worker, nothing for the others.
func (c Component) TagSuffix() string {
	if c.Kind == CUDA {
		return "-cuda"
	}
	return ""
}

// Discover returns the components of the repository in fsys, sorted by path.
// All that is wrong with any of them is reported in one error.
func Discover(fsys fs.FS) ([]Component, error) {
	places, err := search(fsys)
	if err != nil {
		return nil, fmt.Errorf("discover components: %w", err)
	}
	var components []Component
	var failures []error
	for _, p := range places {
		c, err := read(fsys, p)
		if err != nil {
			failures = append(failures, err)
			continue
		}
		components = append(components, c)
	}
	components = withoutLibraries(fsys, components)
	failures = append(failures, checkNames(components)...)
	if err := errors.Join(failures...); err != nil {
		return nil, fmt.Errorf("discover components: %w", err)
	}
	return components, nil
}

// Find returns the component called name. For an unknown one the error lists
// those that exist.
func Find(list []Component, name string) (Component, error) {
	known := make([]string, 0, len(list))
	for _, c := range list {
		if c.Name == name {
			return c, nil
		}
		known = append(known, c.Name)
	}
	if len(known) == 0 {
		return Component{}, fmt.Errorf("component %q: the repository has no components; give a source that has some", name)
	}
	slices.Sort(known)
	return Component{}, fmt.Errorf("component %q is unknown; name one of: %s", name, strings.Join(known, ", "))
}

// Of returns the components of the kind.
func Of(list []Component, kind Kind) []Component {
	var chosen []Component
	for _, c := range list {
		if c.Kind == kind {
			chosen = append(chosen, c)
		}
	}
	return chosen
}

// read makes the component of a place: settings first, since they may decide
// the name and the files, then the tool versions.
func read(fsys fs.FS, p place) (Component, error) {
	fail := func(err error) (Component, error) {
		return Component{}, fmt.Errorf("component in %s: %w", p.path, err)
	}
	m, err := readManifest(fsys, p.path, p.kind)
	if err != nil {
		return fail(err)
	}
	c := Component{Kind: p.kind, Path: p.path, Settings: m.settings}
	c.Name = cmp.Or(m.settings.Name, p.name, m.projectName)
	if err := c.settle(fsys); err != nil {
		return fail(err)
	}
	if c.Libraries, err = libraries(fsys, c.Path, c.Settings.Libraries); err != nil {
		return fail(err)
	}
	if p.kind == Frontend {
		if c.Node, err = nodeVersion(fsys, p.path, m); err != nil {
			return fail(err)
		}
		if c.Pnpm, err = pnpmVersion(m); err == nil && p.workspace != nil {
			err = c.ofWorkspace(fsys, p.workspace)
		}
	} else {
		if c.Python, err = pythonVersion(fsys, p.path, m); err == nil {
			err = c.ofUv(fsys)
		}
		for i, l := range c.Libraries {
			c.Libraries[i].Import = importPath(fsys, l.Path)
		}
	}
	if err != nil {
		return fail(err)
	}
	return c, nil
}

// withoutLibraries drops what only looks like a component: a directory that a
// component names as its library. One in a place for components, or with a
// Dockerfile, is both and stays.
func withoutLibraries(fsys fs.FS, components []Component) []Component {
	library := map[string]bool{}
	for _, c := range components {
		for _, l := range c.Libraries {
			library[l.Path] = true
		}
	}
	return slices.DeleteFunc(components, func(c Component) bool {
		return library[c.Path] && !inSearchRoot(c.Path) && !exists(fsys, path.Join(c.Path, "Dockerfile"))
	})
}

func checkNames(components []Component) []error {
	var failures []error
	first := map[string]string{}
	for _, c := range components {
		if err := names.Component(c.Name); err != nil {
			failures = append(failures, fmt.Errorf("component in %s: %w", c.Path, err))
		}
		if other, taken := first[c.Name]; taken {
			failures = append(failures, fmt.Errorf("two components are called %q: %s and %s; give one of them another name in its settings",
				c.Name, other, c.Path))
			continue
		}
		first[c.Name] = c.Path
	}
	return failures
}
