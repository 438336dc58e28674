package registry_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// TestLayers: each layer has its size, and the step that made it; steps that made none
// are passed over.
func TestLayers(t *testing.T) {
	image, _ := scanned(t, "linux/arm64")
	layers, err := image.Layers()
	require.NoError(t, err)
	require.Len(t, layers, 2)
	for _, l := range layers {
		assert.Regexp(t, `^sha256:[0-9a-f]{64}$`, l.Digest)
		assert.Regexp(t, `^sha256:[0-9a-f]{64}$`, l.DiffID)
		assert.Positive(t, l.Size)
		assert.Equal(t, "random", l.CreatedBy)
	}
	assert.NotEqual(t, layers[0].Digest, layers[1].Digest)
}
