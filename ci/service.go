package main

import (
	"context"

	"github.com/pingvas/pingvas-ci/ci/internal/component"
	"github.com/pingvas/pingvas-ci/ci/internal/dagger"
	"github.com/pingvas/pingvas-ci/ci/internal/graph/ground"
	"github.com/pingvas/pingvas-ci/ci/internal/graph/kinds/python"
	"github.com/pingvas/pingvas-ci/ci/internal/graph/kinds/python/pydef"
)

// A Python service.
const ComponentKindPython = ComponentKind(pydef.Kind)

// PythonService is a Python service of the repository.
type PythonService struct {
	// +private
	Ci *PingvasCi
	// Name is the service's name, and its image's.
	Name string
	// Kind is what kind of component it is.
	Kind ComponentKind
	// Path is its directory in the repository.
	Path string
	// Summary says in one line what it is, where, and its versions with their sources.
	Summary string
	// PythonVersion is the version of Python it runs on, such as 3.13.
	PythonVersion string
	// PythonVersionSource is the file that the version comes from, or "default".
	PythonVersionSource string
}

// Lint runs `ruff check .`, and fails on any finding.
//
// With the service's own configuration, and its own ruff where it locks one.
func (s *PythonService) Lint(ctx context.Context) error {
	return s.Ci.gate(ctx, s.Name, "lint")
}

// Format runs `ruff format --check .`, and fails when a file would change.
func (s *PythonService) Format(ctx context.Context) error {
	return s.Ci.gate(ctx, s.Name, "format")
}

// Typecheck runs `mypy .`, and fails on any error.
//
// With the service's own configuration, and its own mypy where it locks one.
func (s *PythonService) Typecheck(ctx context.Context) error {
	return s.Ci.gate(ctx, s.Name, "typecheck")
}

// Test runs `pytest --cov=. --cov-report=xml -v`.
//
// On the service's test-paths setting, or where its own configuration says. It
// fails when a test does.
func (s *PythonService) Test(ctx context.Context) error {
	return s.Ci.gate(ctx, s.Name, "test")
}

// Check runs every gate, and reports every failure.
//
// Lint, format, typecheck, test and, with a coverage threshold, its gate.
// +cache="session"
func (s *PythonService) Check(ctx context.Context) error {
	return s.Ci.check(ctx, s.Name)
}

// CoverageCheck fails when the tests cover less than the threshold.
//
// It is the service's coverage-threshold setting, in percent. A service without
// one passes.
func (s *PythonService) CoverageCheck(ctx context.Context) error {
	return s.Ci.gateIfAny(ctx, s.Name, "coverage")
}

// LintReport returns the findings of `ruff check` in SARIF.
//
// GitHub's code scanning takes it. It does not fail on findings.
func (s *PythonService) LintReport(ctx context.Context) (*dagger.File, error) {
	return of(ctx, s.project, python.Project.LintReport)
}

// TypecheckReport returns the errors of `mypy` in JUnit's XML.
//
// It does not fail on errors.
func (s *PythonService) TypecheckReport(ctx context.Context) (*dagger.File, error) {
	return of(ctx, s.project, python.Project.TypecheckReport)
}

// TestReport returns the tests' results in JUnit's XML.
//
// It does not fail on tests that do.
func (s *PythonService) TestReport(ctx context.Context) (*dagger.File, error) {
	return of(ctx, s.project, python.Project.TestReport)
}

// Coverage returns the tests' coverage in Cobertura's XML.
//
// Codecov and GitHub take it. It does not fail on tests that do.
func (s *PythonService) Coverage(ctx context.Context) (*dagger.File, error) {
	return of(ctx, s.project, python.Project.Coverage)
}

// Formatted returns what `ruff check --fix` and `ruff format` would change.
func (s *PythonService) Formatted(ctx context.Context) (*dagger.Changeset, error) {
	return of(ctx, s.project, python.Project.Fix)
}

// Image returns the service's image for one platform.
//
// It is built on the native platform without emulation: by the service's own
// Dockerfile when it has one, else by the built-in recipe. Its labels name
// the commit, where nothing of the source is uncommitted.
func (s *PythonService) Image(
	ctx context.Context,
	// linux/arm64 or linux/amd64; the first platform of the service when absent.
	// +optional
	platform dagger.Platform,
) (*dagger.Container, error) {
	return s.Ci.image(ctx, s.Name, platform)
}

// Images returns the service's images, one for each of its platforms.
func (s *PythonService) Images(ctx context.Context) ([]*dagger.Container, error) {
	return s.Ci.images(ctx, s.Name)
}

// Scan scans the service's images, one scan for each platform.
//
// It is made anew in each session: the database of yesterday knows less.
// +cache="session"
func (s *PythonService) Scan(ctx context.Context) (*Scan, error) {
	return s.Ci.scan(ctx, s.Name)
}

// Inputs returns the files that the service is made of, at their places.
//
// Its checks and its image read nothing else of the repository: a change of
// another file does not affect it.
func (s *PythonService) Inputs(ctx context.Context) (*dagger.Directory, error) {
	return s.Ci.inputs(ctx, s.Name)
}

// Publish checks, builds and scans the service, then pushes it.
//
// It goes to the registry given by with-registry. What was pushed is returned.
// +cache="never"
func (s *PythonService) Publish(
	ctx context.Context,
	// The commit that the image is tagged with; the source's HEAD when absent.
	// +optional
	commit string,
) (*Delivered, error) {
	return s.Ci.publish(ctx, s.Name, commit)
}

// Services lists the Python services.
//
// `services summary` prints each in one line: its kind and directory, and its
// versions with where each was read.
func (m *PingvasCi) Services(ctx context.Context) ([]*PythonService, error) {
	found, err := m.source().Of(ctx, pydef.Kind)
	return ground.Each(found, m.serviceOf), err
}

// Service returns one Python service by its name.
func (m *PingvasCi) Service(
	ctx context.Context,
	// The service's name, as services lists it.
	name string,
) (*PythonService, error) {
	found, err := m.source().FindOf(ctx, pydef.Kind, name)
	return m.serviceOf(found), err
}

func (m *PingvasCi) serviceOf(c component.Component) *PythonService {
	version := c.Version("python")
	return &PythonService{
		Ci: m, Name: c.Name, Kind: ComponentKind(c.Kind), Path: c.Path, Summary: c.Summary(),
		PythonVersion: version.Value, PythonVersionSource: version.Source,
	}
}

// project is the service for Python's tools.
func (s *PythonService) project(ctx context.Context) (python.Project, error) {
	found, err := s.Ci.workshop().Find(ctx, s.Name)
	return python.Of(found), err
}
