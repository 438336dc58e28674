package kustomize

import "testing"

// MostKustomizations sets for a test how many a build may read.
func MostKustomizations(t *testing.T, most int) {
	before := mostKustomizations
	mostKustomizations = most
	t.Cleanup(func() { mostKustomizations = before })
}
