package policy

import (
	"fmt"
	"go/ast"
	"go/token"
	"go/types"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"golang.org/x/tools/go/packages"
)

// choosing are the functions that may compare kinds: they look for the one that
// their caller names.
var choosing = setOf("component.Of", "(graph/kinds.Registry).Of", "component.FindOf")

// TestNobodyAsksForAKind reads the pipeline's code: what depends on the kind of
// a component is a method of kinds.Kind or of component.Definition, in the
// kind's own folder. Else the next kind would have to be thought of everywhere.
func TestNobodyAsksForAKind(t *testing.T) {
	asked := kindsAsked(pipeline(t))
	for name := range choosing {
		assert.Contains(t, asked, name, "the test no longer finds what it looks for")
	}
	for name, where := range asked {
		assert.True(t, choosing[name], "%s depends on a component's kind: %s. Ask the kind instead, by a method of kinds.Kind or of component.Definition", name, where)
	}
}

// TestTheReaderFindsWhoAsksForAKind is the other direction, on code of its own.
func TestTheReaderFindsWhoAsksForAKind(t *testing.T) {
	asked := kindsAsked(written(t,
		text{"internal/component", `package component
type Kind string
type Component struct { Kind Kind; Name string }
func Of(all []Component, kind Kind) bool { return all[0].Kind == kind }
`},
		text{"internal/graph/kinds", `package kinds
import "github.com/pingvas/pingvas-ci/ci/internal/component"
type Kind interface { Is() component.Kind }
`},
		text{"internal/graph/kinds/cuda", `package cuda
import "github.com/pingvas/pingvas-ci/ci/internal/component"
type Worker struct{}
func (Worker) Is() component.Kind { return "cuda" }
func Own(c component.Component) bool { return c.Kind == "cuda" }
`},
		text{"internal/graph/delivery", `package delivery
import "github.com/pingvas/pingvas-ci/ci/internal/component"
import "github.com/pingvas/pingvas-ci/ci/internal/graph/kinds"
import "github.com/pingvas/pingvas-ci/ci/internal/graph/kinds/cuda"
func Compares(c component.Component) bool { return c.Name == "" && c.Kind != "cuda" }
func Converts(c component.Component) bool { return string(c.Kind) == "cuda" }
func Switches(c component.Component) { switch c.Kind { case "cuda": } }
func Method(k kinds.Kind) bool { return k.Is() == "cuda" }
func Asserts(k kinds.Kind) bool { _, is := k.(cuda.Worker); return is }
func AssertsSwitching(k kinds.Kind) { switch k.(type) { case cuda.Worker: } }
func Within(c component.Component) func() bool { return func() bool { return c.Kind == "cuda" } }
func Fine(c component.Component, other any) (component.Kind, bool) { _, is := other.(string); return c.Kind, is && c.Name == "cuda" }
func Able(k kinds.Kind) bool { _, can := k.(interface{ Extra() }); return can }
var Stored = func(c component.Component) bool { return c.Kind == "cuda" }
var tags = map[component.Kind]string{"cuda": "-cuda"}
func Maps(c component.Component) string { return tags[c.Kind] }
`}))
	for _, name := range []string{"Compares", "Converts", "Switches", "Method", "Asserts", "AssertsSwitching", "Within", "Maps", "var"} {
		assert.Contains(t, asked, "graph/delivery."+name)
	}
	assert.Contains(t, asked, "component.Of")
	assert.Len(t, asked, 10)
}

// kindsAsked are the functions outside of the kinds' folders that depend on what
// kind a component is of, each with the first place. What is in a package's
// variables goes by the name var.
func kindsAsked(code []*packages.Package) map[string]string {
	found := map[string]string{}
	for _, p := range code {
		if strings.HasPrefix(p.PkgPath, modulePath+"/internal/graph/kinds/") {
			continue
		}
		for _, file := range p.Syntax {
			for _, declaration := range file.Decls {
				name := short(p.PkgPath + ".var")
				if f, is := declaration.(*ast.FuncDecl); is {
					name = nameOf(p.TypesInfo.Defs[f.Name])
				}
				if at := asksForKind(p.TypesInfo, declaration); at.IsValid() {
					position := p.Fset.Position(at)
					found[name] = fmt.Sprintf("%s:%d", filepath.Base(position.Filename), position.Line)
				}
			}
		}
	}
	return found
}

// asksForKind is where a declaration compares a kind, switches on it, looks
// something up by it, or asks what type its methods are of.
func asksForKind(info *types.Info, declaration ast.Decl) (at token.Pos) {
	ast.Inspect(declaration, func(node ast.Node) bool {
		var of []ast.Expr
		wanted := setOf("component.Kind")
		switch node := node.(type) {
		case *ast.BinaryExpr:
			if node.Op == token.EQL || node.Op == token.NEQ {
				of = []ast.Expr{node.X, node.Y}
			}
		case *ast.SwitchStmt:
			of = []ast.Expr{node.Tag}
		case *ast.IndexExpr:
			of = []ast.Expr{node.Index}
		case *ast.TypeAssertExpr:
			// What else a kind can do may be asked: that is another interface.
			if node.Type == nil || !types.IsInterface(info.TypeOf(node.Type)) {
				of, wanted = []ast.Expr{node.X}, setOf("graph/kinds.Kind", "component.Definition")
			}
		}
		for _, one := range of {
			if !at.IsValid() && one != nil && wanted[typeOf(info, one)] {
				at = one.Pos()
			}
		}
		return !at.IsValid()
	})
	return at
}

// typeOf is the short name of a value's type, before it was converted.
func typeOf(info *types.Info, of ast.Expr) string {
	of = ast.Unparen(of)
	if call, is := of.(*ast.CallExpr); is && len(call.Args) == 1 && info.Types[call.Fun].IsType() {
		return typeOf(info, call.Args[0])
	}
	if known := info.Types[of]; known.IsValue() {
		return short(known.Type.String())
	}
	return ""
}
