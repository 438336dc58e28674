package policy

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// inputs are the objects that hold what the caller has given, and nothing that
// a call has made.
var inputs = map[string]bool{"PingvasCi": true, "Gitops": true}

// TestEveryFunctionThatReturnsFilesHasACachePolicy: an object of ours that the
// engine kept from an earlier session may refer to files that it has dropped
// since. So a function that returns one says how long it may be kept.
func TestEveryFunctionThatReturnsFilesHasACachePolicy(t *testing.T) {
	structs, functions := objects(t)
	found := 0
	for _, function := range functions {
		result := resultOf(function)
		if inputs[result] || !holdsFiles(result, structs, map[string]bool{}) {
			continue
		}
		found++
		assert.Regexp(t, `\+cache="(never|session)"`, function.Doc.Text(), "%s returns files in %s", function.Name.Name, result)
	}
	require.GreaterOrEqual(t, found, 3, "the test no longer finds what it looks for")
}

// TestTheReaderFindsFiles is the other direction, on code of its own.
func TestTheReaderFindsFiles(t *testing.T) {
	file, err := parser.ParseFile(token.NewFileSet(), "own.go", `package own
type Scan struct { platforms []*Platform }
type Platform struct { Report *dagger.File }
type Plan struct { Names []string; ci *PingvasCi }`, 0)
	require.NoError(t, err)
	structs := map[string]*ast.StructType{}
	for name, object := range file.Scope.Objects {
		structs[name] = object.Decl.(*ast.TypeSpec).Type.(*ast.StructType)
	}
	assert.True(t, holdsFiles("Scan", structs, map[string]bool{}))
	assert.False(t, holdsFiles("Plan", structs, map[string]bool{}))
}

// objects are the module's own types, and the functions of them.
func objects(t *testing.T) (structs map[string]*ast.StructType, functions []*ast.FuncDecl) {
	t.Helper()
	structs = map[string]*ast.StructType{}
	files, err := filepath.Glob(filepath.Join(module, "*.go"))
	require.NoError(t, err)
	for _, name := range files {
		text, err := os.ReadFile(name)
		require.NoError(t, err)
		if strings.HasSuffix(name, ".gen.go") {
			continue
		}
		file, err := parser.ParseFile(token.NewFileSet(), name, text, parser.ParseComments)
		require.NoError(t, err)
		ast.Inspect(file, func(node ast.Node) bool {
			switch node := node.(type) {
			case *ast.TypeSpec:
				if fields, is := node.Type.(*ast.StructType); is {
					structs[node.Name.Name] = fields
				}
			case *ast.FuncDecl:
				if ofObject(node) && node.Name.IsExported() {
					functions = append(functions, node)
				}
				return false
			}
			return true
		})
	}
	return structs, functions
}

// resultOf is the type that a function returns, without pointers and slices.
func resultOf(function *ast.FuncDecl) string {
	if function.Type.Results == nil {
		return ""
	}
	return element(function.Type.Results.List[0].Type)
}

// element is a type's name without pointers and slices, with its package.
func element(of ast.Expr) string {
	switch of := of.(type) {
	case *ast.StarExpr:
		return element(of.X)
	case *ast.ArrayType:
		return element(of.Elt)
	case *ast.SelectorExpr:
		return element(of.X) + "." + of.Sel.Name
	case *ast.Ident:
		return of.Name
	}
	return ""
}

// holdsFiles tells whether there is a file in a type of ours, however deep.
func holdsFiles(name string, structs map[string]*ast.StructType, seen map[string]bool) bool {
	fields, ours := structs[name]
	if !ours || seen[name] || inputs[name] {
		return false
	}
	seen[name] = true
	for _, field := range fields.Fields.List {
		of := element(field.Type)
		if of == "dagger.File" || of == "dagger.Directory" || of == "dagger.Container" || holdsFiles(of, structs, seen) {
			return true
		}
	}
	return false
}
