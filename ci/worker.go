package main

import (
	"context"

	"github.com/pingvas/pingvas-ci/ci/internal/component"
	"github.com/pingvas/pingvas-ci/ci/internal/dagger"
	"github.com/pingvas/pingvas-ci/ci/internal/graph/ground"
	"github.com/pingvas/pingvas-ci/ci/internal/graph/kinds"
	"github.com/pingvas/pingvas-ci/ci/internal/graph/kinds/cuda"
	"github.com/pingvas/pingvas-ci/ci/internal/graph/kinds/cuda/cudadef"
	"github.com/pingvas/pingvas-ci/ci/internal/graph/kinds/python"
)

// A CUDA worker.
const ComponentKindCuda = ComponentKind(cudadef.Kind)

// CudaWorker is a worker that runs on NVIDIA GPUs. Its image is for
// linux/amd64 only, and its tags end with -cuda.
type CudaWorker struct {
	// +private
	Ci *PingvasCi
	// Name is the worker's name, and its image's.
	Name string
	// Kind is what kind of component it is.
	Kind ComponentKind
	// Path is its directory in the repository.
	Path string
	// Summary says in one line what it is, where, and its versions with their sources.
	Summary string
	// PythonVersion is the version of Python its checks run on, such as 3.13.
	PythonVersion string
	// PythonVersionSource is the file that the version comes from, or "default".
	PythonVersionSource string
}

// Lint runs `ruff check .` with the worker's own configuration.
//
// It fails on any finding.
func (w *CudaWorker) Lint(ctx context.Context) error {
	return w.Ci.gate(ctx, w.Name, "lint")
}

// Format runs `ruff format --check .`, and fails when a file would change.
func (w *CudaWorker) Format(ctx context.Context) error {
	return w.Ci.gate(ctx, w.Name, "format")
}

// Typecheck runs `mypy .` with the worker's own configuration.
//
// It fails on any error.
func (w *CudaWorker) Typecheck(ctx context.Context) error {
	return w.Ci.gate(ctx, w.Name, "typecheck")
}

// Test runs the unit tests, on the CPU only.
//
// `pytest tests/unit -v`, unless the worker's test-paths setting names others.
//
// Where the worker locks builds for the CPU, they are what all its checks
// install, and what takes a GPU is never fetched: a requirements-cpu.txt in
// place of requirements.txt, or the extra called cpu that its pyproject.toml has
// for uv or Poetry. The image is not changed by them.
func (w *CudaWorker) Test(ctx context.Context) error {
	return w.Ci.gate(ctx, w.Name, "test")
}

// Check runs every gate, and reports every failure.
//
// Lint, format, typecheck, test and, with a coverage threshold, its gate.
// +cache="session"
func (w *CudaWorker) Check(ctx context.Context) error {
	return w.Ci.check(ctx, w.Name)
}

// CoverageCheck fails when the unit tests cover less than the threshold.
//
// It is the worker's coverage-threshold setting, in percent. A worker without
// one passes.
func (w *CudaWorker) CoverageCheck(ctx context.Context) error {
	return w.Ci.gateIfAny(ctx, w.Name, "coverage")
}

// LintReport returns the findings of `ruff check` in SARIF.
//
// GitHub's code scanning takes it. It does not fail on findings.
func (w *CudaWorker) LintReport(ctx context.Context) (*dagger.File, error) {
	return of(ctx, w.project, python.Project.LintReport)
}

// TypecheckReport returns the errors of `mypy` in JUnit's XML.
//
// It does not fail on errors.
func (w *CudaWorker) TypecheckReport(ctx context.Context) (*dagger.File, error) {
	return of(ctx, w.project, python.Project.TypecheckReport)
}

// TestReport returns the unit tests' results in JUnit's XML.
//
// It does not fail on tests that do.
func (w *CudaWorker) TestReport(ctx context.Context) (*dagger.File, error) {
	return of(ctx, w.project, python.Project.TestReport)
}

// Coverage returns the unit tests' coverage in Cobertura's XML.
//
// Codecov and GitHub take it. It does not fail on tests that do.
func (w *CudaWorker) Coverage(ctx context.Context) (*dagger.File, error) {
	return of(ctx, w.project, python.Project.Coverage)
}

