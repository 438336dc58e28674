package main

import (
	"github.com/pingvas/pingvas-ci/ci/internal/dagger"
	"github.com/pingvas/pingvas-ci/ci/internal/floor"
	"github.com/pingvas/pingvas-ci/ci/internal/gitrepo"
	"github.com/pingvas/pingvas-ci/ci/internal/graph/ground"
)

// Policy is what the caller asks of every component.
type Policy struct {
	// +private
	Gates []string
	// +private
	Coverage float64
	// +private
	Hashed bool
	// +private
	NoExtraIndex bool
	// +private
	NoEmulation bool
	// +private
	Platforms []dagger.Platform
	// +private
	Pinned bool
	// +private
	NewOnly string
}

// WithPolicy says what a component may not decide about itself.
//
// It is judged before anything is run: by `check`, by `deliver`, and where one
// component is checked or published. Of a component that breaks it nothing is run,
// and the error names each setting, its file, and what to do; the others go on.
// What a kind of component cannot have, such as a formatter, is left out, and said.
func (m *PingvasCi) WithPolicy(
	// Gates that must check something: lint, format, typecheck, test. One that is
	// switched off, or runs a command that does nothing, does not.
	// +optional
	gates []string,
	// The least coverage threshold in percent: a component whose own is lower is
	// judged by this one.
	// +optional
	coverage float64,
	// Refuse packages that no hash stands for, and the setting allow-unhashed.
	// +optional
	hashed bool,
	// Refuse requirements from a second index, and the setting allow-extra-index.
	// +optional
	noExtraIndex bool,
	// Refuse the setting allow-emulation.
	// +optional
	noEmulation bool,
	// Platforms that each component must be built for: linux/amd64, linux/arm64.
	// +optional
	platforms []dagger.Platform,
	// Refuse Dockerfiles that take an image without a digest, which the image lock
	// has none for either, or a download without a checksum.
	// +optional
	pinned bool,
	// For code that was never linted: of a Python service's or a CUDA worker's own lint,
	// format and types, fail with what lies in lines that changed since this commit,
	// branch or tag, such as origin/main, and count the rest.
	// +optional
	newOnly string,
) (*PingvasCi, error) {
	with := *m
	with.Policy = &Policy{
		Gates: gates, Coverage: coverage, Hashed: hashed, NoExtraIndex: noExtraIndex, NoEmulation: noEmulation,
		Platforms: platforms, Pinned: pinned,
		NewOnly: newOnly,
	}
	if policy := with.Policy.floor(); newOnly == "" || policy.Asks() {
		return &with, policy.Check()
	}
	return &with, nil
}

// floor is the policy as components are judged by it: of nothing without one.
func (p *Policy) floor() floor.Policy {
	if p == nil {
		return floor.Policy{}
	}
	return floor.Policy{
		Gates: p.Gates, Coverage: p.Coverage, Hashed: p.Hashed, NoExtraIndex: p.NoExtraIndex, NoEmulation: p.NoEmulation,
		Platforms: ground.Each(p.Platforms, func(platform dagger.Platform) string { return string(platform) }), Pinned: p.Pinned,
	}
}

// newOnly is the commit since which lines count; empty where all do.
func (p *Policy) newOnly() string {
	if p == nil || gitrepo.IsZero(p.NewOnly) {
		return ""
	}
	return p.NewOnly
}
