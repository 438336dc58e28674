package main

import "github.com/pingvas/pingvas-ci/ci/internal/record"

// Delivered is a component's image in a registry.
type Delivered struct {
	// Component is the component's name.
	Component string
	// Repository is the image's name, with its registry.
	Repository string
	// Also are its names in further registries.
	Also []string
	// Tags are the tags that it was published under.
	Tags []string
	// TagsLeft are the tags that move, such as develop-latest, and were left
	// where they are: at the image of a newer commit.
	TagsLeft []string
	// Digest is the digest of the image's multi-platform index.
	Digest string
	// Platforms are what it runs on.
	Platforms []string
	// Size is how many bytes a registry holds of it, for all platforms.
	Size int
	// Scan says in one line what Trivy found in it.
	Scan string
	// Findings is how many that are, on the first platform.
	Findings int
	// BaseFindings are those among them that it inherits from its base.
	BaseFindings int
	// UnfixedFindings are those that nobody can mend yet.
	UnfixedFindings int
	// Worst names the findings of CRITICAL and HIGH, such as CVE-2026-0001/starlette,
	// on the first platform, those that are suppressed among them.
	Worst []string
	// Kept tells that an earlier run of the commit had published it: it was
	// scanned anew, and not built again.
	Kept bool
	// Unpinned are the images that it is built from and that nobody pinned: other
	// bytes may stand behind their names tomorrow.
	Unpinned []string
}

// Json returns what was published for programs.
func (d *Delivered) Json() (string, error) {
	return (*record.Image)(d).JSON()
}

// deliveredOf is what was published, as callers see it.
func deliveredOf(i *record.Image) *Delivered { return (*Delivered)(i) }
