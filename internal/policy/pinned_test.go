package policy

import (
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestEveryImageIsPinned: no reference in the table goes without a digest.
func TestEveryImageIsPinned(t *testing.T) {
	text, err := os.ReadFile(filepath.Join(module, "internal/images/public.go"))
	require.NoError(t, err)
	references := regexp.MustCompile(`Reference:\s+("[^"]*")`).FindAllSubmatch(text, -1)
	require.GreaterOrEqual(t, len(references), 8)
	for _, reference := range references {
		value, err := strconv.Unquote(string(reference[1]))
		require.NoError(t, err)
		require.Regexp(t, `^[a-z0-9.-]+/[a-z0-9/-]+:[a-zA-Z0-9._-]+@sha256:[0-9a-f]{64}$`, value)
	}
}

// TestEveryToolIsPinned: what the module installs itself is locked by hash.
func TestEveryToolIsPinned(t *testing.T) {
	text, err := os.ReadFile(filepath.Join(module, "internal/graph/kinds/python/uv.go"))
	require.NoError(t, err)
	require.Len(t, regexp.MustCompile(`--hash=sha256:[0-9a-f]{64}`).FindAll(text, -1), 2)
}
