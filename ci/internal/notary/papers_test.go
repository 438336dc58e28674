package notary_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// TestPapers: provenance of the image, and two bills of materials for each platform,
// in the bundles that were signed.
func TestPapers(t *testing.T) {
	p := publication(t, "linux/amd64", "linux/arm64")
	repository := newWorld().repositories()[0]
	pushed, err := repository.Publish(t.Context(), p)
	require.NoError(t, err)
	found, err := repository.Papers(t.Context(), component, pushed.Digest)
	require.NoError(t, err)
	var files []string
	for _, paper := range found {
		files = append(files, paper.Name)
		assert.Contains(t, string(paper.Content), "dsseEnvelope")
	}
	assert.Equal(t, []string{
		component + ".provenance.sigstore.json",
		component + ".linux-amd64.cdx.sigstore.json", component + ".linux-amd64.spdx.sigstore.json",
		component + ".linux-arm64.cdx.sigstore.json", component + ".linux-arm64.spdx.sigstore.json",
	}, files)
}
