package frontend

import (
	"context"

	"github.com/pingvas/pingvas-ci/ci/internal/dagger"
	"github.com/pingvas/pingvas-ci/ci/internal/frontend"
	"github.com/pingvas/pingvas-ci/ci/internal/graph/kinds"
)

// Gates are the frontend's gates in the order in which a person reads them.
func (p Project) Gates() []kinds.Gate {
	script := func(name string) func(context.Context) error {
		return func(ctx context.Context) error {
			done, err := p.script(ctx, name)
			if err != nil {
				return err
			}
			_, err = done.Sync(ctx)
			return err
		}
	}
	return []kinds.Gate{
		{Name: "lint", Run: script("lint")},
		{Name: "typecheck", Run: script("typecheck")},
		{Name: "test", Run: p.testGate},
		{Name: "storybook", Run: p.storybookGate},
	}
}

// script runs one script of package.json in the workspace.
func (p Project) script(ctx context.Context, name string) (*dagger.Container, error) {
	manifest, err := p.manifest(ctx)
	if err != nil {
		return nil, err
	}
	if _, err := manifest.Script(name); err != nil {
		return nil, p.undecided(err, name)
	}
	return p.exec(ctx, []string{"pnpm", "run", name})
}

// testGate runs the tests, and then compares with the coverage threshold.
func (p Project) testGate(ctx context.Context) error {
	tested, err := p.tested(ctx)
	if err != nil {
		return p.undecided(err, "test")
	}
	tested, err = tested.Sync(ctx)
	if err := p.silent(ctx, tested, err); err != nil || p.Spec.Settings.CoverageThreshold == 0 {
		return err
	}
	covered, err := readCoverage(ctx, tested.File(frontend.LCOV))
	if err != nil {
		return err
	}
	return covered.Gate(p.Spec.Settings.CoverageThreshold)
}

const storybookScript = "build-storybook"

// hasStorybook says whether the frontend has one.
func (p Project) hasStorybook(ctx context.Context) (bool, error) {
	manifest, err := p.manifest(ctx)
	return manifest.Scripts[storybookScript] != "", err
}

func (p Project) storybookGate(ctx context.Context) error {
	has, err := p.hasStorybook(ctx)
	if err != nil || !has {
		return err
	}
	built, err := p.Storybook(ctx)
	if err != nil {
		return err
	}
	_, err = built.Sync(ctx)
	return err
}
