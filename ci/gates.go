package main

import (
	"context"

	"github.com/pingvas/pingvas-ci/ci/internal/dagger"
	"github.com/pingvas/pingvas-ci/ci/internal/graph/kinds"
)

// Gates are the gates of all components, one function for each kind of gate.
//
// They are what `dagger check` and `dagger generate` find by name. (They walk types and
// not lists, so the names of components cannot be among them.)
type Gates struct {
	// +private
	Ci *PingvasCi
}

// Gates leads to one kind of gate over every component.
//
// Each reports every failure.
func (m *PingvasCi) Gates() *Gates {
	return &Gates{Ci: m}
}

// Lint runs the linter of every component.
// +check
func (g *Gates) Lint(ctx context.Context) error {
	return g.run(ctx, "lint")
}

// Format looks at the format of every component that has a formatter.
// +check
func (g *Gates) Format(ctx context.Context) error {
	return g.run(ctx, "format")
}

// Typecheck runs the type checker of every component.
// +check
func (g *Gates) Typecheck(ctx context.Context) error {
	return g.run(ctx, "typecheck")
}

// Test runs the tests of every component.
// +check
func (g *Gates) Test(ctx context.Context) error {
	return g.run(ctx, "test")
}

// Coverage compares the coverage of every component with its threshold.
//
// A component without a threshold has no such gate.
// +check
func (g *Gates) Coverage(ctx context.Context) error {
	return g.run(ctx, "coverage")
}

// Others runs the gates of other names.
//
// One is the build of a frontend's Storybook.
// +check
func (g *Gates) Others(ctx context.Context) error {
	return g.run(ctx, kinds.Other)
}

// Formatted returns what the tools would change in every component.
//
// In Python `ruff check --fix` and `ruff format`, in a frontend `eslint --fix`.
// +generate
func (g *Gates) Formatted(ctx context.Context) (*dagger.Changeset, error) {
	return g.Ci.workshop().FixAll(ctx)
}

// run runs the gates of one name in every component.
func (g *Gates) run(ctx context.Context, name string) error {
	return g.Ci.workshop().CheckAll(ctx, name)
}
