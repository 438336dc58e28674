package main

import (
	"context"

	"github.com/pingvas/pingvas-ci/ci/internal/component"
	"github.com/pingvas/pingvas-ci/ci/internal/dagger"
	"github.com/pingvas/pingvas-ci/ci/internal/graph/ground"
	"github.com/pingvas/pingvas-ci/ci/internal/graph/kinds/container/containerdef"
)

// What a Dockerfile builds, in any language.
const ComponentKindContainer = ComponentKind(containerdef.Kind)

// ContainerComponent is a container of the repository: what a Dockerfile builds,
// in any language.
type ContainerComponent struct {
	// +private
	Ci *PingvasCi
	// Name is the container's name, and its image's.
	Name string
	// Kind is what kind of component it is.
	Kind ComponentKind
	// Path is its directory in the repository.
	Path string
	// Summary says in one line what it is and where.
	Summary string
	// Dockerfile is what it is built by, from the repository's root.
	Dockerfile string
	// Gates are the names of the gates that its settings give commands for.
	Gates []string
}

// Check runs every gate of the container, and reports every failure.
//
// They are the commands of the settings `gates`, and run in the Dockerfile's stage
// `gates-target`. A container without any passes.
// +cache="session"
func (c *ContainerComponent) Check(ctx context.Context) error {
	return c.Ci.check(ctx, c.Name)
}

// Gate runs one gate of the container, and fails when a command of it does.
func (c *ContainerComponent) Gate(
	ctx context.Context,
	// The gate's name in the settings: lint, test.
	name string,
) error {
	return c.Ci.gate(ctx, c.Name, name)
}

// Image returns the container's image for one platform, by its Dockerfile.
//
// A stage that compiles does so on the native platform, where it says
// FROM --platform=$BUILDPLATFORM. Its labels name the commit, where nothing of the
// source is uncommitted.
func (c *ContainerComponent) Image(
	ctx context.Context,
	// linux/arm64 or linux/amd64; the first platform of the container when absent.
	// +optional
	platform dagger.Platform,
) (*dagger.Container, error) {
	return c.Ci.image(ctx, c.Name, platform)
}

// Images returns the container's images, one for each of its platforms.
func (c *ContainerComponent) Images(ctx context.Context) ([]*dagger.Container, error) {
	return c.Ci.images(ctx, c.Name)
}

// Scan scans the container's images, one scan for each platform.
//
// It is made anew in each session: the database of yesterday knows less.
// +cache="session"
func (c *ContainerComponent) Scan(ctx context.Context) (*Scan, error) {
	return c.Ci.scan(ctx, c.Name)
}

// Inputs returns the files that the container is made of, at their places.
//
// Its gates and its image read nothing else of the repository: a change of
// another file does not affect it.
func (c *ContainerComponent) Inputs(ctx context.Context) (*dagger.Directory, error) {
	return c.Ci.inputs(ctx, c.Name)
}

// Publish checks, builds and scans the container, then pushes it.
//
// It goes to the registry given by with-registry. What was pushed is returned.
// +cache="never"
func (c *ContainerComponent) Publish(
	ctx context.Context,
	// The commit that the image is tagged with; the source's HEAD when absent.
	// +optional
	commit string,
) (*Delivered, error) {
	return c.Ci.publish(ctx, c.Name, commit)
}

// Containers lists the containers: what a Dockerfile builds, in any language.
//
// `containers summary` prints each in one line.
func (m *PingvasCi) Containers(ctx context.Context) ([]*ContainerComponent, error) {
	found, err := m.source().Of(ctx, containerdef.Kind)
	return ground.Each(found, m.containerOf), err
}

// Container returns one container by its name.
//
// Without a name it is the only one that there is.
func (m *PingvasCi) Container(
	ctx context.Context,
	// The container's name, which may be left out where there is one alone.
	// +optional
	name string,
) (*ContainerComponent, error) {
	found, err := m.source().FindOf(ctx, containerdef.Kind, name)
	return m.containerOf(found), err
}

func (m *PingvasCi) containerOf(c component.Component) *ContainerComponent {
	return &ContainerComponent{
		Ci: m, Name: c.Name, Kind: ComponentKind(c.Kind), Path: c.Path, Summary: c.Summary(),
		Dockerfile: c.Settings.Dockerfile, Gates: c.Settings.NamedGates(),
	}
}
