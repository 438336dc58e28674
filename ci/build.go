package main

import (
	"context"
	"errors"
	"fmt"
	"path"
	"regexp"
	"slices"
	"strings"

	"github.com/pingvas/pingvas-ci/ci/internal/component"
	"github.com/pingvas/pingvas-ci/ci/internal/dagger"
	"github.com/pingvas/pingvas-ci/ci/internal/dockerfile"
)

// nobody is the user that images run as when they name none: no account of the
// base image, so nothing in it belongs to it.
const nobody = "65532:65532"

// BuildSecret is a secret that Dockerfiles may mount.
type BuildSecret struct {
	// +private
	Name string
	// +private
	Secret *dagger.Secret
}

// WithBuildSecret gives a secret to the components' Dockerfiles.
//
// They mount it by its name: RUN --mount=type=secret,id=NAME. It is in no
// layer, and checks do not get it.
func (m *PingvasCi) WithBuildSecret(
	// The name, such as npm-token.
	name string,
	// The secret: env:NPM_TOKEN, file:PATH or another provider's address.
	secret *dagger.Secret,
) (*PingvasCi, error) {
	if !secretName.MatchString(name) {
		return nil, fmt.Errorf("build secret %q: write a name of letters, digits, '-', '_' and '.'", name)
	}
	with := *m
	with.BuildSecrets = append(slices.Clone(m.BuildSecrets), &BuildSecret{Name: name, Secret: secret})
	return &with, nil
}

var secretName = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9_.-]*$`)

// buildSecrets are the given secrets under the names that Dockerfiles know.
func (m *PingvasCi) buildSecrets(ctx context.Context) ([]*dagger.Secret, error) {
	var secrets []*dagger.Secret
	for _, given := range m.BuildSecrets {
		text, err := given.Secret.Plaintext(ctx)
		if err != nil {
			return nil, fmt.Errorf("read the build secret %s: %w", given.Name, err)
		}
		secrets = append(secrets, dag.SetSecret(given.Name, text))
	}
	return secrets, nil
}

// imageOf returns the image of one component for one platform.
func (m *PingvasCi) imageOf(ctx context.Context, name string, platform dagger.Platform) (*dagger.Container, error) {
	c, err := m.find(ctx, name)
	if err != nil {
		return nil, err
	}
	if platform == "" {
		platform = dagger.Platform(c.Settings.Platforms[0])
	}
	image, err := m.build(ctx, c, platform)
	return image, imageError(c, platform, err)
}

// imageError says which image could not be built.
func imageError(c component.Component, platform dagger.Platform, err error) error {
	if err == nil {
		return nil
	}
	return &stepError{where: fmt.Sprintf("%s image %s", c.Name, platform), err: err}
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
			return nil, imageError(c, dagger.Platform(platform), err)
		}
		built = append(built, image)
	}
	return built, nil
}

// build makes a component's image, which says of which commit it is.
func (m *PingvasCi) build(ctx context.Context, c component.Component, platform dagger.Platform) (*dagger.Container, error) {
	revision, err := m.revision(ctx)
	if err != nil {
		return nil, err
	}
	return m.buildAs(ctx, c, platform, identity(c, revision))
}

// buildAs makes a component's image, with labels that say what it is.
func (m *PingvasCi) buildAs(ctx context.Context, c component.Component, platform dagger.Platform, labels map[string]string) (*dagger.Container, error) {
	if !slices.Contains(c.Settings.Platforms, string(platform)) {
		return nil, fmt.Errorf("%s is not built for %s. Its platforms are %s", c.Name, platform, strings.Join(c.Settings.Platforms, ", "))
	}
	image, err := m.recipe(ctx, c, platform)
	if err != nil {
		return nil, err
	}
	origin, err := m.origin(ctx)
	if err != nil {
		return nil, err
	}
	return withLabels(withLabels(image, origin.labels()), labels), nil
}

// recipe is how a component's image is made: by its Dockerfile when it has one,
// else by the recipe of its kind.
func (m *PingvasCi) recipe(ctx context.Context, c component.Component, platform dagger.Platform) (*dagger.Container, error) {
	switch {
	case c.Settings.Dockerfile != "" && c.Kind == component.Frontend:
		return m.dockerBuild(ctx, c, platform)
	case c.Settings.Dockerfile != "":
		image, err := m.dockerBuild(ctx, c, platform)
		if err != nil {
			return nil, err
		}
		// A Dockerfile that forgets the target installs what runs where it was
		// built, and nothing fails before production.
		_, err = project{ci: m, spec: c}.asserted(ctx, image.Rootfs(), platform)
		return image, unemulated(platform, err)
	case c.Kind == component.Frontend:
		return web{ci: m, spec: c}.image(ctx, platform)
	default:
		return project{ci: m, spec: c}.image(ctx, platform)
	}
}

// unemulated says of a build that ran a program of a platform which the
// engine's machine cannot run what is missing there. Other errors stay.
func unemulated(platform dagger.Platform, err error) error {
	if err == nil {
		return nil
	}
	said := err.Error()
	if failed, isExec := errors.AsType[*dagger.ExecError](err); isExec {
		said += failed.Stdout + failed.Stderr
	}
	if !strings.Contains(said, "exec format error") {
		return err
	}
	return explained(err, "the build runs programs of %s, and the engine's machine emulates none. There, register QEMU in binfmt_misc: "+
		"apt-get install qemu-user-static binfmt-support, or docker run --privileged --rm tonistiigi/binfmt --install %s. "+
		"Or run on an engine of that platform:", platform, path.Base(string(platform)))
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
	file, err := dockerfile.Parse(c.Settings.Dockerfile, []byte(text))
	if err != nil {
		return nil, fmt.Errorf("%s: %w", c.Name, err)
	}
	pinned, err := file.Pin(dockerfile.Build{
		Target: c.Settings.Target, Args: c.Settings.BuildArgs, Platform: string(platform), Native: string(native),
	}, table.Lookup)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", c.Name, err)
	}
	buildArgs := []dagger.BuildArg{{Name: "BUILDPLATFORM", Value: string(native)}}
	for name, value := range c.Settings.BuildArgs {
		buildArgs = append(buildArgs, dagger.BuildArg{Name: name, Value: value})
	}
	slices.SortFunc(buildArgs, func(a, b dagger.BuildArg) int { return strings.Compare(a.Name, b.Name) })
	secrets, err := m.buildSecrets(ctx)
	if err != nil {
		return nil, err
	}
	return m.buildContext(c).
		WithNewFile(pinnedFile, string(pinned)).
		DockerBuild(dagger.DirectoryDockerBuildOpts{
			Dockerfile: pinnedFile,
			Platform:   platform,
			BuildArgs:  buildArgs,
			Target:     c.Settings.Target,
			Secrets:    secrets,
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
