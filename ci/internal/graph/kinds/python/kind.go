// Package python is the kind of the Python services, and what a CUDA worker
// shares with them: an environment from the lock files, the sources over it, and
// the tools.
package python

import (
	"context"

	"github.com/pingvas/pingvas-ci/ci/internal/dagger"
	"github.com/pingvas/pingvas-ci/ci/internal/graph/ground"
	"github.com/pingvas/pingvas-ci/ci/internal/graph/kinds"
	"github.com/pingvas/pingvas-ci/ci/internal/graph/kinds/python/pydef"
)

var dag = dagger.Connect()

// Kind is that of the Python services.
type Kind struct{ pydef.Definition }

// Project is a component that Python's tools work on.
type Project struct {
	kinds.Project
	// CPU has the checks install builds for the CPU, where some are locked.
	CPU bool
	// shared are the installations that its gates share; nil where each has its own.
	shared *installations
}

// Of is a component as a Python project.
func Of(p kinds.Project) Project { return Project{Project: p} }

// Gates are lint, format, typecheck, test and, with a threshold, coverage.
func (Kind) Gates(p kinds.Project) []kinds.Gate { return Of(p).Gates() }

// Reports are what pytest has left.
func (Kind) Reports(ctx context.Context, p kinds.Project) ([]kinds.Report, error) {
	return Of(p).Reports(ctx)
}

// Fix is what ruff would change.
func (Kind) Fix(ctx context.Context, p kinds.Project) (*dagger.Changeset, error) {
	return Of(p).Fix(ctx)
}

// Recipe has the dependencies in a layer below the sources.
func (Kind) Recipe(ctx context.Context, p kinds.Project, platform dagger.Platform) (*dagger.Container, error) {
	return Of(p).Recipe(ctx, platform)
}

// Inspect looks for shared objects of another platform.
func (Kind) Inspect(ctx context.Context, p kinds.Project, image *dagger.Container, platform dagger.Platform) error {
	return Of(p).Inspect(ctx, image, platform)
}

// Guard lets every image pass.
func (Kind) Guard(context.Context, kinds.Project, *dagger.Container) error { return nil }

// Warm installs what the checks install.
func (Kind) Warm(ctx context.Context, p kinds.Project) error { return Of(p).Warm(ctx) }

// Volumes are uv's, and mypy's of the component.
func (Kind) Volumes(p kinds.Project) []ground.Volume { return Of(p).Volumes() }

// BaseImages is the image of the component's version of Python.
func (Kind) BaseImages(ctx context.Context, p kinds.Project) ([]string, error) {
	reference, err := Of(p).reference(ctx)
	return []string{reference}, err
}

// Inspect fails when a shared object in an image is of another platform: a
// Dockerfile that forgets the target installs what runs where it was built, and
// nothing fails before production.
func (p Project) Inspect(ctx context.Context, image *dagger.Container, platform dagger.Platform) error {
	return p.assert(ctx, image.Rootfs(), platform)
}

// Warm installs what the checks install.
func (p Project) Warm(ctx context.Context) error {
	of, err := p.read(ctx)
	if err != nil {
		return err
	}
	_, err = of.environment(ctx, p.tools()...)
	return err
}

// Volumes are the cache volumes of the component.
func (p Project) Volumes() []ground.Volume {
	volumes := []ground.Volume{p.uvVolume()}
	if p.Trust.KeepsOfCode() {
		volumes = append(volumes, p.mypyVolume())
	}
	return volumes
}

// mypyVolume keeps what mypy knows of the component.
func (p Project) mypyVolume() ground.Volume { return p.Trust.Volume("mypy-" + p.Spec.Name) }

// withMypyCache keeps what mypy knows of the dependencies and of files that did
// not change, for this component alone, where the caller answers for its code: a
// plugin of mypy can write there what it likes.
func (p Project) withMypyCache(c *dagger.Container) *dagger.Container {
	if !p.Trust.KeepsOfCode() {
		return c
	}
	const at = "/var/cache/mypy"
	return c.
		// mypy looks into a file again only where its size or its time is another
		// one, and the time of a source's files may be fixed.
		WithExec([]string{"find", kinds.Root, "-name", "*.py*", "-exec", "touch", "{}", "+"}).
		With(p.mypyVolume().At(at)).
		WithEnvVariable("MYPY_CACHE_DIR", at)
}
