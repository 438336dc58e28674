// Package cuda is the kind of the CUDA workers: checked on the CPU as a Python
// project is, and built by its Dockerfile for the machines with GPUs.
package cuda

import (
	"context"
	"fmt"

	"github.com/pingvas/pingvas-ci/ci/internal/cuda"
	"github.com/pingvas/pingvas-ci/ci/internal/dagger"
	"github.com/pingvas/pingvas-ci/ci/internal/graph/ground"
	"github.com/pingvas/pingvas-ci/ci/internal/graph/kinds"
	"github.com/pingvas/pingvas-ci/ci/internal/graph/kinds/cuda/cudadef"
	"github.com/pingvas/pingvas-ci/ci/internal/graph/kinds/python"
)

// Kind is that of the CUDA workers.
type Kind struct{ cudadef.Definition }

// Of is a worker as a Python project, of which the checks run on the CPU.
func Of(p kinds.Project) python.Project { return python.Project{Project: p, CPU: true} }

// Gates are those of a Python project.
func (Kind) Gates(p kinds.Project) []kinds.Gate { return Of(p).Gates() }

// Reports are those of a Python project.
func (Kind) Reports(ctx context.Context, p kinds.Project) ([]kinds.Report, error) {
	return Of(p).Reports(ctx)
}

// Fix is what ruff would change.
func (Kind) Fix(ctx context.Context, p kinds.Project) (*dagger.Changeset, error) {
	return Of(p).Fix(ctx)
}

// Recipe there is none: what a GPU's image needs is nobody's default.
func (Kind) Recipe(_ context.Context, p kinds.Project, _ dagger.Platform) (*dagger.Container, error) {
	return nil, fmt.Errorf("%s: a CUDA worker is built by its Dockerfile.cuda. Add one in %s; a cog.yaml is for Cog, and none of it is taken", p.Spec.Name, p.Spec.Path)
}

// Inspect looks for shared objects of another platform.
func (Kind) Inspect(ctx context.Context, p kinds.Project, image *dagger.Container, platform dagger.Platform) error {
	return Of(p).Inspect(ctx, image, platform)
}

// Guard looks for what makes the image heavier than it need be.
func (Kind) Guard(ctx context.Context, p kinds.Project, image *dagger.Container) error {
	return ground.Scratch(func(dir string) error {
		file := dir + "/" + p.Spec.Name + ".tar"
		tarball := image.AsTarball(dagger.ContainerAsTarballOpts{MediaTypes: dagger.ImageMediaTypesOcimediaTypes})
		if _, err := tarball.Export(ctx, file); err != nil {
			return fmt.Errorf("export the image to look at its layers: %w", err)
		}
		copies, err := p.Copies(ctx)
		if err != nil {
			return err
		}
		read, err := cuda.Open(ctx, file, copies...)
		if err != nil {
			return err
		}
		return cuda.Guard(read, int64(p.Spec.Settings.LayerBudget)<<20, func(guard string) bool { return p.Spec.Settings.Gates[guard].None != "" })
	})
}

// Warm installs what the checks install.
func (Kind) Warm(ctx context.Context, p kinds.Project) error { return Of(p).Warm(ctx) }

// Volumes are those of a Python project.
func (Kind) Volumes(p kinds.Project) []ground.Volume { return Of(p).Volumes() }

// BaseImages are none, as there is no recipe.
func (Kind) BaseImages(context.Context, kinds.Project) ([]string, error) { return nil, nil }
