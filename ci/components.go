package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"sync"

	"github.com/pingvas/pingvas-ci/ci/internal/component"
	"github.com/pingvas/pingvas-ci/ci/internal/dagger"
)

// A gate is one check that a component must pass.
type gate struct {
	name string
	run  func(ctx context.Context) error
}

// manifestFiles are the files that discovery reads. Nothing else of the
// repository is looked at to know what its components are.
var manifestFiles = []string{
	"**/pyproject.toml", "**/uv.lock", "**/requirements*.txt", "**/.python-version",
	"**/package.json", "**/pnpm-lock.yaml", "**/pnpm-workspace.yaml", "**/.nvmrc", "**/.node-version",
	"**/.npmrc", "**/Dockerfile", "**/Dockerfile.*",
	// A library may have no manifest of its own; its directory must be seen.
	"**/__init__.py", "**/py.typed",
}

// Components lists every component of the repository.
//
// Its name, kind and directory, its versions and where each was read, and what
// its image is built by.
func (m *PingvasCi) Components(ctx context.Context) (string, error) {
	found, err := m.discover(ctx)
	if err != nil {
		return "", err
	}
	return component.Table(found), nil
}

// discovered is what this process has found already: every step of a run asks,
// and the files of a source never change.
var discovered sync.Map

// discover finds the components of the source.
func (m *PingvasCi) discover(ctx context.Context) ([]component.Component, error) {
	search, _ := discovered.LoadOrStore(m.Source, sync.OnceValues(func() (found []component.Component, err error) {
		manifests := m.Source.Filter(dagger.DirectoryFilterOpts{Include: manifestFiles})
		err = exported(ctx, manifests, func(dir string) (err error) {
			found, err = component.Discover(os.DirFS(dir))
			return err
		})
		return found, err
	}))
	found, err := search.(func() ([]component.Component, error))()
	return slices.Clone(found), err
}

// find returns one component by its name.
func (m *PingvasCi) find(ctx context.Context, name string) (component.Component, error) {
	found, err := m.discover(ctx)
	if err != nil {
		return component.Component{}, err
	}
	return component.Find(found, name)
}

// project returns the Python half of one component.
func (m *PingvasCi) project(ctx context.Context, name string) (project, error) {
	c, err := m.find(ctx, name)
	return project{ci: m, spec: c}, err
}

// of returns what something does with the tools of one component: those of a
// Python project, or those of a frontend.
func of[Tools, Result any](
	ctx context.Context,
	find func(ctx context.Context, name string) (Tools, error),
	name string,
	do func(Tools, context.Context) (Result, error),
) (Result, error) {
	tools, err := find(ctx, name)
	if err != nil {
		var none Result
		return none, err
	}
	return do(tools, ctx)
}

// gates returns what a component must pass before it is built.
func (m *PingvasCi) gates(c component.Component) []gate {
	if c.Kind == component.Frontend {
		return web{ci: m, spec: c}.gates()
	}
	return project{ci: m, spec: c}.gates()
}

// fixed is what a component's tools would change in its sources.
func (m *PingvasCi) fixed(ctx context.Context, c component.Component) (*dagger.Changeset, error) {
	if c.Kind == component.Frontend {
		return web{ci: m, spec: c}.fixed(ctx)
	}
	return project{ci: m, spec: c}.fixed(ctx)
}

// gateOf runs one gate of one component.
func (m *PingvasCi) gateOf(ctx context.Context, name, wanted string) error {
	c, err := m.find(ctx, name)
	if err != nil {
		return err
	}
	for _, g := range m.gates(c) {
		if g.name == wanted {
			return newRun(1).step(c.Name, g.name, func() (string, error) { return "", g.run(ctx) })
		}
	}
	return fmt.Errorf("%s has no gate called %s", name, wanted)
}

// coverageOf runs the coverage gate of one component, if its settings make it one.
func (m *PingvasCi) coverageOf(ctx context.Context, name string) error {
	c, err := m.find(ctx, name)
	if err != nil || c.Settings.CoverageThreshold == 0 {
		return err
	}
	return m.gateOf(ctx, name, "coverage")
}

// checkOne runs every gate of one component.
func (m *PingvasCi) checkOne(ctx context.Context, name string) error {
	c, err := m.find(ctx, name)
	if err != nil {
		return err
	}
	return m.check(ctx, newRun(m.Parallel), []component.Component{c})
}

// check runs the gates of the components as steps of a run: every one, or those
// whose names are wanted.
func (m *PingvasCi) check(ctx context.Context, r *run, components []component.Component, wanted ...func(name string) bool) error {
	var jobs []job
	for _, c := range components {
		for _, g := range m.gates(c) {
			if len(wanted) > 0 && !wanted[0](g.name) {
				continue
			}
			jobs = append(jobs, func(ctx context.Context) error {
				return r.step(c.Name, g.name, func() (string, error) { return "", g.run(ctx) })
			})
		}
	}
	return r.all(ctx, jobs)
}

// sources is the part of the repository that a component is made of, at its
// places: its own directory and its libraries. What the component's checks do
// not read is left out, so that a change of it does not run them again.
func (m *PingvasCi) sources(c component.Component) *dagger.Directory {
	notRead := []string{"Dockerfile", "Dockerfile.*", ".dockerignore", "*.md"}
	// Filtered before they are added: the engine knows a filtered directory by
	// its content, and so what was left out runs nothing again.
	part := func(dir string) *dagger.Directory {
		return m.Source.Directory(dir).Filter(dagger.DirectoryFilterOpts{Exclude: notRead})
	}
	tree := dag.Directory().WithDirectory(c.Path, part(c.Path))
	for _, library := range c.Libraries {
		tree = tree.WithDirectory(library.Path, part(library.Path))
	}
	return tree
}

// exported calls use with a directory's files in a directory of this process,
// which is gone afterwards.
func exported(ctx context.Context, tree *dagger.Directory, use func(dir string) error) error {
	dir, err := os.MkdirTemp("", "pingvas-ci-")
	if err != nil {
		return fmt.Errorf("make a work directory: %w", err)
	}
	if _, err := tree.Export(ctx, dir); err != nil {
		return errors.Join(fmt.Errorf("export the files to work on: %w", err), os.RemoveAll(dir))
	}
	return errors.Join(use(dir), os.RemoveAll(dir))
}
