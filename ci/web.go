package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"path"

	"github.com/pingvas/pingvas-ci/ci/internal/component"
	"github.com/pingvas/pingvas-ci/ci/internal/dagger"
	"github.com/pingvas/pingvas-ci/ci/internal/frontend"
)

// web is a pnpm project: packages from the lock file, the sources over
// them, and the scripts of its package.json.
type web struct {
	ci   *PingvasCi
	spec component.Component
}

func (m *PingvasCi) web(ctx context.Context, name string) (web, error) {
	c, err := m.find(ctx, name)
	return web{ci: m, spec: c}, err
}

// gates are the frontend's gates in the order in which a person reads them.
func (w web) gates() []gate {
	script := func(name string) func(context.Context) error {
		return func(ctx context.Context) error {
			done, err := w.script(ctx, name)
			if err != nil {
				return err
			}
			_, err = done.Sync(ctx)
			return err
		}
	}
	return []gate{
		{"lint", script("lint")},
		{"typecheck", script("typecheck")},
		{"test", w.testGate},
		{"storybook", w.storybookGate},
	}
}

// script runs one script of package.json in the workspace.
func (w web) script(ctx context.Context, name string) (*dagger.Container, error) {
	manifest, err := w.manifest(ctx)
	if err != nil {
		return nil, err
	}
	if _, err := manifest.Script(name); err != nil {
		return nil, err
	}
	return w.exec(ctx, []string{"pnpm", "run", name})
}

// exec runs a command in the workspace, with the environment that the settings
// give to tests and checks.
func (w web) exec(ctx context.Context, command []string, opts ...dagger.ContainerWithExecOpts) (*dagger.Container, error) {
	workspace, err := w.workspace(ctx)
	if err != nil {
		return nil, err
	}
	return withVariables(workspace, w.spec.Settings.Environment).WithExec(command, opts...), nil
}

// workspace has the packages linked and the sources in place, with the
// libraries of a pnpm workspace built.
func (w web) workspace(ctx context.Context) (*dagger.Container, error) {
	installed, err := w.installed(ctx)
	if err != nil {
		return nil, err
	}
	ready := installed.
		WithDirectory(".", w.rootConfiguration()).
		WithDirectory(repoRoot, w.ci.sources(w.spec)).
		WithWorkdir(path.Join(repoRoot, w.spec.Path))
	if w.spec.Workspace != "" && len(w.spec.Libraries) > 0 {
		// What a library exports is often made by its build.
		ready = ready.WithExec([]string{"pnpm", "--filter", "{.}^...", "run", "--if-present", "build"})
	}
	return ready, nil
}

// installed has the packages linked. The install reads the manifests and the
// lock file only, and is offline and frozen: a lock file that does not fit a
// manifest is an error, here for all that needs the packages.
func (w web) installed(ctx context.Context) (*dagger.Container, error) {
	fetched, err := w.fetched(ctx)
	if err != nil {
		return nil, err
	}
	install := []string{"pnpm", "install", "--frozen-lockfile", "--offline", "--store-dir", pnpmStore}
	if w.spec.Workspace != "" {
		// The package and what it needs: the others' manifests are not read.
		relative, err := relativeTo(w.lockRoot(), w.spec.Path)
		if err != nil {
			return nil, err
		}
		install = append(install, "--filter", "{./"+relative+"}...")
	}
	installed, err := fetched.WithDirectory(repoRoot, w.manifests()).WithExec(install).Sync(ctx)
	var failed *dagger.ExecError
	if errors.As(err, &failed) {
		if outdated := frontend.OutdatedLock(w.lockRoot(), failed.Stdout+"\n"+failed.Stderr); outdated != nil {
			return nil, outdated
		}
	}
	return installed, err
}

const pnpmStore = "/pnpm-store"

// fetched has pnpm, and every package of the lock file: this layer stays while
// the lock file does.
func (w web) fetched(ctx context.Context) (*dagger.Container, error) {
	node, err := w.node(ctx)
	if err != nil {
		return nil, err
	}
	locks := w.ci.Source.Directory(w.lockRoot()).Filter(dagger.DirectoryFilterOpts{
		Include: []string{"pnpm-lock.yaml", "pnpm-workspace.yaml", ".npmrc", ".pnpmfile.cjs", "patches"},
	})
	return node.
		WithExec([]string{"npm", "install", "--global", "--no-fund", "--no-audit", "pnpm@" + frontend.PnpmRelease(w.spec.Pnpm.Value)}).
		WithEnvVariable("CI", "true").
		With(pnpmVolume.at(pnpmStore)).
		WithWorkdir(path.Join(repoRoot, w.lockRoot())).
		WithDirectory(".", locks).
		WithExec([]string{"pnpm", "fetch", "--store-dir", pnpmStore}), nil
}

// node is the image of the frontend's version of Node.js.
func (w web) node(ctx context.Context) (*dagger.Container, error) {
	image, err := w.ci.image(ctx, "node:"+w.spec.Node.Value+"-slim")
	if err != nil {
		return nil, fmt.Errorf("%s: Node.js %s (from %s): %w", w.spec.Name, w.spec.Node.Value, w.spec.Node.Source, err)
	}
	return dag.Container().From(image), nil
}

// lockRoot is where the lock file lies: at the workspace's root for a package
// of one.
func (w web) lockRoot() string {
	return cmp.Or(w.spec.Workspace, w.spec.Path)
}

// manifests are the package.json files of what is installed, at their places.
func (w web) manifests() *dagger.Directory {
	tree := dag.Directory()
	places := []string{w.lockRoot(), w.spec.Path}
	if w.spec.Workspace != "" {
		for _, library := range w.spec.Libraries {
			places = append(places, library.Path)
		}
	}
	for _, at := range places {
		// Filtered before it is added: the engine knows a filtered directory by
		// its content, and so a change elsewhere installs nothing again.
		manifest := w.ci.Source.Directory(at).Filter(dagger.DirectoryFilterOpts{Include: []string{"package.json"}})
		tree = tree.WithDirectory(at, manifest)
	}
	return tree
}

// rootConfiguration are the files at the workspace's root that the tools of
// its packages read.
func (w web) rootConfiguration() *dagger.Directory {
	if w.spec.Workspace == "" {
		return dag.Directory()
	}
	return w.ci.Source.Directory(w.spec.Workspace).Filter(dagger.DirectoryFilterOpts{
		Include: []string{"tsconfig*.json", "eslint.config.*", ".eslintrc*", ".prettierrc*", "prettier.config.*", ".browserslistrc", "vitest.*"},
	})
}

func (w web) directory() *dagger.Directory {
	return w.ci.Source.Directory(w.spec.Path)
}

func (w web) manifest(ctx context.Context) (frontend.Package, error) {
	text, err := w.directory().File("package.json").Contents(ctx)
	if err != nil {
		return frontend.Package{}, fmt.Errorf("%s: read package.json: %w", w.spec.Name, err)
	}
	return frontend.ParsePackage(path.Join(w.spec.Path, "package.json"), []byte(text))
}
