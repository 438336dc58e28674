package enginedir

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestHold(t *testing.T) {
	dir := t.TempDir()
	release, err := Hold(dir)
	require.NoError(t, err)
	_, err = Hold(dir)
	require.ErrorIs(t, err, ErrInUse, "an engine would hold it in the same way")
	release()
	assert.NoFileExists(t, filepath.Join(dir, lockFile))
	release, err = Hold(dir)
	require.NoError(t, err)
	release()
	_, err = Hold(filepath.Join(dir, "none"))
	require.ErrorIs(t, err, os.ErrNotExist)
}

func TestWorth(t *testing.T) {
	dir := t.TempDir()
	require.ErrorContains(t, Worth(dir), "no state of an engine")
	require.NoError(t, os.WriteFile(filepath.Join(dir, database), []byte("SQLite"), 0o600))
	require.NoError(t, Worth(dir))
	require.NoError(t, os.WriteFile(filepath.Join(dir, journal), nil, 0o600))
	require.NoError(t, Worth(dir))
	require.NoError(t, os.WriteFile(filepath.Join(dir, journal), []byte("x"), 0o600))
	require.ErrorContains(t, Worth(dir), "killed")
}

func TestEmpty(t *testing.T) {
	dir := t.TempDir()
	empty, err := Empty(dir)
	require.NoError(t, err)
	assert.True(t, empty)
	empty, err = Empty(filepath.Join(dir, "none"))
	require.NoError(t, err)
	assert.True(t, empty)
	require.NoError(t, Mark(dir, []byte("{}")))
	empty, err = Empty(dir)
	require.NoError(t, err)
	assert.True(t, empty, "its mark is no state")
	require.NoError(t, os.WriteFile(filepath.Join(dir, "a"), nil, 0o600))
	empty, err = Empty(dir)
	require.NoError(t, err)
	assert.False(t, empty)
}

func TestMark(t *testing.T) {
	dir, other := t.TempDir(), filepath.Join(t.TempDir(), "other")
	origin, err := Origin(dir)
	require.NoError(t, err)
	assert.Nil(t, origin)
	require.NoError(t, Unmark(dir))
	require.NoError(t, os.Symlink(other, filepath.Join(dir, originFile)))
	for _, text := range []string{"long one", "two"} {
		require.NoError(t, Mark(dir, []byte(text)))
		origin, err = Origin(dir)
		require.NoError(t, err)
		assert.Equal(t, text, string(origin))
	}
	assert.NoFileExists(t, other, "no link is followed")
	assert.Contains(t, Left(), originFile, "it is not packed")
}
