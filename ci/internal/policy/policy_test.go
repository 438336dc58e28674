// Package policy has the tests that read the module's own code: rules that no
// compiler checks.
package policy

import (
	"go/ast"
	"go/parser"
	"go/token"
	"maps"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// What reaches outside of the engine: calls of these are effects, or reads of
// something that changes by itself.
var world = map[string]bool{
	"gitrepo.Update": true, "gitrepo.CanPush": true, "notify.Send": true,
	"gitops.Propose": true, "hub.HasOpenPullRequest": true, "argocd.Connect": true, "registry.Resolve": true,
	"registry.Tag": true, "registry.Ping": true, "registry.Push": true,
	"registry.Fetch": true, "Publish": true,
}

// TestEveryFunctionThatTouchesTheWorldHasACachePolicy reads the module's code:
// an exported function from which a call of the world can be reached must say
// how long its result may be reused.
func TestEveryFunctionThatTouchesTheWorldHasACachePolicy(t *testing.T) {
	calls, docs := read(t)
	found := 0
	for name, doc := range docs {
		if way := reaches(name, calls, map[string]bool{}); way != "" {
			found++
			assert.Regexp(t, `\+cache="(never|session|[0-9]+[smh])"`, doc, "%s touches the world and has no cache policy: %s", name, way)
		}
	}
	require.GreaterOrEqual(t, found, 6, "the test no longer finds what it looks for")
}

// TestTheReaderFindsAMissingPolicy is the other direction, on code of its own.
func TestTheReaderFindsAMissingPolicy(t *testing.T) {
	calls := map[string][]string{"Deliver": {"helper"}, "helper": {"registry.Tag"}, "Table": {"strings.Join"}}
	require.Equal(t, "Deliver > helper > registry.Tag", reaches("Deliver", calls, map[string]bool{}))
	require.Empty(t, reaches("Table", calls, map[string]bool{}))
}

// TestEveryImageIsPinned: no reference in the table goes without a digest.
func TestEveryImageIsPinned(t *testing.T) {
	text, err := os.ReadFile(filepath.Join(module, "images.go"))
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
	text, err := os.ReadFile(filepath.Join(module, "python.go"))
	require.NoError(t, err)
	require.Len(t, regexp.MustCompile(`--hash=sha256:[0-9a-f]{64}`).FindAll(text, -1), 2)
}

// module is the folder of the module's own code.
const module = "../.."

// read returns what each function of the package calls, by the callee's name,
// and the doc comments of the exported functions of the module's objects.
func read(t *testing.T) (calls map[string][]string, docs map[string]string) {
	t.Helper()
	calls, docs = map[string][]string{}, map[string]string{}
	entries, err := os.ReadDir(module)
	require.NoError(t, err)
	for _, entry := range entries {
		name := entry.Name()
		if !strings.HasSuffix(name, ".go") || strings.HasSuffix(name, "_test.go") || name == "dagger.gen.go" {
			continue
		}
		file, err := parser.ParseFile(token.NewFileSet(), filepath.Join(module, name), nil, parser.ParseComments)
		require.NoError(t, err)
		for _, declaration := range file.Decls {
			function, isFunction := declaration.(*ast.FuncDecl)
			if !isFunction {
				continue
			}
			calls[function.Name.Name] = append(calls[function.Name.Name], callees(function, imports(file))...)
			if ofObject(function) && function.Name.IsExported() {
				docs[function.Name.Name] += function.Doc.Text()
			}
		}
	}
	return calls, docs
}

// ofObject tells whether a function is a method of an exported type: those are
// what the engine calls.
func ofObject(function *ast.FuncDecl) bool {
	if function.Recv == nil {
		return false
	}
	receiver := function.Recv.List[0].Type
	if pointer, isPointer := receiver.(*ast.StarExpr); isPointer {
		receiver = pointer.X
	}
	name, named := receiver.(*ast.Ident)
	return named && name.IsExported()
}

// imports are the names under which a file knows other packages.
func imports(file *ast.File) map[string]bool {
	names := map[string]bool{}
	for _, spec := range file.Imports {
		names[path.Base(strings.Trim(spec.Path.Value, `"`))] = true
	}
	return names
}

// callees lists the calls in a function: package.Name of another package, and
// Name of this one. Methods go by their name, whatever they are methods of.
func callees(function *ast.FuncDecl, imported map[string]bool) []string {
	found := map[string]bool{}
	ast.Inspect(function, func(node ast.Node) bool {
		call, isCall := node.(*ast.CallExpr)
		if !isCall {
			return true
		}
		switch callee := call.Fun.(type) {
		case *ast.Ident:
			found[callee.Name] = true
		case *ast.SelectorExpr:
			of, named := callee.X.(*ast.Ident)
			if named {
				found[of.Name+"."+callee.Sel.Name] = true
			}
			if !named || !imported[of.Name] {
				found[callee.Sel.Name] = true
			}
		}
		return true
	})
	return slices.Collect(maps.Keys(found))
}

// reaches returns the way of calls from a function to the world, if there is one.
func reaches(name string, calls map[string][]string, seen map[string]bool) string {
	if world[name] {
		return name
	}
	if seen[name] {
		return ""
	}
	seen[name] = true
	for _, callee := range calls[name] {
		if way := reaches(callee, calls, seen); way != "" {
			return name + " > " + way
		}
	}
	return ""
}
