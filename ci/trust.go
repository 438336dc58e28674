package main

import "github.com/pingvas/pingvas-ci/ci/internal/graph/ground"

// WithTrust says that the source is reviewed code of a repository.
//
// What the repository's own tools and tests keep between runs, such as mypy's
// cache and the cache-volumes of the settings, is then used by its checks, for this
// repository alone. Never by a delivery: nothing that code of a repository can
// write decides what is shipped. Not for a pull request's code.
func (m *PingvasCi) WithTrust(
	// The repository that all who can write to what is kept answer for, such as
	// pingvas/pingvas-studio. It is yours to say: a source's own word counts for
	// nothing.
	repository string,
) (*PingvasCi, error) {
	with := *m
	with.TrustedAs = repository
	return &with, with.trust().Check()
}

// trust is how far the source is trusted.
func (m *PingvasCi) trust() ground.Trust {
	return ground.TrustOf(m.Untrusted, m.TrustedAs)
}
