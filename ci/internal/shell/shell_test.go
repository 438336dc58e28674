package shell_test

import (
	"os/exec"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pingvas/pingvas-ci/ci/internal/shell"
)

// TestQuoted: a shell has the text as it was.
func TestQuoted(t *testing.T) {
	for _, text := range []string{"", "a b", "it's $HOME; `id`", "''", "a\nb", `\`} {
		printed, err := exec.CommandContext(t.Context(), "sh", "-c", "printf %s "+shell.Quoted(text)).Output()
		require.NoError(t, err)
		assert.Equal(t, text, string(printed))
	}
}
