package python

import (
	"context"
	"fmt"

	"github.com/pingvas/pingvas-ci/ci/internal/coverage"
	"github.com/pingvas/pingvas-ci/ci/internal/graph/kinds"
)

// Gates are the gates in the order in which a person reads them.
func (p Project) Gates() []kinds.Gate {
	gates := []kinds.Gate{{Name: "lint", Run: p.lint}, {Name: "format", Run: p.format}, {Name: "typecheck", Run: p.typecheck}, {Name: "test", Run: p.test}}
	if p.Spec.Settings.CoverageThreshold > 0 {
		gates = append(gates, kinds.Gate{Name: "coverage", Run: p.covered})
	}
	return gates
}

func (p Project) lint(ctx context.Context) error {
	return p.gate(ctx, "ruff", "check", ".")
}

func (p Project) format(ctx context.Context) error {
	return p.gate(ctx, "ruff", "format", "--check", ".")
}

func (p Project) typecheck(ctx context.Context) error {
	workspace, err := p.workspace(ctx)
	if err != nil {
		return err
	}
	_, err = p.withMypyCache(workspace).WithExec([]string{"mypy", "."}).Sync(ctx)
	return err
}

func (p Project) test(ctx context.Context) error {
	workspace, err := p.workspace(ctx)
	if err != nil {
		return err
	}
	tested, err := workspace.WithExec(p.pytest()).Sync(ctx)
	return p.silent(ctx, tested, err)
}

// covered judges the coverage by the setting's threshold. It says nothing of
// tests that fail: that is the test gate's.
func (p Project) covered(ctx context.Context) error {
	file, err := p.Coverage(ctx)
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
	return report.Gate(p.Spec.Settings.CoverageThreshold)
}

// pytest runs the tests; it leaves coverage.xml and junit.xml.
func (p Project) pytest() []string {
	command := []string{"pytest", "--cov=.", "--cov-report=xml", "--cov-report=term", "--junitxml=junit.xml", "-v"}
	return append(command, p.Spec.Settings.TestPaths...)
}

// gate runs one tool in the workspace and fails as it does.
func (p Project) gate(ctx context.Context, command ...string) error {
	workspace, err := p.workspace(ctx)
	if err != nil {
		return err
	}
	_, err = workspace.WithExec(command).Sync(ctx)
	return err
}
