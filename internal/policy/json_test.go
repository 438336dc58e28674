package policy

import (
	"go/ast"
	"go/types"
	"maps"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/tools/go/packages"
)

// writers are what writes JSON.
var writers = setOf("encoding/json.Marshal", "encoding/json.MarshalIndent", "(*encoding/json.Encoder).Encode")

// theirs are the packages that write formats of others, whose keys are as those
// have them.
var theirs = setOf(
	"attest", // in-toto's statements, and what cosign signs
)

// TestJSONHasOneStyleOfKeys: what is written as JSON says by tags what its keys
// are, in camelCase, for every field: a name of Go's would be another style. Of
// what is handed on as an interface first it sees nothing.
func TestJSONHasOneStyleOfKeys(t *testing.T) {
	found := keys(pipeline(t), writers)
	for _, of := range []string{"record.Delivery.Environment", "record.Image.TagsLeft", "record.Step.Seconds", "record.Change.PullRequest", "affected.Record.Reasons"} {
		require.Contains(t, found, of, "the test no longer finds what it looks for")
	}
	excused := map[string]bool{}
	for field, key := range found {
		if by, _, _ := strings.Cut(field, "."); theirs[by] {
			excused[by] = excused[by] || !style.MatchString(key)
			continue
		}
		assert.Regexp(t, style, key, "%s is written as JSON: give it a tag, of a key in camelCase", field)
	}
	for by := range theirs {
		assert.True(t, excused[by], "%s writes no keys of another style any more: correct the list", by)
	}
}

// TestTheReaderFindsAnotherStyle is the other direction, on code of its own: over
// pointers, lists, maps, types without a name, and fields of fields.
func TestTheReaderFindsAnotherStyle(t *testing.T) {
	code := written(t,
		text{"internal/json", "package json\nfunc Marshal(v any) []byte { return nil }\n"},
		text{"internal/record", `package record
import "github.com/pingvas/pingvas-ci/ci/internal/json"
type Inner struct { Untagged string }
type Outer struct {
	Fine string ` + "`json:\"fine\"`" + `
	Snake string ` + "`json:\"of_snake,omitempty\"`" + `
	Inner map[string][]*Inner ` + "`json:\"inner\"`" + `
	Hidden string ` + "`json:\"-\"`" + `
	private string
}
type Elsewhere struct { Never string }
func Write(o *Outer) { json.Marshal([]*Outer{o}); json.Marshal(struct{ Unnamed int }{1}) }
`})
	assert.Equal(t, map[string]string{
		"record.Outer.Fine": "fine", "record.Outer.Snake": "of_snake", "record.Outer.Inner": "inner",
		"record.Inner.Untagged": "Untagged", "record.struct.Unnamed": "Unnamed",
	}, keys(code, setOf(modulePath+"/internal/json.Marshal")))
}

// style is a key in camelCase.
var style = regexp.MustCompile(`^[a-z][a-zA-Z0-9]*$`)

// keys are the fields that writers are given, each with its key.
func keys(code []*packages.Package, writers map[string]bool) map[string]string {
	found := map[string]string{}
	for _, p := range code {
		for _, file := range p.Syntax {
			if generated(p, file) {
				continue
			}
			ast.Inspect(file, func(node ast.Node) bool {
				call, is := node.(*ast.CallExpr)
				if is && len(call.Args) > 0 && writers[callee(p.TypesInfo, call)] {
					maps.Copy(found, fields(p.Types, "struct", p.TypesInfo.Types[call.Args[0]].Type, nil))
				}
				return true
			})
		}
	}
	return found
}

// callee is the full name of the function that is called; empty for others.
func callee(info *types.Info, call *ast.CallExpr) string {
	name, is := call.Fun.(*ast.SelectorExpr)
	if !is {
		return ""
	}
	function, is := info.Uses[name.Sel].(*types.Func)
	if !is {
		return ""
	}
	return function.FullName()
}

// fields are those of a type, and of the types that it is made of, as far as they
// are ours. A struct without a name is called by another one.
func fields(of *types.Package, name string, t types.Type, seen []types.Type) map[string]string {
	if slices.Contains(seen, t) {
		return nil
	}
	seen = append(seen, t)
	switch t := t.(type) {
	case interface{ Elem() types.Type }: // a pointer, a list, a map
		return fields(of, name, t.Elem(), seen)
	case *types.Named:
		if t.Obj().Pkg() == nil || !strings.HasPrefix(t.Obj().Pkg().Path(), modulePath) {
			return nil
		}
		return fields(t.Obj().Pkg(), t.Obj().Name(), t.Underlying(), seen)
	case *types.Struct:
		return fieldsOf(of, name, t, seen)
	}
	return nil
}

func fieldsOf(of *types.Package, name string, t *types.Struct, seen []types.Type) map[string]string {
	found := map[string]string{}
	for i := range t.NumFields() {
		field := t.Field(i)
		key, _, _ := strings.Cut(reflect.StructTag(t.Tag(i)).Get("json"), ",")
		if key == "-" || !field.Exported() {
			continue
		}
		if key == "" {
			key = field.Name()
		}
		if !field.Embedded() {
			found[short(of.Path()+"."+name+"."+field.Name())] = key
		}
		maps.Copy(found, fields(of, name, field.Type(), seen))
	}
	return found
}
