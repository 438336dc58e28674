package policy

import (
	"go/ast"
	"go/types"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/tools/go/packages"
)

const table = modulePath + "/internal/images"

var (
	// byDigest is how the table has an image.
	byDigest = regexp.MustCompile(`^[a-z0-9.-]+/[a-z0-9/-]+:[a-zA-Z0-9._-]+@sha256:[0-9a-f]{64}$`)
	// byTag is an image of a registry that is named by its tag alone.
	byTag = regexp.MustCompile(`^[a-z0-9-]+(\.[a-z0-9-]+)+(:\d+)?/[a-z0-9._/-]+:[a-zA-Z0-9._-]+$`)
)

// moving are the functions and variables that name images by tag.
var moving = map[string]string{
	"graph/scanning.databases":     "a vulnerability database is as good as it is new; its age is judged",
	"graph/scanning.javaDatabases": "what names jars is as good as it is new",
	"images.Public":                "an image whose digest nobody has published: Unpinned says why, and a report that it was built on one",
}

// unpublished are the table's references that are said to be unpinned.
var unpublished = map[string]string{
	"docker.io/library/python:3.15-slim": "@sha256:" + strings.Repeat("0", 64),
}

// TestEveryImageIsPinned reads the pipeline's code: the table has every image by
// its digest, containers are made of what the table says, and no image is named
// by its tag outside of it.
func TestEveryImageIsPinned(t *testing.T) {
	code := pipeline(t)
	code = shipped(code, find(t, code, ""))
	references := referencesIn(find(t, code, "internal/images"))
	require.GreaterOrEqual(t, len(references), 8, "the test no longer finds what it looks for")
	for _, reference := range references {
		assert.Regexp(t, byDigest, reference+unpublished[reference])
	}
	for reference := range unpublished {
		assert.Contains(t, references, reference, "it is pinned: correct the list")
	}
	made := imagesOf(code)
	require.Contains(t, made, "(graph/ground.Images).Container", "the test no longer finds what it looks for")
	for name, faults := range made {
		if resolving[name] != "" {
			assert.NotEmpty(t, faults, "%s is of the table: correct the list", name)
			continue
		}
		assert.Empty(t, faults, "%s makes a container of an image that is not from the table. Take its reference from ground.Images", name)
	}
	named := tagsIn(code)
	for name := range moving {
		assert.Contains(t, named, name, "it names no image by a tag any more: correct the list")
	}
	for name, tags := range named {
		assert.Contains(t, moving, name, "%s names %v by tag. Add the image to the table, with its digest", name, tags)
	}
}

// TestTheReaderFindsImagesOutsideOfTheTable is the other direction, on code of
// its own.
func TestTheReaderFindsImagesOutsideOfTheTable(t *testing.T) {
	code := written(t,
		text{"internal/dagger", `package dagger
type Container struct{}
func (c *Container) From(address string) *Container { return c }
`},
		text{"internal/images", `package images
type Image struct{ Name, Reference string }
type Table []Image
var Public = Table{{Name: "a", Reference: "docker.io/library/a:1@sha256:aa"}, {Name: "b", Reference: "b:1"}}
func (t Table) Lookup(name string) (string, bool) { return t[0].Reference, true }
`},
		text{"internal/graph", `package graph
import "github.com/pingvas/pingvas-ci/ci/internal/dagger"
import "github.com/pingvas/pingvas-ci/ci/internal/images"
var c *dagger.Container
var base = "mirror.example/a:1"
func Direct() { c.From("alpine") }
func Variable() { c.From(base) }
func Local(name string) { reference, _ := images.Public.Lookup(name); if name == "" { reference = "alpine:" + name }; c.From(reference) }
func Given(name string) { c.From(name) }
func ours(name string) (string, error) { if reference, known := images.Public.Lookup(name); known { return reference, nil }; return "", nil }
func theirs(name string) (string, error) { return name, nil }
func Through() { reference, _ := ours("a"); c.From(reference) }
func Around() { reference, _ := theirs("a"); c.From(reference) }
func Each() { for _, image := range images.Public { c.From(image.Reference) } }
func Looked() { if reference, known := images.Public.Lookup("a"); known { c.From(reference) } }
`})
	made := imagesOf(code)
	for _, name := range []string{"Direct", "Variable", "Local", "Given", "Around"} {
		assert.NotEmpty(t, made["graph."+name], name)
	}
	for _, name := range []string{"Through", "Each", "Looked"} {
		assert.Contains(t, made, "graph."+name)
		assert.Empty(t, made["graph."+name], name)
	}
	assert.Equal(t, []string{"docker.io/library/a:1@sha256:aa", "b:1"}, referencesIn(find(t, code, "internal/images")))
	assert.Equal(t, map[string][]string{"graph.base": {"mirror.example/a:1"}}, tagsIn(code))
}

