package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path"
	"path/filepath"

	"github.com/pingvas/pingvas-ci/ci/internal/component"
	"github.com/pingvas/pingvas-ci/ci/internal/cuda"
	"github.com/pingvas/pingvas-ci/ci/internal/dagger"
)

// guard looks for what makes a CUDA worker's image heavier than it need be.
// Images of the other kinds pass.
func (m *PingvasCi) guard(ctx context.Context, c component.Component, image *dagger.Container) (err error) {
	if c.Kind != component.CUDA {
		return nil
	}
	dir, err := os.MkdirTemp("", "pingvas-ci-")
	if err != nil {
		return fmt.Errorf("make a work directory: %w", err)
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	file := filepath.Join(dir, c.Name+".tar")
	tarball := image.AsTarball(dagger.ContainerAsTarballOpts{MediaTypes: dagger.ImageMediaTypesOcimediaTypes})
	if _, err := tarball.Export(ctx, file); err != nil {
		return fmt.Errorf("export the image to look at its layers: %w", err)
	}
	read, err := cuda.Open(file)
	if err != nil {
		return err
	}
	return cuda.Guard(read, int64(c.Settings.LayerBudget)<<20)
}

const gpuTests = "tests/gpu"

// testGPU runs the worker's GPU tests where they would run in production: in
// its image, with pytest added.
func (m *PingvasCi) testGPU(ctx context.Context, c component.Component) (string, error) {
	worker := project{ci: m, spec: c}
	has, err := worker.directory().Glob(ctx, gpuTests+"/**/*.py")
	if err != nil {
		return "", fmt.Errorf("%s: look for GPU tests: %w", c.Name, err)
	}
	if len(has) == 0 {
		return "", fmt.Errorf("%s has no tests in %s. Add some there, or leave out test-gpu", c.Name, gpuTests)
	}
	image, err := m.build(ctx, c, component.AMD64)
	if err != nil {
		return "", err
	}
	image = image.WithoutEntrypoint().WithUser("root")
	// The least that needs a GPU, before anything is installed.
	if _, err := image.ExperimentalWithAllGPUs().WithExec([]string{"true"}).Sync(ctx); err != nil {
		return "", fmt.Errorf("%s test-gpu: the engine gives containers no GPU; it says: %q. Run on a machine with one, with NVIDIA's container toolkit, "+
			"and an engine started with _EXPERIMENTAL_DAGGER_GPU_SUPPORT=1", c.Name, err.Error())
	}
	tested, err := image.
		// With the files that it may include.
		WithDirectory(requirement, worker.directory().Filter(dagger.DirectoryFilterOpts{Include: []string{"requirements*.txt", "constraints*.txt", "requirements/*.txt"}})).
		WithExec([]string{"python3", "-m", "pip", "install", "--quiet", "--require-hashes", "--requirement", requirement + "/requirements-dev.txt"}).
		WithDirectory(repoRoot, m.sources(c)).
		WithWorkdir(path.Join(repoRoot, c.Path)).
		ExperimentalWithAllGPUs().
		WithExec([]string{"python3", "-m", "pytest", gpuTests, "-v", "-rs"}).
		Stdout(ctx)
	if err != nil {
		return "", &stepError{where: c.Name + " test-gpu", err: err}
	}
	return tested, cuda.TestsRan(tested)
}
