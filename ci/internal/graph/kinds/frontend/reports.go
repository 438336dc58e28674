package frontend

import (
	"context"
	"fmt"
	"slices"

	"github.com/pingvas/pingvas-ci/ci/internal/dagger"
	"github.com/pingvas/pingvas-ci/ci/internal/frontend"
	"github.com/pingvas/pingvas-ci/ci/internal/graph/ground"
	"github.com/pingvas/pingvas-ci/ci/internal/graph/kinds"
)

// Tests is what the tests of a frontend came to.
type Tests struct {
	// Passed tells whether all of them did.
	Passed bool
	// Coverage says in one line how much of the frontend they ran.
	Coverage string
	// Lcov is the coverage in LCOV's format, as Codecov takes it; absent when
	// the tests broke off before it was written.
	Lcov *dagger.File
	// Summary is the coverage in the form of Istanbul's json-summary; absent
	// where there is no LCOV.
	Summary *dagger.File
	// Junit is each test and its outcome as JUnit's XML. Vitest writes it;
	// with another runner it is there when the script writes a junit.xml.
	Junit *dagger.File
}

// tested is the workspace after the tests, with their reports; there, too, where they
// failed.
func (p Project) tested(ctx context.Context, measure frontend.Measure) (*dagger.Container, error) {
	command, err := p.testing(ctx, measure)
	if err != nil {
		return nil, err
	}
	return p.Equipping("test", func(of kinds.Project) (*dagger.Container, error) {
		workspace, err := Of(of).checked(ctx)
		if err != nil {
			return nil, err
		}
		if workspace, err = of.WithTestServices(ctx, workspace, false); err != nil {
			return nil, err
		}
		return of.Tested(ctx, workspace, slices.Concat(command, of.Spec.Settings.TestPaths))
	})
}

// testing is the command that runs the tests.
func (p Project) testing(ctx context.Context, measure frontend.Measure) ([]string, error) {
	tool, has := p.Spec.Tool("test")
	if has && tool.Arguments[0] == frontend.Nx {
		return frontend.Run(tool.Arguments), nil
	}
	manifest, err := p.manifest(ctx)
	if err != nil {
		return nil, err
	}
	if !has {
		gate, _ := p.Spec.Gate("test")
		return nil, fmt.Errorf("%s: %s", p.Spec.SettingsFile, gate.Off)
	}
	return manifest.Test(tool.Arguments[0], measure), nil
}

// Coverage is the tests' coverage in LCOV's format.
func (p Project) Coverage(ctx context.Context) (*dagger.File, error) {
	tested, err := p.tested(ctx, max(p.judged(), frontend.WherePossible))
	if err != nil {
		return nil, err
	}
	return tested.File(frontend.LCOV), nil
}

// Tests are the reports of the very run that the gate has judged, unless that measures
// no coverage and could.
func (p Project) Tests(ctx context.Context) (*Tests, error) {
	tested, err := p.tested(ctx, p.judged())
	if _, failed := ground.Exited(err); err != nil && !failed {
		return nil, err
	}
	report := &Tests{Passed: err == nil}
	more, err := p.measuresMore(ctx)
	if err != nil {
		return nil, err
	}
	if more {
		tested, err = p.tested(ctx, max(p.judged(), frontend.WherePossible))
		if _, failed := ground.Exited(err); err != nil && !failed {
			return nil, err
		}
	}
	return report, p.collect(ctx, tested, report)
}

// Reports are what the tests have left as the gate.
func (p Project) Reports(ctx context.Context) ([]kinds.Report, error) {
	if len(p.Spec.Settings.Gates["test"].Commands) > 0 {
		return p.LeftByCommands(ctx, programs)
	}
	if _, has := p.Spec.Tool("test"); !has {
		return nil, nil
	}
	tested, err := p.tested(ctx, p.judged())
	return kinds.Left(ctx, tested, err)
}

// left are the reports that a run of the tests has left.
func (p Project) left(ctx context.Context, tested *dagger.Container) ([]string, error) {
	left, err := tested.Directory(".").
		Filter(dagger.DirectoryFilterOpts{Include: []string{frontend.LCOV, frontend.JUnit}}).
		Glob(ctx, "**")
	if err != nil {
		return nil, fmt.Errorf("%s: look for the tests' reports: %w", p.Spec.Name, err)
	}
	return left, nil
}

