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

// TestWhatHoldsFilesIsNotKept reads the module's code: a function that makes an
// object with files in it must say that the object is not kept beyond the
// session. The engine keeps the object and drops the files, and a later session
// that gets the object finds "missing shared result".
//
// What holds files that the caller gave is found again with them: the module's
// own object, and what leads back to it, are no such objects.
func TestWhatHoldsFilesIsNotKept(t *testing.T) {
	var files []*ast.File
	entries, err := os.ReadDir(module)
	require.NoError(t, err)
	for _, entry := range entries {
		if name := entry.Name(); strings.HasSuffix(name, ".go") && name != "dagger.gen.go" {
			file, err := parser.ParseFile(token.NewFileSet(), filepath.Join(module, name), nil, parser.ParseComments)
			require.NoError(t, err)
			files = append(files, file)
		}
	}
	found := makers(files)
	require.Contains(t, found, "PythonService.Scan", "the test no longer finds what it looks for")
	for name, doc := range found {
		assert.Regexp(t, `\+cache="(never|session)"`, doc, "%s makes an object with files in it, and says not how long it is kept", name)
	}
}

// TestTheReaderFindsHeldFiles is the other direction, on code of its own.
func TestTheReaderFindsHeldFiles(t *testing.T) {
	file, err := parser.ParseFile(token.NewFileSet(), "a.go", `package main
type PingvasCi struct { Source *dagger.Directory }
type Scan struct { Platforms []*PlatformScan }
type PlatformScan struct { Report *dagger.File }
type Plan struct { Ci *PingvasCi; Text string }
func (m *PingvasCi) Scan() (*Scan, error) { return nil, nil }
func (m *PingvasCi) Each() []*PlatformScan { return nil }
func (m *PingvasCi) Plan() *Plan { return nil }
func (m *PingvasCi) WithGate() *PingvasCi { return nil }
func (m *PingvasCi) scan() *Scan { return nil }
func (p *PlatformScan) Table() string { return "" }
`, parser.ParseComments)
	require.NoError(t, err)
	found := makers([]*ast.File{file})
	assert.Len(t, found, 2)
	assert.Contains(t, found, "PingvasCi.Scan")
	assert.Contains(t, found, "PingvasCi.Each")
}

// makers are the doc comments of the functions that return what holds files.
func makers(files []*ast.File) map[string]string {
	structs := map[string]*ast.StructType{}
	for _, file := range files {
		ast.Inspect(file, func(node ast.Node) bool {
			if spec, is := node.(*ast.TypeSpec); is {
				if of, isStruct := spec.Type.(*ast.StructType); isStruct {
					structs[spec.Name.Name] = of
				}
			}
			return true
		})
	}
	found := map[string]string{}
	for _, file := range files {
		for _, declaration := range file.Decls {
			function, is := declaration.(*ast.FuncDecl)
			if !is || !function.Name.IsExported() || !ofObject(function) || function.Type.Results == nil {
				continue
			}
			name := element(function.Type.Results.List[0].Type)
			if of, ours := structs[name]; ours && name != root && holds(of, structs, map[string]bool{root: true, name: true}) {
				found[element(function.Recv.List[0].Type)+"."+function.Name.Name] = function.Doc.Text()
			}
		}
	}
	return found
}

// root is the module's own object, whose files are the caller's.
const root = "PingvasCi"

// holds tells whether a type has files or directories in it, at any depth.
func holds(of *ast.StructType, structs map[string]*ast.StructType, seen map[string]bool) bool {
	for _, field := range of.Fields.List {
		name := element(field.Type)
		if name == "dagger.File" || name == "dagger.Directory" {
			return true
		}
		if inner, ours := structs[name]; ours && !seen[name] {
			seen[name] = true
			if holds(inner, structs, seen) {
				return true
			}
		}
	}
	return false
}

// element is the name of a type, or of what it points to or lists.
func element(of ast.Expr) string {
	switch of := of.(type) {
	case *ast.StarExpr:
		return element(of.X)
	case *ast.ArrayType:
		return element(of.Elt)
	case *ast.Ident:
		return of.Name
	case *ast.SelectorExpr:
		return element(of.X) + "." + of.Sel.Name
	}
	return ""
}
