package harness

import (
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// SecretInputs are the secret parameters of the module's functions, as its code
// names them: Function.parameter.
func SecretInputs(t *testing.T) (inputs []string) {
	t.Helper()
	files, err := filepath.Glob("../ci/*.go")
	require.NoError(t, err)
	for _, name := range files {
		if strings.HasSuffix(name, ".gen.go") {
			continue
		}
		file, err := parser.ParseFile(token.NewFileSet(), name, nil, 0)
		require.NoError(t, err)
		for _, declaration := range file.Decls {
			function, is := declaration.(*ast.FuncDecl)
			if !is || function.Recv == nil || !function.Name.IsExported() {
				continue
			}
			for _, field := range function.Type.Params.List {
				if isSecret(field.Type) {
					inputs = append(inputs, function.Name.Name+"."+field.Names[0].Name)
				}
			}
		}
	}
	return inputs
}

// isSecret tells whether a type is *dagger.Secret.
func isSecret(of ast.Expr) bool {
	pointer, is := of.(*ast.StarExpr)
	if !is {
		return false
	}
	selector, is := pointer.X.(*ast.SelectorExpr)
	return is && selector.Sel.Name == "Secret"
}
