package policy

import (
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// TestEveryFunctionSaysInOneLineWhatItDoes: `dagger functions` shows the first
// line of a doc comment, so that line is a sentence.
func TestEveryFunctionSaysInOneLineWhatItDoes(t *testing.T) {
	files, err := filepath.Glob(filepath.Join(module, "*.go"))
	require.NoError(t, err)
	found := 0
	for _, name := range files {
		file, err := parser.ParseFile(token.NewFileSet(), name, nil, parser.ParseComments)
		require.NoError(t, err)
		for _, declaration := range file.Decls {
			function, is := declaration.(*ast.FuncDecl)
			if !is || !ofObject(function) || !function.Name.IsExported() || strings.HasSuffix(name, ".gen.go") {
				continue
			}
			found++
			line, _, _ := strings.Cut(function.Doc.Text(), "\n")
			assert.Regexp(t, `^[A-Z].*\.$`, line, "%s: the first line of %s is no sentence", filepath.Base(name), function.Name.Name)
		}
	}
	require.Greater(t, found, 100, "the test no longer finds what it looks for")
}
