package main

import (
	"context"
	"fmt"
	"maps"
	"slices"

	"github.com/pingvas/pingvas-ci/ci/internal/dagger"
	"github.com/pingvas/pingvas-ci/ci/internal/frontend"
)

const (
	siteRoot = "/usr/share/nginx/html"
	sitePort = 8080
)

// with is the frontend with build arguments besides those of its settings.
func (w web) with(apiURL, wsURL string) web {
	arguments := maps.Clone(w.spec.Settings.BuildArgs)
	if arguments == nil {
		arguments = map[string]string{}
	}
	for name, value := range map[string]string{"VITE_API_URL": apiURL, "VITE_WS_URL": wsURL} {
		if value != "" {
			arguments[name] = value
		}
	}
	w.spec.Settings.BuildArgs = arguments
	return w
}

// dist is the built site, with the build arguments in its environment, where
// Vite reads them. Nothing in it is of a platform: it is built once for all.
func (w web) dist(ctx context.Context) (*dagger.Directory, error) {
	manifest, err := w.manifest(ctx)
	if err != nil {
		return nil, err
	}
	if _, err := manifest.Script("build"); err != nil {
		return nil, err
	}
	workspace, err := w.workspace(ctx)
	if err != nil {
		return nil, err
	}
	return withVariables(workspace, w.spec.Settings.BuildArgs).
		WithExec([]string{"pnpm", "run", "build"}).
		Directory("dist"), nil
}

// image is the built-in recipe of a frontend: the site in a static server's
// image of the target platform, where nothing runs.
func (w web) image(ctx context.Context, platform dagger.Platform) (*dagger.Container, error) {
	dist, err := w.dist(ctx)
	if err != nil {
		return nil, err
	}
	server, err := w.server(ctx, platform)
	if err != nil {
		return nil, err
	}
	return server.With(layer(siteRoot, dist)), nil
}

// server is the static server for one platform, without a site.
func (w web) server(ctx context.Context, platform dagger.Platform) (*dagger.Container, error) {
	image, err := w.ci.image(ctx, webServer)
	if err != nil {
		return nil, err
	}
	return withoutBaseLabels(dag.Container(dagger.ContainerOpts{Platform: platform}).From(image)).
		With(layer("/etc/nginx/conf.d", dag.Directory().WithNewFile("default.conf", frontend.Server))).
		WithExposedPort(sitePort).
		WithDockerHealthcheck([]string{frontend.Health}, dagger.ContainerWithDockerHealthcheckOpts{
			Shell: true, Interval: "30s", Timeout: "3s", StartPeriod: "5s", Retries: 3,
		}), nil
}

// serve runs the frontend's image, with another config.js when one is given.
func (w web) serve(ctx context.Context, config *dagger.File) (*dagger.Service, error) {
	native, err := dag.DefaultPlatform(ctx)
	if err != nil {
		return nil, err
	}
	if !slices.Contains(w.spec.Settings.Platforms, string(native)) {
		native = dagger.Platform(w.spec.Settings.Platforms[0])
	}
	image, err := w.ci.build(ctx, w.spec, native)
	if err != nil {
		return nil, err
	}
	if config != nil {
		image = image.WithFile(siteRoot+"/config.js", config, dagger.ContainerWithFileOpts{Permissions: 0o644})
	}
	return served(image), nil
}

// storybook is the built Storybook.
func (w web) storybook(ctx context.Context) (*dagger.Directory, error) {
	built, err := w.script(ctx, storybookScript)
	if err != nil {
		return nil, err
	}
	return built.Directory("storybook-static"), nil
}

const storybookScript = "build-storybook"

// hasStorybook says whether the frontend has one.
func (w web) hasStorybook(ctx context.Context) (bool, error) {
	manifest, err := w.manifest(ctx)
	return manifest.Scripts[storybookScript] != "", err
}

func (w web) storybookGate(ctx context.Context) error {
	has, err := w.hasStorybook(ctx)
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

func (w web) serveStorybook(ctx context.Context) (*dagger.Service, error) {
	storybook, err := w.storybook(ctx)
	if err != nil {
		return nil, err
	}
	server, err := w.server(ctx, "")
	if err != nil {
		return nil, fmt.Errorf("%s: serve the Storybook: %w", w.spec.Name, err)
	}
	return served(server.WithDirectory(siteRoot, storybook)), nil
}

func served(image *dagger.Container) *dagger.Service {
	return image.WithExposedPort(sitePort).AsService(dagger.ContainerAsServiceOpts{UseEntrypoint: true})
}
