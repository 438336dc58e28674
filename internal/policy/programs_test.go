package policy

import (
	"go/ast"
	"go/types"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/tools/go/packages"
)

// needed are the programs that run in images of somebody else's, by the package
// that starts them: the image, and what of it is counted on. Another image, or a
// newer one, must have them; the kit's stand-ins have them by the facts in
// airgap/internal/mirror.
var needed = map[string]string{
	"graph/delivery codecovcli": "Python's: what pip has installed", "graph/delivery pip": "Python's, as root: likewise",
	"graph/delivery du": "Trivy's, as root: busybox has it", "graph/delivery find": "Trivy's, as root: busybox has it, with -mindepth and -delete",
	"graph/scanning trivy": "Trivy's, as root, on PATH, whatever the entrypoint is",
	"graph/scanning sh":    "Trivy's: busybox has it, with sed and tar",
	"graph/scanning tar":   "Trivy's: busybox has it", "graph/scanning cp": "Trivy's: busybox has it",
	"graph/ground sh":               "a service's, a worker's or a container's, as root: a shell, and apt-get of Debian or Ubuntu",
	"graph/kinds sh":                "the base of an image, as root: a shell, and apt, dpkg, tar and findutils of Debian or Ubuntu; where tests run, Python's or Node.js's: a shell with date, env and sed -E",
	"graph/kinds timeout":           "a service's of the tests: coreutils or busybox; without it, what the service printed cannot be said",
	"graph/kinds/cuda true":         "the worker's own, of its Dockerfile, as the user that it sets",
	"graph/kinds/cuda python3":      "the worker's own, as root: a Python 3 that may be externally managed",
	"graph/kinds/container " + told: "the stage of the Dockerfile that the settings name",
	"graph/kinds/frontend timeout":  "Node.js's: coreutils, around Chromatic's client",
	"graph/kinds git":               "Debian's, which goes with the system packages",
	"graph/kinds " + told:           "Python's or Node.js's, as its kind has made ready: what a gate's commands name, and pytest",
	"graph/kinds/frontend node":     "Node.js's: itself, which makes a site ready for the server",
	"graph/kinds/frontend npm":      "Node.js's, as root: npm, which installs pnpm; corepack is not counted on",
	"graph/kinds/frontend pnpm":     "Node.js's: what npm has installed",
	"graph/kinds/frontend sh":       "Node.js's: a shell; where Chromatic is used, apt-get of Debian",
	"graph/kinds/frontend " + told:  "Node.js's: pnpm, Node.js or Chromatic's client",
	"graph/kinds/python pip":        "Python's, as root: pip that installs into the image's own Python, so nothing manages that externally",
	"graph/kinds/python uv":         "Python's: what pip has installed",
	"graph/kinds/python python":     "Python's, by that name", "graph/kinds/python sh": "Python's: a shell with command -v",
	"graph/kinds/python find": "Python's: findutils or busybox, with touch",
	"graph/kinds/python ruff": "Python's: of the environment that was installed", "graph/kinds/python mypy": "Python's: of the environment that was installed",
	"graph/kinds/python " + told: "Python's: uv, or a check's tool of the environment",
}

// TestWhatImagesNeedIsWrittenDown reads the pipeline's code: each program that is
// started in an image stands in the list, with the image that must have it.
func TestWhatImagesNeedIsWrittenDown(t *testing.T) {
	code := pipeline(t)
	started := programsOf(shipped(code, find(t, code, "")))
	require.Greater(t, len(started), 10, "the test no longer finds what it looks for")
	for program, by := range started {
		assert.NotEmpty(t, needed[program], "%v start it. Say in which image, and what it needs of that", by)
	}
	for program := range needed {
		assert.Contains(t, started, program, "nothing starts it any more: correct the list")
	}
}

// TestTheReaderFindsPrograms is the other direction, on code of its own.
func TestTheReaderFindsPrograms(t *testing.T) {
	code := written(t,
		text{"internal/dagger", `package dagger
type Container struct{}
func (c *Container) WithExec(args []string) *Container { return c }
`},
		text{"internal/graph", `package graph
import "github.com/pingvas/pingvas-ci/ci/internal/dagger"
var c *dagger.Container
const program = "tar"
func Literal() { c.WithExec([]string{program, "-x"}).WithExec([]string{"du"}) }
func Joined(more []string) { c.WithExec(append([]string{"trivy"}, more...)) }
func Variable() { command := []string{"find"}; c.WithExec(command) }
func ours() []string { return []string{"pnpm"} }
func Ours() { c.WithExec(ours()) }
func Told(command []string) { c.WithExec(command) }
`})
	assert.Equal(t, map[string][]string{
		"graph du": {"graph.Literal"}, "graph tar": {"graph.Literal"}, "graph trivy": {"graph.Joined"},
		"graph find": {"graph.Variable"}, "graph pnpm": {"graph.Ours"}, "graph " + told: {"graph.Told"},
	}, programsOf(code))
}

// told is a program that a function does not name itself.
const told = "what it is told"

// programsOf are the programs that are started in containers, by the package that
// starts them, each with the functions that do.
func programsOf(code []*packages.Package) map[string][]string {
	f := followerOf(code)
	found := map[string][]string{}
	for name, within := range f.functions {
		place := strings.TrimPrefix(within.p.PkgPath, modulePath+"/internal/")
		ast.Inspect(within.of, func(node ast.Node) bool {
			if call, is := node.(*ast.CallExpr); is && nameOf(calleeOf(within.p.TypesInfo, call)) == "(*dagger.Container).WithExec" {
				for _, program := range f.programs(within, call.Args[0]) {
					found[place+" "+program] = append(found[place+" "+program], name)
				}
			}
			return true
		})
	}
	return found
}

// programs are the first words that a command can have.
func (f follower) programs(within body, e ast.Expr) (all []string) {
	info := within.p.TypesInfo
	switch e := ast.Unparen(e).(type) {
	case *ast.CompositeLit:
		if len(e.Elts) > 0 && info.Types[e.Elts[0]].Value != nil {
			return []string{constantOf(info, e.Elts[0])}
		}
	case *ast.CallExpr:
		if to, known := f.functions[nameOf(calleeOf(info, e))]; known {
			for _, returned := range returns(to.of) {
				all = append(all, f.programs(to, returned[0])...)
			}
			return all
		}
		if joins(info, e) {
			return f.programs(within, e.Args[0])
		}
	case *ast.Ident:
		for _, one := range assignedTo(within, info.ObjectOf(e)) {
			if one.at == 0 && !mentions(one.from, info, info.ObjectOf(e)) {
				all = append(all, f.programs(within, one.from)...)
			}
		}
		if len(all) > 0 {
			return all
		}
	}
	return []string{told}
}

// joins tells whether a call puts lists together, whose first begins the result.
func joins(info *types.Info, call *ast.CallExpr) bool {
	name, isName := ast.Unparen(call.Fun).(*ast.Ident)
	return len(call.Args) > 0 && (isName && name.Name == "append" || nameOf(calleeOf(info, call)) == "slices.Concat")
}

// mentions tells whether an expression is about a variable.
func mentions(e ast.Expr, info *types.Info, of types.Object) (is bool) {
	ast.Inspect(e, func(node ast.Node) bool {
		name, named := node.(*ast.Ident)
		is = is || named && info.ObjectOf(name) == of
		return !is
	})
	return is
}
