package cuda

import (
	"context"
	"fmt"
	"path"

	"github.com/pingvas/pingvas-ci/ci/internal/cuda"
	"github.com/pingvas/pingvas-ci/ci/internal/graph/ground"
	"github.com/pingvas/pingvas-ci/ci/internal/graph/kinds"
	"github.com/pingvas/pingvas-ci/ci/internal/graph/kinds/python"
)

// gpuTests are the tests that need a GPU, from the worker's directory.
const gpuTests = "tests/gpu"

// TestGPU runs the worker's GPU tests where they would run in production: in its
// image, with what its lock has for tests added, builds for GPUs among it.
func TestGPU(ctx context.Context, p kinds.Project) (string, error) {
	has, err := p.Directory().Glob(ctx, gpuTests+"/**/*.py")
	if err != nil {
		return "", fmt.Errorf("%s: look for GPU tests: %w", p.Spec.Name, err)
	}
	if len(has) == 0 {
		return "", fmt.Errorf("%s has no tests in %s. Add some there, or leave out test-gpu", p.Spec.Name, gpuTests)
	}
	image, err := p.Image(ctx, "")
	if err != nil {
		return "", err
	}
	image = image.WithoutEntrypoint().WithUser("root")
	// The least that needs a GPU, before anything is installed.
	if _, err := image.ExperimentalWithAllGPUs().WithExec([]string{"true"}).Sync(ctx); err != nil {
		return "", fmt.Errorf("%s test-gpu: the engine gives containers no GPU; it says: %q. Run on a machine with one, with NVIDIA's container toolkit, "+
			"and an engine started with _EXPERIMENTAL_DAGGER_GPU_SUPPORT=1", p.Spec.Name, err.Error())
	}
	ready, err := python.Of(p).InstalledIn(ctx, image)
	if err != nil {
		return "", err
	}
	tested, err := ready.
		WithDirectory(kinds.Root, p.Source.Checked(p.Spec)).
		WithWorkdir(path.Join(kinds.Root, p.Spec.Path)).
		ExperimentalWithAllGPUs().
		WithExec([]string{"python3", "-m", "pytest", gpuTests, "-v", "-rs"}).
		Stdout(ctx)
	if err != nil {
		return "", ground.Failed(p.Spec.Name+" test-gpu", err)
	}
	return tested, cuda.TestsRan(tested)
}
