package main

import (
	"context"
	"encoding/json"
	"fmt"
	"path"

	"github.com/pingvas/pingvas-ci/ci/internal/component"
	"github.com/pingvas/pingvas-ci/ci/internal/dagger"
)

// web is a pnpm project: packages from the lock file, the sources over them,
// and the scripts of its package.json.
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
		{"test", script("test:coverage")},
		{"storybook", w.storybookGate},
	}
}

// script runs one script of package.json in the workspace.
func (w web) script(ctx context.Context, name string) (*dagger.Container, error) {
	workspace, err := w.workspace(ctx)
	if err != nil {
		return nil, err
	}
	return workspace.WithExec([]string{"pnpm", "run", name}), nil
}

// packages has pnpm, and every package of the lock file fetched: this layer
// stays while the lock file does.
func (w web) packages(ctx context.Context) (*dagger.Container, error) {
	image, err := w.ci.image(ctx, "node:"+w.spec.Node.Value+"-slim")
	if err != nil {
		return nil, fmt.Errorf("%s: Node.js %s (from %s): %w", w.spec.Name, w.spec.Node.Value, w.spec.Node.Source, err)
	}
	locks := w.directory().Filter(dagger.DirectoryFilterOpts{
		Include: []string{"pnpm-lock.yaml", "pnpm-workspace.yaml", ".npmrc", "patches"},
	})
	return dag.Container().From(image).
		WithExec([]string{"npm", "install", "--global", "--no-fund", "--no-audit", "pnpm@" + w.spec.Pnpm.Value}).
		WithEnvVariable("CI", "true").
		WithMountedCache("/pnpm-store", dag.CacheVolume("pnpm-store")).
		WithWorkdir(path.Join(repoRoot, w.spec.Path)).
		WithDirectory(".", locks).
		WithExec([]string{"pnpm", "fetch", "--store-dir", "/pnpm-store"}), nil
}

// workspace has the packages linked and the sources in place. The install
// reads the manifest and the lock file only, and is offline and frozen: a lock
// file that does not fit the manifest is an error.
func (w web) workspace(ctx context.Context) (*dagger.Container, error) {
	fetched, err := w.packages(ctx)
	if err != nil {
		return nil, err
	}
	manifest := w.directory().Filter(dagger.DirectoryFilterOpts{Include: []string{"package.json"}})
	sources := w.ci.sources(w.spec).Directory(w.spec.Path)
	return fetched.
		WithDirectory(".", manifest).
		WithExec([]string{"pnpm", "install", "--frozen-lockfile", "--offline", "--store-dir", "/pnpm-store"}).
		WithDirectory(".", sources), nil
}

// dist is the built site, with the build arguments of the component's settings
// in its environment, where Vite reads them.
func (w web) dist(ctx context.Context) (*dagger.Directory, error) {
	workspace, err := w.workspace(ctx)
	if err != nil {
		return nil, err
	}
	for name, value := range w.spec.Settings.BuildArgs {
		workspace = workspace.WithEnvVariable(name, value)
	}
	return workspace.WithExec([]string{"pnpm", "run", "build"}).Directory("dist"), nil
}

func (w web) storybookGate(ctx context.Context) error {
	has, err := w.hasScript(ctx, "build-storybook")
	if err != nil || !has {
		return err
	}
	built, err := w.storybook(ctx)
	if err != nil {
		return err
	}
	_, err = built.Sync(ctx)
	return err
}

func (w web) storybook(ctx context.Context) (*dagger.Directory, error) {
	built, err := w.script(ctx, "build-storybook")
	if err != nil {
		return nil, err
	}
	return built.Directory("storybook-static"), nil
}

// image is the built-in recipe of a frontend: the site in a static server's
// image of the target platform, where nothing runs.
func (w web) image(ctx context.Context, platform dagger.Platform) (*dagger.Container, error) {
	dist, err := w.dist(ctx)
	if err != nil {
		return nil, err
	}
	server, err := w.ci.image(ctx, webServer)
	if err != nil {
		return nil, err
	}
	return dag.Container(dagger.ContainerOpts{Platform: platform}).From(server).
		WithDirectory("/usr/share/nginx/html", dist), nil
}

func (w web) hasScript(ctx context.Context, name string) (bool, error) {
	text, err := w.directory().File("package.json").Contents(ctx)
	if err != nil {
		return false, fmt.Errorf("%s: read package.json: %w", w.spec.Name, err)
	}
	var manifest struct {
		Scripts map[string]string `json:"scripts"`
	}
	if err := json.Unmarshal([]byte(text), &manifest); err != nil {
		return false, fmt.Errorf("%s: package.json is not JSON: %w", w.spec.Name, err)
	}
	_, has := manifest.Scripts[name]
	return has, nil
}

func (w web) directory() *dagger.Directory {
	return w.ci.Source.Directory(w.spec.Path)
}
