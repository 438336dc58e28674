package policy

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// TestEveryFunctionSaysInOneLineWhatItDoes: `dagger functions` shows the first
// line of a doc comment, so that line is a sentence.
func TestEveryFunctionSaysInOneLineWhatItDoes(t *testing.T) {
	_, functions := objects(t)
	require.NotEmpty(t, functions)
	for _, function := range functions {
		line, _, _ := strings.Cut(function.Doc.Text(), "\n")
		assert.Regexp(t, `^[A-Z].*\.$`, line, "%s of the module has no first line that is a sentence", function.Name.Name)
	}
}
