package frontend

import (
	"context"
	"fmt"
	"maps"
	"slices"

	"github.com/pingvas/pingvas-ci/ci/internal/dagger"
	"github.com/pingvas/pingvas-ci/ci/internal/frontend"
	"github.com/pingvas/pingvas-ci/ci/internal/graph/ground"
	"github.com/pingvas/pingvas-ci/ci/internal/images"
)

const (
	siteRoot = "/usr/share/nginx/html"
	sitePort = 8080
)

// With is the frontend with build arguments besides those of its settings.
func (p Project) With(apiURL, wsURL string) Project {
	arguments := maps.Clone(p.Spec.Settings.BuildArgs)
	if arguments == nil {
		arguments = map[string]string{}
	}
	for name, value := range map[string]string{"VITE_API_URL": apiURL, "VITE_WS_URL": wsURL} {
		if value != "" {
			arguments[name] = value
		}
	}
	p.Spec.Settings.BuildArgs = arguments
	return p
}

// Config is the config.js of an environment.
func Config(apiURL, wsURL string) (*dagger.File, error) {
	text, err := frontend.Config(apiURL, wsURL)
	if err != nil {
		return nil, err
	}
	return ground.File("config.js", []byte(text)), nil
}

// Dist is the built site, with the build arguments in its environment, where
// Vite reads them. Nothing in it is of a platform: it is built once for all.
func (p Project) Dist(ctx context.Context) (*dagger.Directory, error) {
	manifest, err := p.manifest(ctx)
	if err != nil {
		return nil, err
	}
	if err := manifest.Has("build"); err != nil {
		return nil, err
	}
	workspace, err := p.workspace(ctx, p.siteSources())
	if err != nil {
		return nil, err
	}
	return ground.WithVariables(workspace, p.Spec.Settings.BuildArgs).
		WithExec([]string{"pnpm", "run", "build"}).
		Directory("dist"), nil
}

// siteSources are what the site is built from: of a frontend with a Dockerfile,
// whose image is made of other files, what its checks see.
func (p Project) siteSources() *dagger.Directory {
	if p.Spec.Settings.Dockerfile != "" {
		return p.Source.Checked(p.Spec)
	}
	return p.Source.Built(p.Spec)
}

// Recipe is the built-in recipe of a frontend: the site in a static server's
// image of the target platform, where nothing runs.
func (p Project) Recipe(ctx context.Context, platform dagger.Platform) (*dagger.Container, error) {
	dist, err := p.Dist(ctx)
	if err != nil {
		return nil, err
	}
	server, err := p.server(ctx, platform)
	if err != nil {
		return nil, err
	}
	return server.With(ground.Layer(siteRoot, dist)), nil
}

// server is the static server for one platform, without a site.
func (p Project) server(ctx context.Context, platform dagger.Platform) (*dagger.Container, error) {
	image, err := p.Pinned.Container(ctx, images.WebServer, platform)
	if err != nil {
		return nil, err
	}
	return ground.WithoutBaseLabels(image).
		With(ground.Layer("/etc/nginx/conf.d", dag.Directory().WithNewFile("default.conf", frontend.Server))).
		WithExposedPort(sitePort).
		WithDockerHealthcheck([]string{frontend.Health}, dagger.ContainerWithDockerHealthcheckOpts{
			Shell: true, Interval: "30s", Timeout: "3s", StartPeriod: "5s", Retries: 3,
		}), nil
}

// Serve runs the frontend's image, with another config.js when one is given.
func (p Project) Serve(ctx context.Context, config *dagger.File) (*dagger.Service, error) {
	native, err := ground.Native(ctx)
	if err != nil {
		return nil, err
	}
	if !slices.Contains(p.Spec.Settings.Platforms, string(native)) {
		native = dagger.Platform(p.Spec.Settings.Platforms[0])
	}
	image, err := p.Image(ctx, native)
	if err != nil {
		return nil, err
	}
	if config != nil {
		image = image.WithFile(siteRoot+"/config.js", config, dagger.ContainerWithFileOpts{Permissions: 0o644})
	}
	return served(image), nil
}

// Storybook is the built Storybook.
func (p Project) Storybook(ctx context.Context) (*dagger.Directory, error) {
	manifest, err := p.manifest(ctx)
	if err != nil {
		return nil, err
	}
	if err := manifest.Has(storybookScript); err != nil {
		return nil, err
	}
	built, err := p.exec(ctx, []string{"pnpm", "run", storybookScript})
	if err != nil {
		return nil, err
	}
	return built.Directory("storybook-static"), nil
}

// ServeStorybook runs the Storybook as a service.
func (p Project) ServeStorybook(ctx context.Context) (*dagger.Service, error) {
	storybook, err := p.Storybook(ctx)
	if err != nil {
		return nil, err
	}
	server, err := p.server(ctx, "")
	if err != nil {
		return nil, fmt.Errorf("%s: serve the Storybook: %w", p.Spec.Name, err)
	}
	return served(server.WithDirectory(siteRoot, storybook)), nil
}

func served(image *dagger.Container) *dagger.Service {
	return image.WithExposedPort(sitePort).AsService(dagger.ContainerAsServiceOpts{UseEntrypoint: true})
}
