package policy

import (
	"go/ast"
	"go/constant"
	"go/types"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"golang.org/x/tools/go/packages"
)

// world knows what reaches outside of the engine: effects, and reads of what
// changes by itself. A function of somebody else's is taken for one when it can
// fail and its package imports, at any depth, what connects or starts programs;
// unless it is among the calm.
type world struct{ able map[string]bool }

// calm are the packages and functions of others that could by what they import,
// and do not.
var calm = map[string]string{
	"crypto/x509": "parses", "os/exec": "which programs are started is looked at instead",
	"sigs.k8s.io/kustomize/api/krusty": "its files are ours, which have no remote ones", "sigs.k8s.io/kustomize/api/resmap": "in memory",
	"sigs.k8s.io/kustomize/api/resource": "in memory", "sigs.k8s.io/kustomize/kyaml/yaml": "in memory",
	"k8s.io/kube-openapi/pkg/validation/spec": "in memory",
	registryModule + "/name":                  "parses", registryModule + "/v1/layout": "files", registryModule + "/v1/tarball": "files",
	registryModule + "/v1/mutate.ConfigFile": "in memory",
	sigstore + "/bundle":                     "parses", sigstore + "/fulcio/certificate": "parses", sigstore + "/verify": "computes",
	sigstore + "/root.NewSigningConfigFromProtobuf": "parses", sigstore + "/root.NewSigningConfigProtobuf": "parses",
	sigstore + "/root.NewTrustedRootFromJSON": "parses", sigstore + "/root.SelectServices": "computes",
	sigstore + "/sign.NewEphemeralKeypair": "computes",
	"net.SplitHostPort":                    "parses", "net/http.NewRequestWithContext": "sends nothing yet",
}

const (
	registryModule = "github.com/google/go-containerregistry/pkg"
	sigstore       = "github.com/sigstore/sigstore-go/pkg"
)

// asked are the functions that touch the world by what they ask: the clock,
// and the engine.
var asked = setOf(
	"time.Now", "time.Since", "time.Until",
	"(*dagger.Query).Git", "(*dagger.Query).HTTP", "(*dagger.Container).ImageRef",
	"(*dagger.Container).Publish", "(*dagger.Container).ExperimentalWithAllGPUs", "(*dagger.Container).ExperimentalWithGPU",
	"(*dagger.Container).Up", "(*dagger.Service).Start", "(*dagger.Service).Stop", "(*dagger.Service).Up",
	// Nothing but what its command does says so.
	"(graph/kinds/frontend.Project).Chromatic",
)

// timed are the functions that look at the clock, and return nothing that
// depends on it, or nothing that is kept.
var timed = map[string]string{
	"(*graph/ground.Steps).Do":        "it prints how long a step took",
	"(*graph/kinds.Workshop).running": "a failure of before is tried anew, and the engine keeps no function's failure",
	"(*registry.meter).begin":         "it gives up a slow registry", "(*registry.meter).end": "it gives up a slow registry",
}

// resolving are the functions that look up an image which is in no table of ours,
// and ask for its digest: what the engine's build would do by itself.
var resolving = map[string]string{
	"graph/kinds.foreign":           "a Dockerfile names it",
	"graph/kinds.Pulled":            "a component is built on it, by its digest",
	"graph/kinds.scripted":          "likewise: its apt and dpkg work on the files of another platform",
	"graph/ground.Digest":           "a lock is written of it",
	"(graph/scanning.program).base": "the image's labels name it, and only its configuration is read",
	"graph/scanning.latest":         "likewise: what its name stands for today is the question",
}

// binding are the functions that start a service which a command is bound to, and wait
// for it: what the engine would do by itself when it runs that command.
var binding = map[string]string{
	"(graph/kinds.Project).testService": "tests need it, and it is to be ready, or to say why it is not",
	"graph/kinds.listening":             "likewise",
}

// worldOf is the world as the module in a folder sees it.
func worldOf(t *testing.T, dir string) world {
	t.Helper()
	all, err := packages.Load(&packages.Config{
		Dir: dir, Env: append(os.Environ(), "GOWORK=off"), Mode: packages.NeedName | packages.NeedImports | packages.NeedDeps,
	}, "./...")
	require.NoError(t, err)
	w := world{able: setOf("net", "os/exec")}
	packages.Visit(all, nil, func(p *packages.Package) {
		for path := range p.Imports {
			w.able[p.PkgPath] = w.able[p.PkgPath] || w.able[path]
		}
	})
	return w
}

// boundary tells the package that Dagger generated: what is asked of the engine
// by it is known by name.
func (world) boundary(path string) bool { return path == modulePath+"/internal/dagger" }

// touches tells whether to call a function is to touch the world.
func (w world) touches(f *types.Func) bool {
	name := nameOf(f)
	if asked[name] {
		return true
	}
	if f.Pkg() == nil || ours(f.Pkg().Path()) || !w.able[f.Pkg().Path()] || calm[f.Pkg().Path()] != "" || calm[name] != "" {
		return false
	}
	for result := range f.Signature().Results().Variables() {
		if result.Type() == types.Universe.Lookup("error").Type() {
			return true
		}
	}
	return false
}

// aside tells a look at the clock of which nothing depends, and one at an image
// that is built on anyway, and at a service that a command is bound to.
func (world) aside(by, called string) bool {
	return timed[by] != "" && strings.HasPrefix(called, "time.") ||
		resolving[by] != "" && called == "(*dagger.Container).ImageRef" ||
		binding[by] != "" && (called == "(*dagger.Service).Start" || called == "(*net.Dialer).DialContext" || called == "(net.Conn).Close")
}

// started is the program that is started at a node of code, and of git the
// command that speaks to a server: git's words stand where programs are started
// from.
func (world) started(p *packages.Package, node ast.Node) string {
	switch node := node.(type) {
	case *ast.CallExpr:
		if name := nameOf(calleeOf(p.TypesInfo, node)); name == "os/exec.Command" || name == "os/exec.CommandContext" {
			program := constantOf(p.TypesInfo, node.Args[strings.Count(name, "Context")])
			if program != "git" && program != "ssh-keygen" {
				return "a program: " + program
			}
		}
	case *ast.BasicLit:
		word := constantOf(p.TypesInfo, node)
		if p.Imports["os/exec"] != nil && slices.Contains([]string{"clone", "fetch", "ls-remote", "pull", "push", "remote", "submodule"}, word) {
			return "git " + word
		}
	}
	return ""
}

// calleeOf is the function that a call names; nil for one of a value.
func calleeOf(info *types.Info, call *ast.CallExpr) types.Object {
	switch f := ast.Unparen(call.Fun).(type) {
	case *ast.Ident:
		return info.Uses[f]
	case *ast.SelectorExpr:
		return info.Uses[f.Sel]
	}
	return nil
}

// constantOf is the text of an expression that is constant; empty for others.
func constantOf(info *types.Info, of ast.Expr) string {
	if value := info.Types[of].Value; value != nil && value.Kind() == constant.String {
		return constant.StringVal(value)
	}
	return ""
}
