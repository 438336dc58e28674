package policy

import (
	"go/ast"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/tools/go/packages"
)

// TestEveryFunctionThatTouchesTheWorldHasACachePolicy reads the pipeline's code:
// a function of an object from which a call of the world can be reached must say
// how long its result may be reused.
func TestEveryFunctionThatTouchesTheWorldHasACachePolicy(t *testing.T) {
	code := pipeline(t)
	faces := find(t, code, "")
	all := callsOf(shipped(code, faces), worldOf(t, module))
	found := touching(all, faces)
	for _, name := range []string{
		"(*PingvasCi).Deliver", "(*PingvasCi).Release", "(*PingvasCi).Verify", "(*PingvasCi).CheckImages", "(*PythonService).Scan",
		"(*CudaWorker).Publish", "(*Frontend).Chromatic", "(*Scan).Upload", "(*Gitops).Rollback", "(*Gitops).Pins", "(*ArgoServer).Status", "(*Cache).Warm",
	} {
		require.Contains(t, found, name, "the test no longer finds what it looks for")
	}
	for name, f := range found {
		assert.Regexp(t, policy, f.doc, "%s touches the world and has no cache policy: %s", name, f.way)
	}
	assert.Empty(t, all.way("New"), "the constructor touches the world, and can have no cache policy")
	for _, name := range needless(faces, found) {
		assert.Contains(t, kept, name, "%s has a cache policy, and neither touches the world nor makes what holds files. Drop the policy, or list the function with its reason", name)
	}
}

// kept are the functions with a cache policy that another reason asks for.
var kept = map[string]string{
	"(*PingvasCi).PublicKey": "the key may be replaced where its secret is kept, under the same name",
	"(*PingvasCi).Check":     "it says each time what is not checked", "(*PythonService).Check": "likewise", "(*Frontend).Check": "likewise",
	"(*CudaWorker).Check": "likewise", "(*ContainerComponent).Check": "likewise",
	"(*PingvasCi).WithEcr": "it says each time that an argument is deprecated", "(*PingvasCi).WithKeylessSigning": "likewise",
	"(*PingvasCi).WithGate": "likewise",
}

// TestTheReaderFindsAMissingPolicy is the other direction, on the module in
// testdata/world: what touches the world without a policy is found, and what
// does not is not, whatever it is called.
func TestTheReaderFindsAMissingPolicy(t *testing.T) {
	const dir = "testdata/world"
	code, err := load(dir)
	require.NoError(t, err)
	faces := find(t, code, "")
	found := touching(callsOf(shipped(code, faces), worldOf(t, dir)), faces)
	var missing []string
	for name, f := range found {
		if !policy.MatchString(f.doc) {
			missing = append(missing, strings.TrimPrefix(name, "(*Face)."))
		}
	}
	assert.ElementsMatch(t, []string{
		"Direct", "Callback", "Given", "Interface", "Variable", "Generic", "Foreign", "Clock", "Started", "Pushed", "Fetched",
	}, missing)
	assert.Contains(t, found, "(*Face).Said")
	assert.Equal(t, []string{"(*Face).Needless"}, needless(faces, found))
	assert.Equal(t, "(*Face).Direct > (*Face).help > (*graph/publishing.Registry).Tag > registry.Tag > net/http.Head", found["(*Face).Direct"].way)
}

// TestTheListsNameWhatIsThere: an entry that nothing is called by any more would
// be taken for one that is still looked for.
func TestTheListsNameWhatIsThere(t *testing.T) {
	code := pipeline(t)
	known := map[string]bool{}
	for by, mentioned := range callsOf(code, world{}).mentions {
		known[by] = true
		for _, name := range mentioned {
			known[name] = true
		}
	}
	for _, p := range code {
		for path := range p.Imports {
			known[path] = true
		}
		for _, of := range p.TypesInfo.Defs {
			known[nameOf(of)] = true
		}
	}
	for _, list := range []map[string]string{calm, timed, resolving, binding, kept} {
		for name := range list {
			assert.True(t, known[name], "no code mentions %s: correct the list", name)
		}
	}
	for name := range asked {
		assert.True(t, known[name], "there is no %s: correct the list", name)
	}
}

// policy says how long a result may be reused.
var policy = regexp.MustCompile(`\+cache="(never|session|[0-9]+[smh])"`)

// function is a function that touches the world.
type function struct{ doc, way string }

// touching are the functions of a package's objects that touch the world.
func touching(all *calls, p *packages.Package) map[string]function {
	found := map[string]function{}
	for _, file := range p.Syntax {
		for _, f := range functions(p, file) {
			name := nameOf(p.TypesInfo.Defs[f.Name])
			if way := all.way(name); way != "" {
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

// needless are the functions that have a cache policy, and neither touch the
// world nor make what holds files. A deprecated one has it to say so each time.
func needless(p *packages.Package, found map[string]function) (all []string) {
	holding := makers(p.Syntax)
	for _, file := range p.Syntax {
		for _, f := range functions(p, file) {
			name := nameOf(p.TypesInfo.Defs[f.Name])
			_, holds := holding[strings.NewReplacer("(*", "", "(", "", ")", "").Replace(name)]
			doc := f.Doc.Text()
			if policy.MatchString(doc) && !strings.Contains(doc, "+deprecated=") && !holds && found[name].way == "" {
				all = append(all, name)
			}
		}
	}
	return all
}

func setOf(names ...string) map[string]bool {
	set := map[string]bool{}
	for _, name := range names {
		set[name] = true
	}
	return set
}
