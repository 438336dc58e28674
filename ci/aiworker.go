package main

import (
	"context"

	"github.com/pingvas/pingvas-ci/ci/internal/dagger"
)

// CudaWorker is a worker that runs on NVIDIA GPUs. Its image is for
// linux/amd64 only, and its tags end with -cuda.
type CudaWorker struct {
	// +private
	Ci *PingvasCi
	// Name is the worker's name, and its image's.
	Name string
	// Path is its directory in the repository.
	Path string
	// PythonVersion is the version of Python its checks run on, such as 3.13.
	PythonVersion string
	// PythonVersionSource is the file that the version comes from, or "default".
	PythonVersionSource string
}

// Lint runs `ruff check .` with the worker's own configuration, and fails on
// any finding.
// +check
func (w *CudaWorker) Lint(ctx context.Context) error {
	return w.Ci.gateOf(ctx, w.Name, "lint")
}

// Format runs `ruff format --check .`, and fails when a file would change.
// +check
func (w *CudaWorker) Format(ctx context.Context) error {
	return w.Ci.gateOf(ctx, w.Name, "format")
}

// Typecheck runs `mypy .` with the worker's own configuration, and fails on
// any error.
// +check
func (w *CudaWorker) Typecheck(ctx context.Context) error {
	return w.Ci.gateOf(ctx, w.Name, "typecheck")
}

// Test runs the unit tests, on the CPU only: `pytest tests/unit -v`, unless the
// worker's test-paths setting names others.
// +check
func (w *CudaWorker) Test(ctx context.Context) error {
	return w.Ci.gateOf(ctx, w.Name, "test")
}

// Check runs lint, format, typecheck and test, and reports every failure.
func (w *CudaWorker) Check(ctx context.Context) error {
	return w.Ci.checkOne(ctx, w.Name)
}

// Image returns the worker's image for linux/amd64, built by its
// Dockerfile.cuda.
func (w *CudaWorker) Image(
	ctx context.Context,
	// linux/amd64; any other platform is refused.
	// +optional
	platform dagger.Platform,
) (*dagger.Container, error) {
	return w.Ci.imageOf(ctx, w.Name, platform)
}

// Scan scans the worker's image.
func (w *CudaWorker) Scan(ctx context.Context) (*Scan, error) {
	return w.Ci.scanOf(ctx, w.Name)
}

// Publish checks, builds and scans the worker, then pushes it to the registry
// given by with-registry, and returns what was pushed.
// +cache="never"
func (w *CudaWorker) Publish(
	ctx context.Context,
	// The commit that the image is tagged with; the source's HEAD when absent.
	// +optional
	commit string,
) (*Delivered, error) {
	return w.Ci.publishOf(ctx, w.Name, commit)
}
