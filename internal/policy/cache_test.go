package policy

import (
	"go/ast"
	"maps"
	"regexp"
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/tools/go/packages"
)

// What reaches outside of the engine: calls of these are effects, or reads of
// something that changes by itself. What leads to them need not be listed.
var world = setOf(
	// This process speaks to a server, or git does for it.
	"(*net/http.Client).Do", "(net/http.RoundTripper).RoundTrip",
	"gitrepo.Update", "gitrepo.CanPush",
	remote+".Get", remote+".Head", remote+".Image", remote+".Layer", remote+".Referrers",
	remote+".Put", remote+".Tag", remote+".WriteIndex", remote+".WriteLayer",
	remote+"/transport.NewWithContext",
	ecr+".GetAuthorizationToken", ecr+".CreateRepository", ecr+".GetLifecyclePolicy", ecr+".PutLifecyclePolicy",
	sts+".AssumeRoleWithWebIdentity",
	sigstore+"/tuf.New", sigstore+"/root.GetSigningConfig", sigstore+"/root.GetTrustedRoot",
	sigstore+"/root.FetchTrustedRootWithOptions", sigstore+"/sign.Bundle",
	"(*"+sigstore+"/sign.Fulcio).GetCertificate",
	// The engine does.
	"(graph/kinds/frontend.Project).Chromatic", "(graph/ground.Images).Check",
	"(*graph/scanning.Scanner).Warm", "(graph/scanning.program).scanned",
	// What is in cache volumes.
	"(graph/delivery.Caller).mounted",
)

const (
	remote   = "github.com/google/go-containerregistry/pkg/v1/remote"
	ecr      = "(*github.com/aws/aws-sdk-go-v2/service/ecr.Client)"
	sts      = "(*github.com/aws/aws-sdk-go-v2/service/sts.Client)"
	sigstore = "github.com/sigstore/sigstore-go/pkg"
)

// TestEveryFunctionThatTouchesTheWorldHasACachePolicy reads the pipeline's code:
// a function of an object from which a call of the world can be reached must say
// how long its result may be reused.
func TestEveryFunctionThatTouchesTheWorldHasACachePolicy(t *testing.T) {
	code := pipeline(t)
	all := callsOf(code)
	for _, name := range lost(all, world) {
		t.Errorf("%s touches the world, and no code calls it any more: correct the list", name)
	}
	found := touching(all, find(t, code, ""), world)
	for _, name := range []string{
		"(*PingvasCi).Deliver", "(*PingvasCi).Release", "(*PingvasCi).Verify", "(*PingvasCi).CheckImages", "(*PythonService).Scan",
		"(*CudaWorker).Publish", "(*Frontend).Chromatic", "(*Scan).Upload", "(*Gitops).Rollback", "(*Gitops).Pins", "(*ArgoServer).Status", "(*Cache).Warm",
	} {
		require.Contains(t, found, name, "the test no longer finds what it looks for")
	}
	for name, f := range found {
		assert.Regexp(t, policy, f.doc, "%s touches the world and has no cache policy: %s", name, f.way)
	}
}

// TestTheReaderFindsAMissingPolicy is the other direction, on code of its own:
// over a function, a callback, an interface and a package's variable, and not
// over a harmless method of the same name.
func TestTheReaderFindsAMissingPolicy(t *testing.T) {
	code := written(t,
		text{"internal/registry", `package registry
func Tag() {}
func Render() {}
`},
		text{"internal/graph/publishing", `package publishing
import "github.com/pingvas/pingvas-ci/ci/internal/registry"
type Registry struct{}
func (*Registry) Tag() { registry.Tag() }
func (*Registry) Kept() func() { return func() { registry.Tag() } }
type Tagger interface { Tag() }
var Each = []func(){ registry.Tag }
type Report struct{}
func (Report) Tags() { registry.Render() }
func Do[T any](what func(T), to T) { what(to) }
`},
		text{"", `package main
import "github.com/pingvas/pingvas-ci/ci/internal/graph/publishing"
type Face struct{}
// +cache="never"
func (f *Face) Said() { f.help() }
func (f *Face) Direct() { f.help() }
func (f *Face) Callback() { _ = (&publishing.Registry{}).Kept() }
func (f *Face) Interface(t publishing.Tagger) { t.Tag() }
func (f *Face) Variable() { publishing.Each[0]() }
func (f *Face) Generic() { publishing.Do((*publishing.Registry).Tag, nil) }
func (f *Face) Tags() { publishing.Report{}.Tags() }
func (f *Face) help() { (&publishing.Registry{}).Tag() }
type hidden struct{}
func (h hidden) Direct() { (&publishing.Registry{}).Tag() }
`})
	wanted := setOf("registry.Tag", "registry.Push")
	all := callsOf(code)
	require.Equal(t, []string{"registry.Push"}, lost(all, wanted))
	found := touching(all, find(t, code, ""), wanted)
	require.Len(t, found, 6)
	for _, name := range []string{"Direct", "Callback", "Interface", "Variable", "Generic"} {
		assert.NotRegexp(t, policy, found["(*Face)."+name].doc)
		assert.NotEmpty(t, found["(*Face)."+name].way, name)
	}
	assert.Regexp(t, policy, found["(*Face).Said"].doc)
	assert.Equal(t, "(*Face).Direct > (*Face).help > (*graph/publishing.Registry).Tag > registry.Tag", found["(*Face).Direct"].way)
}

// policy says how long a result may be reused.
var policy = regexp.MustCompile(`\+cache="(never|session|[0-9]+[smh])"`)

// function is a function that touches the world.
type function struct{ doc, way string }

// touching are the functions of a package's objects that touch the world.
func touching(all *calls, p *packages.Package, world map[string]bool) map[string]function {
	found := map[string]function{}
	for _, file := range p.Syntax {
		for _, f := range functions(p, file) {
			name := nameOf(p.TypesInfo.Defs[f.Name])
			if way := all.way(name, world); way != "" {
				found[name] = function{f.Doc.Text(), way}
			}
		}
	}
	return found
}

// functions are those in a file that the engine calls: exported methods of
// exported types.
func functions(p *packages.Package, file *ast.File) (all []*ast.FuncDecl) {
	if generated(p, file) {
		return nil
	}
	for _, declaration := range file.Decls {
		if f, is := declaration.(*ast.FuncDecl); is && ofObject(f) && f.Name.IsExported() {
			all = append(all, f)
		}
	}
	return all
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

// lost are the names of which no code makes mention.
func lost(all *calls, wanted map[string]bool) []string {
	missing := maps.Clone(wanted)
	for _, mentioned := range all.mentions {
		for _, name := range mentioned {
			delete(missing, name)
		}
	}
	return slices.Sorted(maps.Keys(missing))
}

func setOf(names ...string) map[string]bool {
	set := map[string]bool{}
	for _, name := range names {
		set[name] = true
	}
	return set
}
