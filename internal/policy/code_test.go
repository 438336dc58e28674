// Package policy has the tests that read the pipeline's own code: rules that no
// compiler checks. It is no part of the pipeline's module, which would load what
// these tests need with every call.
package policy

import (
	"errors"
	"go/ast"
	"go/parser"
	"go/token"
	"go/types"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
	"golang.org/x/tools/go/packages"
)

// module is the folder of the pipeline's module, whose objects are in its own
// package main, and modulePath is what it is imported by.
const (
	module     = "../../ci"
	modulePath = "github.com/pingvas/pingvas-ci/ci"
)

// read is the pipeline's code with its types, read once for all tests.
var read = sync.OnceValues(func() ([]*packages.Package, error) { return load(module) })

// load reads the module in a folder: its own packages from their text, all
// others from what the compiler says of them.
func load(dir string) ([]*packages.Package, error) {
	if err := watched(dir); err != nil {
		return nil, err
	}
	all, err := packages.Load(&packages.Config{
		Dir: dir,
		Env: append(os.Environ(), "GOWORK=off"),
		Mode: packages.NeedName | packages.NeedFiles | packages.NeedCompiledGoFiles | packages.NeedImports |
			packages.NeedTypes | packages.NeedSyntax | packages.NeedTypesInfo | packages.NeedExportFile,
	}, "./...")
	for _, p := range all {
		for _, wrong := range p.Errors {
			err = errors.Join(err, wrong)
		}
	}
	return all, err
}

// watched has go test see every folder of the code: a result that it remembers
// must not outlive a new file, which only the go command's own process reads.
func watched(dir string) error {
	return filepath.WalkDir(dir, func(_ string, _ fs.DirEntry, err error) error { return err })
}

// pipeline is the pipeline's code.
func pipeline(t *testing.T) []*packages.Package {
	t.Helper()
	all, err := read()
	require.NoError(t, err, "the code in ci/ must build before it can be judged")
	require.Greater(t, len(all), 40, "the test no longer finds what it looks for")
	return all
}

// shipped is the part of code that a package imports, at any depth, and itself:
// what only tests import is not there when the engine calls.
func shipped(code []*packages.Package, from *packages.Package) (all []*packages.Package) {
	reached := map[string]bool{}
	packages.Visit([]*packages.Package{from}, nil, func(p *packages.Package) { reached[p.PkgPath] = true })
	for _, p := range code {
		if reached[p.PkgPath] {
			all = append(all, p)
		}
	}
	return all
}

// text is a package of a test's own, by its path below the module's.
type text struct{ below, code string }

// written is code of a test's own, of which each package imports none but
// earlier ones.
func written(t *testing.T, texts ...text) []*packages.Package {
	t.Helper()
	known := imported{}
	var all []*packages.Package
	for _, of := range texts {
		p := &packages.Package{PkgPath: strings.TrimSuffix(modulePath+"/"+of.below, "/"), Fset: token.NewFileSet(), TypesInfo: &types.Info{
			Types: map[ast.Expr]types.TypeAndValue{}, Defs: map[*ast.Ident]types.Object{}, Uses: map[*ast.Ident]types.Object{},
		}}
		file, err := parser.ParseFile(p.Fset, path.Join(of.below, "a.go"), of.code, parser.ParseComments)
		require.NoError(t, err)
		p.Syntax = []*ast.File{file}
		config := types.Config{Importer: known}
		p.Types, err = config.Check(p.PkgPath, p.Fset, p.Syntax, p.TypesInfo)
		require.NoError(t, err)
		known[p.PkgPath] = p.Types
		all = append(all, p)
	}
	return all
}

// imported finds the packages that were checked before.
type imported map[string]*types.Package

func (i imported) Import(path string) (*types.Package, error) {
	if p, known := i[path]; known {
		return p, nil
	}
	return nil, errors.New("no such package: " + path)
}

// find is one package of code, by its path below the module's.
func find(t *testing.T, code []*packages.Package, below string) *packages.Package {
	t.Helper()
	for _, p := range code {
		if p.PkgPath == strings.TrimSuffix(modulePath+"/"+below, "/") {
			return p
		}
	}
	require.Fail(t, "the test no longer finds what it looks for", "the package %s/%s", module, below)
	return nil
}

// short is the full name of a function, type or variable, as in
// (*graph/publishing.Registry).Ping, without the part that all of ours share.
// Objects of package main have no path.
func short(full string) string {
	return strings.NewReplacer(modulePath+"/internal/", "", modulePath+".", "").Replace(full)
}

// generated tells code that Dagger wrote.
func generated(p *packages.Package, file *ast.File) bool {
	return strings.HasSuffix(p.Fset.Position(file.Pos()).Filename, ".gen.go")
}
