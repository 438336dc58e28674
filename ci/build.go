package main

import (
	"context"
	"fmt"
	"path"
	"slices"
	"strings"

	"github.com/pingvas/pingvas-ci/ci/internal/component"
	"github.com/pingvas/pingvas-ci/ci/internal/dagger"
	"github.com/pingvas/pingvas-ci/ci/internal/images"
)

// nobody is the user that images run as when they name none: no account of the
// base image, so nothing in it belongs to it.
const nobody = "65532:65532"

// imageOf returns the image of one component for one platform.
func (m *PingvasCi) imageOf(ctx context.Context, name string, platform dagger.Platform) (*dagger.Container, error) {
	c, err := m.find(ctx, name)
	if err != nil {
		return nil, err
	}
	if platform == "" {
		platform = dagger.Platform(c.Settings.Platforms[0])
	}
	return m.build(ctx, c, platform)
}

// imagesOf returns the images of one component for all of its platforms.
func (m *PingvasCi) imagesOf(ctx context.Context, name string) ([]*dagger.Container, error) {
	c, err := m.find(ctx, name)
	if err != nil {
		return nil, err
	}
	return m.buildAll(ctx, c)
}

func (m *PingvasCi) buildAll(ctx context.Context, c component.Component) ([]*dagger.Container, error) {
	var built []*dagger.Container
	for _, platform := range c.Settings.Platforms {
		image, err := m.build(ctx, c, dagger.Platform(platform))
		if err != nil {
			return nil, err
		}
		built = append(built, image)
	}
	return built, nil
}

// build defines a component's image: by its Dockerfile when it has one, else
// by the recipe of its kind. Nothing runs until the image is used.
func (m *PingvasCi) build(ctx context.Context, c component.Component, platform dagger.Platform) (*dagger.Container, error) {
	if !slices.Contains(c.Settings.Platforms, string(platform)) {
		return nil, fmt.Errorf("%s is not built for %s. Its platforms are %s", c.Name, platform, strings.Join(c.Settings.Platforms, ", "))
	}
	switch {
	case c.Settings.Dockerfile != "":
		return m.dockerBuild(ctx, c, platform)
	case c.Kind == component.Frontend:
		return web{ci: m, spec: c}.image(ctx, platform)
	default:
		return project{ci: m, spec: c}.image(ctx, platform)
	}
}

// dockerBuild builds a component's Dockerfile, with the images that it names
// pinned: those that the table or the image lock knows are replaced by their
// reference with a digest.
func (m *PingvasCi) dockerBuild(ctx context.Context, c component.Component, platform dagger.Platform) (*dagger.Container, error) {
	const pinnedFile = "Dockerfile.pinned"
	table, err := m.images(ctx)
	if err != nil {
		return nil, err
	}
	text, err := m.Source.File(c.Settings.Dockerfile).Contents(ctx)
	if err != nil {
		return nil, fmt.Errorf("%s: read %s: %w", c.Name, c.Settings.Dockerfile, err)
	}
	native, err := dag.DefaultPlatform(ctx)
	if err != nil {
		return nil, err
	}
	pinned := images.PinDockerfile([]byte(text), table, string(native))
	buildArgs := []dagger.BuildArg{{Name: "BUILDPLATFORM", Value: string(native)}}
	for name, value := range c.Settings.BuildArgs {
		buildArgs = append(buildArgs, dagger.BuildArg{Name: name, Value: value})
	}
	slices.SortFunc(buildArgs, func(a, b dagger.BuildArg) int { return strings.Compare(a.Name, b.Name) })
	return m.buildContext(c).
		WithNewFile(pinnedFile, string(pinned)).
		DockerBuild(dagger.DirectoryDockerBuildOpts{
			Dockerfile: pinnedFile,
			Platform:   platform,
			BuildArgs:  buildArgs,
			Target:     c.Settings.Target,
		}), nil
}

// buildContext is what a Dockerfile sees: the component's own directory, or
// with the setting context = "." the repository's root, narrowed to the
// component and its libraries.
func (m *PingvasCi) buildContext(c component.Component) *dagger.Directory {
	if c.Settings.Context == "" {
		return m.Source.Directory(c.Path)
	}
	tree := dag.Directory().WithDirectory(c.Path, m.Source.Directory(c.Path))
	for _, library := range c.Libraries {
		tree = tree.WithDirectory(library.Path, m.Source.Directory(library.Path))
	}
	return tree
}

// labelled adds what the image is of, as the OCI names it. The commit's own
// time is no part of it: two builds of one commit are one image.
func labelled(image *dagger.Container, c component.Component, version string) *dagger.Container {
	return image.
		WithLabel("org.opencontainers.image.title", c.Name).
		WithLabel("org.opencontainers.image.revision", version).
		WithLabel("org.opencontainers.image.version", version+c.TagSuffix())
}

// image is the built-in recipe of a Python service: dependencies installed on
// the native platform for the target's, in a layer of their own below the
// sources, in the base image of the target, where nothing runs.
func (p project) image(ctx context.Context, platform dagger.Platform) (*dagger.Container, error) {
	if p.spec.Kind == component.CUDA {
		return nil, fmt.Errorf("%s: a CUDA worker is built by its Dockerfile.cuda. Add one in %s", p.spec.Name, p.spec.Path)
	}
	dependencies, err := p.wheels(ctx, platform)
	if err != nil {
		return nil, err
	}
	base, err := p.base(ctx, platform)
	if err != nil {
		return nil, err
	}
	const app = "/app"
	pythonPath := []string{app, app + "/deps"}
	image := base.WithDirectory(app+"/deps", dependencies)
	for _, library := range p.spec.Libraries {
		at := path.Join("/app/libs", path.Base(library.Path))
		image = image.WithDirectory(at, p.ci.Source.Directory(library.Path).Directory("src"))
		pythonPath = append(pythonPath, at)
	}
	sources := p.directory().Filter(dagger.DirectoryFilterOpts{
		Exclude: []string{"tests", "Dockerfile*", "requirements*", "*.md", ".*"},
	})
	return image.
		WithDirectory(app, sources).
		WithWorkdir(app).
		WithEnvVariable("PYTHONPATH", strings.Join(pythonPath, ":")).
		WithEnvVariable("PYTHONUNBUFFERED", "1").
		WithUser(nobody).
		WithEntrypoint(p.spec.Settings.Entrypoint), nil
}

// wheels are the locked dependencies for a platform, installed by the native
// one. A package without a wheel for it is an error that names it.
func (p project) wheels(ctx context.Context, platform dagger.Platform) (*dagger.Directory, error) {
	native, err := p.base(ctx, "")
	if err != nil {
		return nil, err
	}
	target := map[dagger.Platform]string{
		component.ARM64: "aarch64-manylinux_2_28",
		component.AMD64: "x86_64-manylinux_2_28",
	}[platform]
	return withUv(native).
		WithFile("/tmp/requirements.txt", p.directory().File("requirements.txt")).
		WithExec([]string{
			"uv", "pip", "install", "--require-hashes", "--only-binary", ":all:", "--compile-bytecode",
			"--python-platform", target, "--target", "/deps", "--requirement", "/tmp/requirements.txt",
		}).
		Directory("/deps"), nil
}