// measuresMore tells whether the tests could measure what they cover, and the gate has
// them not do it.
func (p Project) measuresMore(ctx context.Context) (bool, error) {
	judged, err := p.testing(ctx, p.judged())
	if err != nil {
		return false, err
	}
	more, err := p.testing(ctx, max(p.judged(), frontend.WherePossible))
	return !slices.Equal(judged, more), err
}

// collect takes what reports a run has left.
func (p Project) collect(ctx context.Context, tested *dagger.Container, report *Tests) error {
	left, err := p.left(ctx, tested)
	if err != nil {
		return err
	}
	if slices.Contains(left, frontend.JUnit) {
		report.Junit = tested.File(frontend.JUnit)
	}
	report.Coverage = "none was written"
	if !slices.Contains(left, frontend.LCOV) {
		return nil
	}
	report.Lcov = tested.File(frontend.LCOV)
	covered, err := readCoverage(ctx, report.Lcov)
	if err != nil {
		return fmt.Errorf("%s: %w", p.Spec.Name, err)
	}
	summary, err := covered.Summary()
	if err != nil {
		return err
	}
	report.Coverage = covered.Text()
	report.Summary = ground.File("coverage-summary.json", summary)
	return nil
}

func readCoverage(ctx context.Context, lcov *dagger.File) (frontend.Coverage, error) {
	text, err := lcov.Contents(ctx)
	if err != nil {
		return frontend.Coverage{}, fmt.Errorf("read the coverage that the tests have to write to %s: %w", frontend.LCOV, err)
	}
	return frontend.ParseLCOV(text)
}

// LintReport is eslint's report, in its JSON or in SARIF; its findings are the gate's business.
func (p Project) LintReport(ctx context.Context, sarif bool) (*dagger.File, error) {
	manifest, err := p.manifest(ctx)
	if err != nil {
		return nil, err
	}
	const stdout, stderr = "/tmp/eslint.json", "/tmp/eslint.txt"
	linted, err := p.exec(ctx, manifest.LintReport(), dagger.ContainerWithExecOpts{
		Expect: dagger.ReturnTypeAny, RedirectStdout: stdout, RedirectStderr: stderr,
	})
	if err != nil {
		return nil, err
	}
	found, err := linted.File(stdout).Contents(ctx)
	if err != nil {
		return nil, fmt.Errorf("%s: run eslint: %w", p.Spec.Name, err)
	}
	said, err := linted.File(stderr).Contents(ctx)
	if err != nil {
		return nil, fmt.Errorf("%s: run eslint: %w", p.Spec.Name, err)
	}
	lint := frontend.ReadLint(kinds.Root, p.Spec.Path, []byte(found), []byte(said))
	name, report := "eslint.json", lint.JSON
	if sarif {
		name, report = "eslint.sarif", func() ([]byte, error) { return lint.SARIF("eslint/" + p.Spec.Name) }
	}
	text, err := report()
	if err != nil {
		return nil, err
	}
	return ground.File(name, text), nil
}

// Fix is what eslint would change in the frontend's sources.
func (p Project) Fix(ctx context.Context) (*dagger.Changeset, error) {
	manifest, err := p.manifest(ctx)
	if err != nil {
		return nil, err
	}
	// What eslint cannot fix stays for the gate to report.
	mended, err := p.exec(ctx, manifest.LintFix(), dagger.ContainerWithExecOpts{Expect: dagger.ReturnTypeAny})
	if err != nil {
		return nil, err
	}
	after := mended.Directory(".").Filter(dagger.DirectoryFilterOpts{
		Include: []string{"**/*.js", "**/*.jsx", "**/*.mjs", "**/*.cjs", "**/*.ts", "**/*.tsx", "**/*.mts", "**/*.cts", "**/*.vue", "**/*.svelte"},
		Exclude: []string{"**/node_modules", "dist", "coverage", "storybook-static"},
	})
	before := dag.Directory().WithDirectory(p.Spec.Path, p.Directory())
	return before.WithDirectory(p.Spec.Path, after).Changes(before), nil
}
