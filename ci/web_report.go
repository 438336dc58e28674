package main

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"

	"github.com/pingvas/pingvas-ci/ci/internal/dagger"
	"github.com/pingvas/pingvas-ci/ci/internal/frontend"
)

// FrontendTests is what the tests of a frontend came to.
type FrontendTests struct {
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

// testGate runs the tests, and then compares with the coverage threshold.
func (w web) testGate(ctx context.Context) error {
	tested, err := w.tested(ctx)
	if err != nil {
		return err
	}
	if _, err := tested.Sync(ctx); err != nil || w.spec.Settings.CoverageThreshold == 0 {
		return err
	}
	covered, err := readCoverage(ctx, tested.File(frontend.LCOV))
	if err != nil {
		return err
	}
	return covered.Gate(w.spec.Settings.CoverageThreshold)
}

// tested is the workspace after the tests, with their reports.
func (w web) tested(ctx context.Context, opts ...dagger.ContainerWithExecOpts) (*dagger.Container, error) {
	manifest, err := w.manifest(ctx)
	if err != nil {
		return nil, err
	}
	command, err := manifest.Test()
	if err != nil {
		return nil, err
	}
	return w.exec(ctx, append(command, w.spec.Settings.TestPaths...), opts...)
}

func (w web) coverage(ctx context.Context) (*dagger.File, error) {
	tested, err := w.tested(ctx)
	if err != nil {
		return nil, err
	}
	return tested.File(frontend.LCOV), nil
}

// tests are the reports of the very run that the gate has judged. Only when
// that failed they are run again, by an exec of which the files can be had:
// a failed one stays uncached, so that the gate can be tried again.
func (w web) tests(ctx context.Context) (*FrontendTests, error) {
	tested, err := w.tested(ctx)
	if err != nil {
		return nil, err
	}
	report := &FrontendTests{Passed: true}
	tested, err = tested.Sync(ctx)
	var failed *dagger.ExecError
	if errors.As(err, &failed) {
		report.Passed = false
		tested, err = w.tested(ctx, dagger.ContainerWithExecOpts{Expect: dagger.ReturnTypeAny})
	}
	if err != nil {
		return nil, err
	}
	return report, w.collect(ctx, tested, report)
}

// collect takes what reports a run has left.
func (w web) collect(ctx context.Context, tested *dagger.Container, report *FrontendTests) error {
	left, err := tested.Directory(".").
		Filter(dagger.DirectoryFilterOpts{Include: []string{frontend.LCOV, frontend.JUnit}}).
		Glob(ctx, "**")
	if err != nil {
		return fmt.Errorf("%s: look for the tests' reports: %w", w.spec.Name, err)
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
		return fmt.Errorf("%s: %w", w.spec.Name, err)
	}
	summary, err := covered.Summary()
	if err != nil {
		return err
	}
	report.Coverage = covered.Text()
	report.Summary = fileOf("coverage-summary.json", summary)
	return nil
}

func readCoverage(ctx context.Context, lcov *dagger.File) (frontend.Coverage, error) {
	text, err := lcov.Contents(ctx)
	if err != nil {
		return frontend.Coverage{}, fmt.Errorf("read the coverage that the tests have to write to %s: %w", frontend.LCOV, err)
	}
	return frontend.ParseLCOV(text)
}

// LintFormat is the form of a frontend's lint report.
type LintFormat string

const (
	// LintFormatEslint is eslint's own JSON.
	LintFormatEslint LintFormat = "ESLINT"
	// LintFormatSarif is SARIF, which GitHub's code scanning takes.
	LintFormatSarif LintFormat = "SARIF"
)

// lintReport is eslint's report; its findings are the gate's business.
func (w web) lintReport(ctx context.Context, format LintFormat) (*dagger.File, error) {
	manifest, err := w.manifest(ctx)
	if err != nil {
		return nil, err
	}
	const stdout, stderr = "/tmp/eslint.json", "/tmp/eslint.txt"
	linted, err := w.exec(ctx, manifest.LintReport(), dagger.ContainerWithExecOpts{
		Expect: dagger.ReturnTypeAny, RedirectStdout: stdout, RedirectStderr: stderr,
	})
	if err != nil {
		return nil, err
	}
	found, err := linted.File(stdout).Contents(ctx)
	if err != nil {
		return nil, fmt.Errorf("%s: run eslint: %w", w.spec.Name, err)
	}
	said, err := linted.File(stderr).Contents(ctx)
	if err != nil {
		return nil, fmt.Errorf("%s: run eslint: %w", w.spec.Name, err)
	}
	lint := frontend.ReadLint(repoRoot, w.spec.Path, []byte(found), []byte(said))
	name, report := "eslint.json", lint.JSON
	if format == LintFormatSarif {
		name, report = "eslint.sarif", func() ([]byte, error) { return lint.SARIF("eslint/" + w.spec.Name) }
	}
	text, err := report()
	if err != nil {
		return nil, err
	}
	return fileOf(name, text), nil
}

// fixed is what eslint would change in the frontend's sources.
func (w web) fixed(ctx context.Context) (*dagger.Changeset, error) {
	manifest, err := w.manifest(ctx)
	if err != nil {
		return nil, err
	}
	// What eslint cannot fix stays for the gate to report.
	mended, err := w.exec(ctx, manifest.LintFix(), dagger.ContainerWithExecOpts{Expect: dagger.ReturnTypeAny})
	if err != nil {
		return nil, err
	}
	after := mended.Directory(".").Filter(dagger.DirectoryFilterOpts{
		Include: []string{"**/*.js", "**/*.jsx", "**/*.mjs", "**/*.cjs", "**/*.ts", "**/*.tsx", "**/*.mts", "**/*.cts", "**/*.vue", "**/*.svelte"},
		Exclude: []string{"**/node_modules", "dist", "coverage", "storybook-static"},
	})
	before := dag.Directory().WithDirectory(w.spec.Path, w.directory())
	return before.WithDirectory(w.spec.Path, after).Changes(before), nil
}

// fileOf is a file of the given text.
func fileOf(name string, text []byte) *dagger.File {
	return dag.Directory().WithNewFile(name, string(text)).File(name)
}

// relativeTo returns the path of a directory as seen from another above it.
func relativeTo(root, dir string) (string, error) {
	relative, err := filepath.Rel(root, dir)
	if err != nil {
		return "", fmt.Errorf("%s lies outside of the workspace %s: %w", dir, root, err)
	}
	return filepath.ToSlash(relative), nil
}
