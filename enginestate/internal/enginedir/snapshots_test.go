package enginedir

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pingvas/pingvas-ci/enginestate/internal/enginetest"
)

func engine(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	all := []enginetest.Snapshot{
		{ID: 200, Name: "layer", Kind: enginetest.Committed, Keeps: "lease"},
		{ID: 201, Name: "cache", Kind: enginetest.Active, Keeps: "lease"},
		{ID: 202, Name: "over", Parent: "layer", Kind: enginetest.Committed, Keeps: "lease"},
		{ID: 203, Name: "stopped", Parent: "over", Kind: enginetest.Active},
		{ID: 204, Name: "cache-of-a-directory", Parent: "over", Kind: enginetest.Active, Keeps: "lease"},
		{ID: 205, Name: "labelled", Parent: "over", Kind: enginetest.Active, Keeps: "label"},
		{ID: 206, Name: "view", Parent: "over", Kind: enginetest.View},
		{ID: 207, Name: "gone", Kind: enginetest.Committed, Keeps: "lease"},
	}
	enginetest.Write(t, dir, all)
	for _, s := range all[:len(all)-1] {
		require.NoError(t, os.MkdirAll(filepath.Join(dir, s.Path()), 0o755))
	}
	return dir
}

func TestTrees(t *testing.T) {
	dir := engine(t)
	require.NoError(t, os.MkdirAll(filepath.Join(dir, Content, "blobs"), 0o755))
	trees, err := Trees(dir)
	require.NoError(t, err)
	assert.ElementsMatch(t, []Tree{
		{Content, true}, {"worker/snapshots/snapshots/200", false},
		{"worker/snapshots/snapshots/201/fs", true}, {"worker/snapshots/snapshots/202", false},
	}, trees)

	trees, err = Trees(t.TempDir())
	require.NoError(t, err)
	assert.Empty(t, trees, "an engine that has no snapshots")
	require.NoError(t, os.WriteFile(filepath.Join(dir, snapshotsDB), []byte("damaged"), 0o600))
	_, err = Trees(dir)
	require.ErrorContains(t, err, "metadata.db")
}

func TestGarbage(t *testing.T) {
	dir := engine(t)
	garbage, err := Garbage(dir)
	require.NoError(t, err)
	assert.Equal(t, []string{"worker/snapshots/snapshots/203"}, garbage)

	require.NoError(t, os.Remove(filepath.Join(dir, metadataDB)))
	garbage, err = Garbage(dir)
	require.NoError(t, err)
	assert.Empty(t, garbage, "nothing tells that it is")
}
