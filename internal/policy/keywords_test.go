package policy

import (
	"go/ast"
	"go/token"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// TestNoFieldIsAKeyword: the client that Dagger generates for Go keeps a field of an
// object under its name with a small letter, and does not compile where that is a
// word of the language's.
func TestNoFieldIsAKeyword(t *testing.T) {
	faces := find(t, pipeline(t), "")
	looked := 0
	for _, file := range faces.Syntax {
		ast.Inspect(file, func(n ast.Node) bool {
			of, is := n.(*ast.StructType)
			if !is {
				return true
			}
			for _, field := range of.Fields.List {
				for _, name := range field.Names {
					looked++
					small := strings.ToLower(name.Name[:1]) + name.Name[1:]
					assert.False(t, token.IsKeyword(small), "%s: the field %s would be called %s: choose another name", faces.Fset.Position(name.Pos()), name.Name, small)
				}
			}
			return true
		})
	}
	require.Greater(t, looked, 100, "the test no longer finds what it looks for")
}