// Formatted returns what `ruff check --fix` and `ruff format` would change.
func (w *CudaWorker) Formatted(ctx context.Context) (*dagger.Changeset, error) {
	return of(ctx, w.project, python.Project.Fix)
}

// TestGPU runs the tests in tests/gpu on an engine that gives containers its GPUs.
//
// They run in the worker's own image, and it returns what pytest says. An
// engine without GPUs is an error that says so, and so are tests that all skip
// themselves: nothing would have been tested.
// +cache="never"
func (w *CudaWorker) TestGPU(ctx context.Context) (string, error) {
	return of(ctx, w.component, func(p kinds.Project, ctx context.Context) (string, error) { return cuda.TestGPU(ctx, p) })
}

// Guards fails when the worker's image is heavier than it need be.
//
// CUDA libraries both in the base image and in Python packages, files doubled
// by a change of their owner, a layer over the layer-budget setting (in MiB as
// it is pulled, 2048 unless set), or a model's weights in one layer with code.
// A delivery does the same before it pushes.
func (w *CudaWorker) Guards(ctx context.Context) error {
	found, err := w.component(ctx)
	if err != nil {
		return err
	}
	return found.Guard(ctx)
}

// Image returns the worker's image for linux/amd64.
//
// Its Dockerfile.cuda builds it. Its labels name the commit, where nothing of the
// source is uncommitted.
func (w *CudaWorker) Image(
	ctx context.Context,
	// linux/amd64; any other platform is refused.
	// +optional
	platform dagger.Platform,
) (*dagger.Container, error) {
	return w.Ci.image(ctx, w.Name, platform)
}

// Images returns the worker's image, the one that there is, as a list.
func (w *CudaWorker) Images(ctx context.Context) ([]*dagger.Container, error) {
	return w.Ci.images(ctx, w.Name)
}

// Scan scans the worker's image.
//
// It is made anew in each session: the database of yesterday knows less.
// +cache="session"
func (w *CudaWorker) Scan(ctx context.Context) (*Scan, error) {
	return w.Ci.scan(ctx, w.Name)
}

// Inputs returns the files that the worker is made of, at their places.
//
// Its checks and its image read nothing else of the repository: a change of
// another file does not affect it.
func (w *CudaWorker) Inputs(ctx context.Context) (*dagger.Directory, error) {
	return w.Ci.inputs(ctx, w.Name)
}

// Publish checks, builds and scans the worker, and pushes it.
//
// It goes to the registry given by with-registry. The result says what was
// pushed.
// +cache="never"
func (w *CudaWorker) Publish(
	ctx context.Context,
	// The commit that the image is tagged with; the source's HEAD when absent.
	// +optional
	commit string,
) (*Delivered, error) {
	return w.Ci.publish(ctx, w.Name, commit)
}

// Workers lists the CUDA workers.
//
// `workers summary` prints each in one line: its kind and directory, and its
// versions with where each was read.
func (m *PingvasCi) Workers(ctx context.Context) ([]*CudaWorker, error) {
	found, err := m.source().Of(ctx, cudadef.Kind)
	return ground.Each(found, m.workerOf), err
}

// Worker returns one CUDA worker by its name.
func (m *PingvasCi) Worker(
	ctx context.Context,
	// The worker's name, as workers lists it.
	name string,
) (*CudaWorker, error) {
	found, err := m.source().FindOf(ctx, cudadef.Kind, name)
	return m.workerOf(found), err
}

func (m *PingvasCi) workerOf(c component.Component) *CudaWorker {
	version := c.Version("python")
	return &CudaWorker{
		Ci: m, Name: c.Name, Kind: ComponentKind(c.Kind), Path: c.Path, Summary: c.Summary(),
		PythonVersion: version.Value, PythonVersionSource: version.Source,
	}
}

// component is the worker in the workshop.
func (w *CudaWorker) component(ctx context.Context) (kinds.Project, error) {
	return w.Ci.workshop().Find(ctx, w.Name)
}

// project is the worker for Python's tools.
func (w *CudaWorker) project(ctx context.Context) (python.Project, error) {
	found, err := w.component(ctx)
	return cuda.Of(found), err
}
