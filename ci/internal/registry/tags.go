// Package registry speaks to container registries: it names tags, looks up
// what was pushed, compares it with what was scanned, and pushes an OCI layout
// without changing a byte of it. Package ecr adds what only Amazon has.
package registry

import (
	"fmt"
	"regexp"

	"github.com/pingvas/pingvas-ci/ci/internal/names"
)

// A source without git history goes by its content: tree-, and a hash of it.
var commitPattern = regexp.MustCompile(`^(tree-)?[0-9a-f]{7,64}$`)

// Tags returns the tags of an image built from commit on branch: the commit
// with the component's suffix, "-cuda" for a CUDA worker; on develop also
// develop-latest; and latest when asked, which immutable repositories refuse.
// The commit's tag comes first, and is the one that manifests carry.
func Tags(suffix, commit, branch string, latest bool) ([]string, error) {
	if !commitPattern.MatchString(commit) {
		return nil, fmt.Errorf("tags: %q is no commit. Give its full hexadecimal hash", commit)
	}
	tags := []string{commit + suffix}
	if branch == "develop" {
		tags = append(tags, "develop-latest"+suffix)
	}
	if latest {
		tags = append(tags, "latest"+suffix)
	}
	for _, t := range tags {
		if err := names.Tag(t); err != nil {
			return nil, fmt.Errorf("tags: %w", err)
		}
	}
	return tags, nil
}

// MutableTags are the tags that move, as patterns of an ECR repository's
// exceptions from immutability.
func MutableTags() []string { return []string{"develop-latest*", "latest*"} }

// addressPattern is a registry's host, optional port, and optional path.
var addressPattern = regexp.MustCompile(`^[a-zA-Z0-9](?:[a-zA-Z0-9.-]*[a-zA-Z0-9])?(?::[0-9]{1,5})?(?:/[a-z0-9]+(?:[._/-][a-z0-9]+)*)?$`)

// CheckAddress refuses what is no registry's address: a scheme, credentials, a
// tag.
func CheckAddress(address string) error {
	if !addressPattern.MatchString(address) {
		return fmt.Errorf("registry address %q: give a host, an optional port and an optional path, such as registry.example:5000/team", address)
	}
	return nil
}
