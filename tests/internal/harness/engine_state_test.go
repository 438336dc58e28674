package harness

import (
	"bytes"
	"compress/gzip"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// TestNeedles finds texts in a compressed file, and where two parts meet that
// are read one after the other, and not in what is older.
func TestNeedles(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	put := func(name string, content []byte) {
		require.NoError(t, os.WriteFile(filepath.Join(dir, name), content, 0o600))
	}
	put("old", []byte("a needle"))
	time.Sleep(20 * time.Millisecond) // The kernel's clock for files is a coarse one.
	since := time.Now()
	time.Sleep(20 * time.Millisecond)
	put("between", slices.Concat(bytes.Repeat([]byte("x"), 1<<20-3), []byte("a needle")))
	put("none", []byte("a needl, and another"))
	var compressed bytes.Buffer
	writer := gzip.NewWriter(&compressed)
	_, err := writer.Write([]byte("another needle"))
	require.NoError(t, errors.Join(err, writer.Close()))
	put("compressed", compressed.Bytes())
	require.NoError(t, os.Chtimes(filepath.Join(dir, "compressed"), time.Time{}, time.Unix(0, 0)))

	files, err := changedSince(dir, since)
	require.NoError(t, err)
	found := map[string][]string{}
	for _, file := range files {
		found[filepath.Base(file)], err = newNeedles("a needle", "another needle", "nothing").in(file)
		require.NoError(t, err)
	}
	assert.Equal(t, map[string][]string{"between": {"a needle"}, "compressed": {"another needle"}, "none": nil}, found)
}
