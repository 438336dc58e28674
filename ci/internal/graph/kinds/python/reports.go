package python

import (
	"context"
	"fmt"

	"github.com/pingvas/pingvas-ci/ci/internal/dagger"
	"github.com/pingvas/pingvas-ci/ci/internal/graph/ground"
	"github.com/pingvas/pingvas-ci/ci/internal/graph/kinds"
	"github.com/pingvas/pingvas-ci/ci/internal/pyenv"
	"github.com/pingvas/pingvas-ci/ci/internal/sarif"
)

// report runs a tool for the file that it writes, whatever it finds.
func report(workspace *dagger.Container, file string, command ...string) *dagger.File {
	return workspace.WithExec(command, dagger.ContainerWithExecOpts{Expect: dagger.ReturnTypeAny}).File(file)
}

// LintReport is what `ruff check` finds, in SARIF.
func (p Project) LintReport(ctx context.Context) (*dagger.File, error) {
	const file = "ruff.sarif"
	workspace, err := p.withRuff(ctx)
	if err != nil {
		return nil, err
	}
	found := report(workspace, file, p.on("ruff", "ruff", "check", "--no-fix", "--no-fix-only", "--exit-zero", "--output-format", "sarif", "--output-file", file)...)
	text, err := found.Contents(ctx)
	if err != nil {
		return nil, fmt.Errorf("%s: run ruff: %w", p.Spec.Name, err)
	}
	adopted, err := sarif.Adopt([]byte(text), kinds.Root, "ruff/"+p.Spec.Name)
	if err != nil {
		return nil, err
	}
	return ground.File(file, adopted), nil
}

// TypecheckReport are the errors of mypy in JUnit's XML.
func (p Project) TypecheckReport(ctx context.Context) (*dagger.File, error) {
	const file = "mypy.xml"
	workspace, err := p.typed(ctx)
	if err != nil {
		return nil, err
	}
	return report(p.withMypyCache(workspace), file, p.mypy("--junit-xml", file)...), nil
}

// TestReport are the tests' results in JUnit's XML.
func (p Project) TestReport(ctx context.Context) (*dagger.File, error) {
	return p.testFile(ctx, "junit.xml", p.pytest(false))
}

// Coverage is the tests' coverage in Cobertura's XML.
func (p Project) Coverage(ctx context.Context) (*dagger.File, error) {
	return p.testFile(ctx, "coverage.xml", p.pytest(true))
}

// Reports are what the tests have left as the gate.
func (p Project) Reports(ctx context.Context) ([]kinds.Report, error) {
	if len(p.Spec.Settings.Gates["test"].Commands) > 0 {
		return p.LeftByCommands(ctx, p.commands)
	}
	if _, has := p.Spec.Tool("pytest"); !has {
		return nil, nil
	}
	tested, err := p.tested(ctx, p.pytest(false))
	return kinds.Left(ctx, tested, err)
}

// testFile returns a file that the tests write, whether they pass.
func (p Project) testFile(ctx context.Context, file string, command []string) (*dagger.File, error) {
	tested, err := p.tested(ctx, command)
	if _, failed := ground.Exited(err); err != nil && !failed {
		return nil, err
	}
	return tested.File(file), nil
}

// Fix is what ruff would change in the component's sources.
func (p Project) Fix(ctx context.Context) (*dagger.Changeset, error) {
	workspace, err := p.withRuff(ctx)
	if err != nil {
		return nil, err
	}
	before := p.Directory()
	// What ruff cannot fix stays for the gate to report.
	fixed := workspace.WithExec(p.on("ruff", "ruff", "check", "--fix"), dagger.ContainerWithExecOpts{Expect: dagger.ReturnTypeAny})
	_, formats := p.Spec.Tool(pyenv.RuffFormat)
	_, lints := p.Spec.Tool("ruff")
	if len(p.Spec.Settings.Gates["format"].Commands) == 0 && (formats || !lints) { // Else another tool formats, or none.
		fixed = fixed.WithExec(p.on(pyenv.RuffFormat, "ruff", "format"))
	}
	after := fixed.
		Directory(".").
		Filter(dagger.DirectoryFilterOpts{Include: []string{"**/*.py", "**/*.pyi"}})
	fixedTree := dag.Directory().WithDirectory(p.Spec.Path, before.WithDirectory(".", after))
	return fixedTree.Changes(dag.Directory().WithDirectory(p.Spec.Path, before)), nil
}