// referencesIn are the references of the table's images.
func referencesIn(p *packages.Package) (all []string) {
	eachNode(p, func(name string, node ast.Node) {
		if pair, is := node.(*ast.KeyValueExpr); is && name == "images.Public" {
			if key, is := pair.Key.(*ast.Ident); is && key.Name == "Reference" {
				all = append(all, constantOf(p.TypesInfo, pair.Value))
			}
		}
	})
	return all
}

// tagsIn are the texts of code that name an image by its tag, by the function or
// variable that they are in.
func tagsIn(code []*packages.Package) map[string][]string {
	found := map[string][]string{}
	for _, p := range code {
		eachNode(p, func(name string, node ast.Node) {
			if literal, is := node.(*ast.BasicLit); is {
				if text := constantOf(p.TypesInfo, literal); byTag.MatchString(text) {
					found[name] = append(found[name], text)
				}
			}
		})
	}
	return found
}

// eachNode calls use with every node of what a package declares, and with the
// name of what it is in.
func eachNode(p *packages.Package, use func(name string, node ast.Node)) {
	below := func(name *ast.Ident, of ast.Node) {
		ast.Inspect(of, func(node ast.Node) bool {
			use(nameOf(p.TypesInfo.Defs[name]), node)
			return true
		})
	}
	eachValue(p, func(spec *ast.ValueSpec) { below(spec.Names[0], spec) })
	for _, file := range p.Syntax {
		for _, declaration := range file.Decls {
			if f, is := declaration.(*ast.FuncDecl); is {
				below(f.Name, f)
			}
		}
	}
}

// imagesOf are the functions that make a container of an image, each with the
// expressions that do not come from the table.
func imagesOf(code []*packages.Package) map[string][]string {
	f := followerOf(code)
	found := map[string][]string{}
	for name, within := range f.functions {
		ast.Inspect(within.of, func(node ast.Node) bool {
			if call, is := node.(*ast.CallExpr); is && nameOf(calleeOf(within.p.TypesInfo, call)) == "(*dagger.Container).From" {
				found[name] = append(found[name], f.outside(within, call.Args[0], 0)...)
			}
			return true
		})
	}
	return found
}

// follower follows a value to where it comes from.
type follower struct{ functions map[string]body }

// followerOf knows the functions of code.
func followerOf(code []*packages.Package) follower {
	f := follower{functions: map[string]body{}}
	for _, p := range code {
		for _, file := range p.Syntax {
			for _, declaration := range file.Decls {
				if d, is := declaration.(*ast.FuncDecl); is && d.Body != nil {
					f.functions[nameOf(p.TypesInfo.Defs[d.Name])] = body{p, d}
				}
			}
		}
	}
	return f
}

type body struct {
	p  *packages.Package
	of *ast.FuncDecl
}

// outside are the sources of an expression that are not the table; for a call,
// of its result at a place.
func (f follower) outside(within body, e ast.Expr, at int) (faults []string) {
	info := within.p.TypesInfo
	switch e := ast.Unparen(e).(type) {
	case *ast.SelectorExpr:
		if of := info.Uses[e.Sel]; of != nil && of.Pkg() != nil && of.Pkg().Path() == table {
			return nil
		}
	case *ast.CallExpr:
		callee := calleeOf(info, e)
		if callee != nil && callee.Pkg() != nil && callee.Pkg().Path() == table {
			return nil
		}
		if to, known := f.functions[nameOf(callee)]; known {
			for _, returned := range returns(to.of) {
				faults = append(faults, f.outside(to, returned[min(at, len(returned)-1)], at)...)
			}
			return faults
		}
	case *ast.Ident:
		if assigned := assignedTo(within, info.ObjectOf(e)); len(assigned) > 0 {
			for _, one := range assigned {
				faults = append(faults, f.outside(within, one.from, one.at)...)
			}
			return faults
		}
	}
	// An empty text comes with an error.
	if value := info.Types[e].Value; value != nil && constantOf(info, e) == "" {
		return nil
	}
	return []string{types.ExprString(e)}
}

// assigned is what a variable is given: an expression, or one of its results.
type assigned struct {
	from ast.Expr
	at   int
}

// assignedTo is all that a function's own variable is given.
func assignedTo(within body, of types.Object) (all []assigned) {
	ast.Inspect(within.of, func(node ast.Node) bool {
		if a, is := node.(*ast.AssignStmt); is {
			at := slices.IndexFunc(a.Lhs, func(e ast.Expr) bool {
				name, is := e.(*ast.Ident)
				return is && within.p.TypesInfo.ObjectOf(name) == of
			})
			switch {
			case at < 0:
			case len(a.Lhs) == len(a.Rhs):
				all = append(all, assigned{a.Rhs[at], 0})
			default:
				all = append(all, assigned{a.Rhs[0], at})
			}
		}
		return true
	})
	return all
}

// returns are the results of each return of a function.
func returns(of *ast.FuncDecl) (all [][]ast.Expr) {
	ast.Inspect(of, func(node ast.Node) bool {
		if r, is := node.(*ast.ReturnStmt); is && len(r.Results) > 0 {
			all = append(all, r.Results)
		}
		_, inner := node.(*ast.FuncLit)
		return !inner
	})
	return all
}
