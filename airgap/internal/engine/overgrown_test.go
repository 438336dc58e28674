package engine

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pingvas/pingvas-ci/airgap/internal/state"
)

func TestOvergrown(t *testing.T) {
	dir, err := state.Open(t.TempDir())
	require.NoError(t, err)
	assert.False(t, Overgrown(dir), "a new one")
	grow := func(size int64) {
		require.NoError(t, os.MkdirAll(dir.Engine(), 0o755))
		list, err := os.Create(records(dir))
		require.NoError(t, err)
		require.NoError(t, list.Truncate(size))
		require.NoError(t, list.Close())
	}
	grow(mostRecords)
	assert.False(t, Overgrown(dir))
	grow(mostRecords + 1)
	assert.True(t, Overgrown(dir))

	built := filepath.Join(dir.Cache(), "built")
	require.NoError(t, os.MkdirAll(built, 0o755))
	require.NoError(t, Forget(dir))
	assert.False(t, Overgrown(dir))
	assert.NoDirExists(t, dir.Engine())
	assert.DirExists(t, built)
}
