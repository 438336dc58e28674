package main

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/pingvas/pingvas-ci/ci/internal/component"
	"github.com/pingvas/pingvas-ci/ci/internal/coverage"
	"github.com/pingvas/pingvas-ci/ci/internal/dagger"
	"github.com/pingvas/pingvas-ci/ci/internal/sarif"
)

// uvRequirement installs uv with verified sums: the wheels of both native
// platforms that a runner can have.
// renovate: datasource=pypi depName=uv
const uvRequirement = `uv==0.13.9 \
  --hash=sha256:d7f459fe4fd247d830351c75686d3996ace3c6f3f728eb0e85a30b7ada0cef19 \
  --hash=sha256:5435c5ce14a56431208ca0996416d310f1598e8c2c8ba707688985a16bb82dbe
`

// project is what a Python service and the CPU half of a CUDA worker share:
// an environment from the lock files, the sources over it, and the tools.
type project struct {
	ci   *PingvasCi
	spec component.Component
}

// gates are the component's gates in the order in which a person reads them.
func (p project) gates() []gate {
	gates := []gate{{"lint", p.lint}, {"format", p.format}, {"typecheck", p.typecheck}, {"test", p.test}}
	if p.spec.Settings.CoverageThreshold > 0 {
		gates = append(gates, gate{"coverage", p.covered})
	}
	return gates
}

func (p project) lint(ctx context.Context) error {
	return p.gate(ctx, "ruff", "check", ".")
}

func (p project) format(ctx context.Context) error {
	return p.gate(ctx, "ruff", "format", "--check", ".")
}

func (p project) typecheck(ctx context.Context) error {
	workspace, err := p.workspace(ctx)
	if err != nil {
		return err
	}
	_, err = p.withMypyCache(workspace).WithExec([]string{"mypy", "."}).Sync(ctx)
	return err
}

// withMypyCache keeps what mypy knows of the dependencies and of files that did
// not change, for this component alone. Its entries carry the version, the
// options and the hash of what they were made from.
func (p project) withMypyCache(c *dagger.Container) *dagger.Container {
	const at = "/var/cache/mypy"
	return c.
		With(mypyVolume(p.spec).at(at)).
		WithEnvVariable("MYPY_CACHE_DIR", at)
}

func (p project) test(ctx context.Context) error {
	return p.gate(ctx, p.pytest()...)
}

// covered judges the coverage by the setting's threshold. It says nothing of
// tests that fail: that is the test gate's.
func (p project) covered(ctx context.Context) error {
	file, err := p.coverage(ctx)
	if err != nil {
		return err
	}
	text, err := file.Contents(ctx)
	if err != nil {
		return fmt.Errorf("read the coverage: %w", err)
	}
	report, err := coverage.Parse([]byte(text))
	if err != nil {
		return err
	}
	return report.Gate(p.spec.Settings.CoverageThreshold)
}

// pytest runs the tests; it leaves coverage.xml and junit.xml.
func (p project) pytest() []string {
	command := []string{"pytest", "--cov=.", "--cov-report=xml", "--cov-report=term", "--junitxml=junit.xml", "-v"}
	return append(command, p.spec.Settings.TestPaths...)
}

// gate runs one tool in the workspace and fails as it does.
func (p project) gate(ctx context.Context, command ...string) error {
	workspace, err := p.workspace(ctx)
	if err != nil {
		return err
	}
	_, err = workspace.WithExec(command).Sync(ctx)
	return err
}

// report runs one tool in the workspace for the file that it writes, whatever
// it finds.
func (p project) report(ctx context.Context, file string, command ...string) (*dagger.File, error) {
	workspace, err := p.workspace(ctx)
	if err != nil {
		return nil, err
	}
	return report(workspace, file, command...), nil
}

func report(workspace *dagger.Container, file string, command ...string) *dagger.File {
	return workspace.WithExec(command, dagger.ContainerWithExecOpts{Expect: dagger.ReturnTypeAny}).File(file)
}

func (p project) lintReport(ctx context.Context) (*dagger.File, error) {
	const file = "ruff.sarif"
	found, err := p.report(ctx, file, "ruff", "check", "--exit-zero", "--output-format", "sarif", "--output-file", file, ".")
	if err != nil {
		return nil, err
	}
	text, err := found.Contents(ctx)
	if err != nil {
		return nil, fmt.Errorf("%s: run ruff: %w", p.spec.Name, err)
	}
	adopted, err := sarif.Adopt([]byte(text), repoRoot, "ruff/"+p.spec.Name)
	if err != nil {
		return nil, err
	}
	return fileOf(file, adopted), nil
}

func (p project) typecheckReport(ctx context.Context) (*dagger.File, error) {
	const file = "mypy.xml"
	workspace, err := p.workspace(ctx)
	if err != nil {
		return nil, err
	}
	return report(p.withMypyCache(workspace), file, "mypy", "--junit-xml", file, "."), nil
}

func (p project) junit(ctx context.Context) (*dagger.File, error) {
	return p.testReport(ctx, "junit.xml")
}

func (p project) coverage(ctx context.Context) (*dagger.File, error) {
	return p.testReport(ctx, "coverage.xml")
}

// testReport returns a file that the tests write. Tests that passed as a gate
// are not run again. Tests that fail are, once: the engine keeps nothing of a
// failed command, and a flaky failure must not be kept as the gate's result.
func (p project) testReport(ctx context.Context, file string) (*dagger.File, error) {
	workspace, err := p.workspace(ctx)
	if err != nil {
		return nil, err
	}
	passed, err := workspace.WithExec(p.pytest()).Sync(ctx)
	if err == nil {
		return passed.File(file), nil
	}
	if failed := (*dagger.ExecError)(nil); !errors.As(err, &failed) {
		return nil, err
	}
	return p.report(ctx, file, p.pytest()...)
}

// fixed is what ruff would change in the component's sources.
func (p project) fixed(ctx context.Context) (*dagger.Changeset, error) {
	workspace, err := p.workspace(ctx)
	if err != nil {
		return nil, err
	}
	before := p.directory()
	after := workspace.
		// What ruff cannot fix stays for the gate to report.
		WithExec([]string{"ruff", "check", "--fix", "."}, dagger.ContainerWithExecOpts{Expect: dagger.ReturnTypeAny}).
		WithExec([]string{"ruff", "format", "."}).
		Directory(".").
		Filter(dagger.DirectoryFilterOpts{Include: []string{"**/*.py", "**/*.pyi"}})
	fixedTree := dag.Directory().WithDirectory(p.spec.Path, before.WithDirectory(".", after))
	return fixedTree.Changes(dag.Directory().WithDirectory(p.spec.Path, before)), nil
}

// directory is the component's own directory.
func (p project) directory() *dagger.Directory {
	return p.ci.Source.Directory(p.spec.Path)
}

// has tells whether the component's directory has a file or directory.
func (p project) has(ctx context.Context, name string) (bool, error) {
	entries, err := p.directory().Entries(ctx)
	if err != nil {
		return false, fmt.Errorf("look at the files of %s: %w", p.spec.Name, err)
	}
	return slices.Contains(entries, name) || slices.Contains(entries, name+"/"), nil
}
