package policy

import (
	"fmt"
	"go/ast"
	"go/constant"
	"go/types"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"golang.org/x/tools/go/packages"
)

// schema is what the CLI offers of the module, read off the faces, and of the
// engine's own objects, off their generated client: what Dagger makes its schema of.
type schema struct {
	faces *packages.Package
	// declared are the functions of faces, by object and name.
	declared map[string]*ast.FuncDecl
	// hidden are the private fields of faces, by object and name.
	hidden map[string]bool
	// texts are what stands above the arguments of faces.
	texts map[*ast.FuncDecl]*help
}

// callable is a function that can be called.
type callable struct {
	name    string
	flags   map[string]flag
	returns types.Type
}

type flag struct {
	of       types.Type
	required bool
}

// schemaOf reads the faces.
func schemaOf(t *testing.T, code []*packages.Package) *schema {
	t.Helper()
	s := &schema{faces: find(t, code, ""), declared: map[string]*ast.FuncDecl{}, hidden: map[string]bool{}, texts: map[*ast.FuncDecl]*help{}}
	for _, file := range s.faces.Syntax {
		h := &help{fset: s.faces.Fset, file: file}
		for _, declaration := range file.Decls {
			switch d := declaration.(type) {
			case *ast.FuncDecl:
				name := d.Name.Name
				if d.Recv != nil {
					name = element(d.Recv.List[0].Type) + "." + name
				}
				s.declared[name], s.texts[d] = d, h
			case *ast.GenDecl:
				s.private(d)
			}
		}
	}
	return s
}

// private notes the fields that callers do not see.
func (s *schema) private(d *ast.GenDecl) {
	for _, spec := range d.Specs {
		of, is := spec.(*ast.TypeSpec)
		if !is {
			continue
		}
		object, is := of.Type.(*ast.StructType)
		if !is {
			continue
		}
		for _, field := range object.Fields.List {
			for _, name := range field.Names {
				s.hidden[of.Name.Name+"."+name.Name] = strings.Contains(field.Doc.Text(), "+private")
			}
		}
	}
}

// constructor is what a call begins with.
func (s *schema) constructor() callable {
	return s.function("New", s.faces.Types.Scope().Lookup("New").(*types.Func))
}

// functions are what can be called of an object, by the names of the CLI; of a
// list, those of its elements.
func (s *schema) functions(of types.Type) map[string]callable {
	named := objectOf(of)
	if named == nil || named.Obj().Pkg() == nil {
		return nil
	}
	found := map[string]callable{}
	name, ours := named.Obj().Name(), named.Obj().Pkg() == s.faces.Types
	for method := range types.NewMethodSet(types.NewPointer(named)).Methods() {
		full := name + "." + method.Obj().Name()
		if method.Obj().Exported() && (!ours || s.declared[full] != nil && !s.written(full)) {
			found[dashed(method.Obj().Name())] = s.function(full, method.Obj().(*types.Func))
		}
	}
	fields, is := named.Underlying().(*types.Struct)
	for i := 0; is && ours && i < fields.NumFields(); i++ {
		if field := fields.Field(i); field.Exported() && !s.hidden[name+"."+field.Name()] {
			found[dashed(field.Name())] = callable{name: dashed(field.Name()), returns: field.Type()}
		}
	}
	return found
}

// written tells what Dagger wrote into the faces.
func (s *schema) written(full string) bool {
	return strings.HasSuffix(s.faces.Fset.Position(s.declared[full].Pos()).Filename, ".gen.go")
}

// function is one with its arguments. Those of the engine's own that may be left out
// are in a struct at the end.
func (s *schema) function(full string, of *types.Func) callable {
	f := callable{name: dashed(of.Name()), flags: map[string]flag{}}
	signature := of.Signature()
	for i := range signature.Params().Len() {
		argument := signature.Params().At(i)
		options, is := argument.Type().(*types.Slice)
		switch {
		case argument.Type().String() == "context.Context":
		case signature.Variadic() && i == signature.Params().Len()-1 && is:
			f.options(options.Elem())
		default:
			f.flags[dashed(argument.Name())] = flag{argument.Type(), !s.optional(full, argument.Name())}
		}
	}
	if signature.Results().Len() > 0 && signature.Results().At(0).Type().String() != "error" {
		f.returns = signature.Results().At(0).Type()
	}
	return f
}

func (f callable) options(of types.Type) {
	fields, is := of.Underlying().(*types.Struct)
	for i := 0; is && i < fields.NumFields(); i++ {
		f.flags[dashed(fields.Field(i).Name())] = flag{of: fields.Field(i).Type()}
	}
}

// optional tells an argument of a face that may be left out.
func (s *schema) optional(full, argument string) bool {
	declared := s.declared[full]
	if declared == nil {
		return false
	}
	for _, field := range declared.Type.Params.List {
		for _, name := range field.Names {
			if name.Name == argument {
				text := s.texts[declared].beside(declared, field)
				return strings.Contains(text, "+optional") || strings.Contains(text, "+default")
			}
		}
	}
	return false
}

// values are those of an enum, and none of any other type.
func values(of types.Type) (all []string) {
	named, is := of.(*types.Named)
	if !is || named.Obj().Pkg() == nil {
		return nil
	}
	scope := named.Obj().Pkg().Scope()
	for _, name := range scope.Names() {
		if value, is := scope.Lookup(name).(*types.Const); is && types.Identical(value.Type(), of) {
			all = append(all, constant.StringVal(value.Val()))
		}
	}
	return all
}

// schemes are what a secret is named by.
var schemes = regexp.MustCompile(`^(env:[A-Z][A-Z0-9_]*|file:.+|cmd:.+|op://.+|vault://.+)$`)

// holds tells what is wrong with an argument's value; a text that stands for one is
// taken for it.
func (f flag) holds(value string) error {
	of := f.of
	if list, is := of.(*types.Slice); is {
		for one := range strings.SplitSeq(value, ",") {
			if err := (flag{of: list.Elem()}).holds(one); err != nil {
				return err
			}
		}
		return nil
	}
	if value == "..." || value == "…" {
		return nil
	}
	known := values(of)
	_, notNumber := strconv.Atoi(value)
	switch text := of.String(); {
	case len(known) > 0 && !slices.Contains(known, value):
		return fmt.Errorf("%s is none of %s", value, strings.Join(known, ", "))
	case text == "int" && notNumber != nil:
		return fmt.Errorf("%s is no number", value)
	case strings.HasSuffix(text, "dagger.Secret") && !schemes.MatchString(value):
		return fmt.Errorf("%s names no secret, as env:NAME does", value)
	case strings.HasSuffix(text, "dagger.Service") && !strings.HasPrefix(value, "tcp://"):
		return fmt.Errorf("%s is no service, as tcp://HOST:PORT is", value)
	}
	return nil
}

// sourceless are the functions that need no application repository, or none but to know
// more.
var sourceless = setOf("argo-cd", "gitops", "images", "notify-failure", "verify")

// call tells what is wrong with a call of the module by the CLI.
func (s *schema) call(words []string) error {
	if err := s.walk(words); err != nil {
		return err
	}
	first := slices.IndexFunc(words, func(word string) bool { return !strings.HasPrefix(word, "with-") && s.begins(word) })
	if first < 0 || dots(words[0]) || sourceless[words[first]] || slices.Contains(words[:first], "--source") {
		return nil
	}
	return fmt.Errorf("%s is of the source, which of a module that is called by its address is its own. Say --source .", words[first])
}

// begins tells whether a call can begin with a function.
func (s *schema) begins(name string) bool {
	_, is := s.functions(s.constructor().returns)[name]
	return is
}

// walk goes from each function of a call to what it leads to. Three dots are for
// arguments, or calls, that the reader knows.
func (s *schema) walk(words []string) error {
	at, open, given := s.constructor(), false, map[string]bool{}
	if len(words) > 1 && dots(words[0]) {
		at, open = callable{returns: s.having(words[1])}, true
	}
	for i := 0; i < len(words); i++ {
		word := words[i]
		switch {
		case dots(word):
			open = true
		case strings.HasPrefix(word, "--"):
			name, value, has := strings.Cut(strings.TrimPrefix(word, "--"), "=")
			flag, is := at.flags[name]
			if !is {
				return fmt.Errorf("%s has no argument --%s, but: %s", at.name, name, listed(at.flags))
			}
			if given[name] = true; flag.of.String() != "bool" && !has {
				if i++; i == len(words) {
					return fmt.Errorf("%s of %s has no value", word, at.name)
				}
				value = words[i]
			}
			if err := flag.holds(value); flag.of.String() != "bool" && err != nil {
				return fmt.Errorf("%s of %s: %w", word, at.name, err)
			}
		default:
			if err := at.whole(given, open); err != nil {
				return err
			}
			next, is := s.functions(at.returns)[word]
			if !is {
				return fmt.Errorf("%s leads to no function %s, but to: %s", at.name, word, listed(s.functions(at.returns)))
			}
			at, open, given = next, false, map[string]bool{}
		}
	}
	return at.whole(given, open)
}

// whole tells what is missing of a call's arguments.
func (f callable) whole(given map[string]bool, open bool) error {
	for name, flag := range f.flags {
		if flag.required && !given[name] && !open {
			return fmt.Errorf("%s is not given its --%s", f.name, name)
		}
	}
	return nil
}

// having is an object of the module that has a function.
func (s *schema) having(name string) types.Type {
	scope := s.faces.Types.Scope()
	for _, of := range scope.Names() {
		if object, is := scope.Lookup(of).(*types.TypeName); is {
			if _, has := s.functions(object.Type())[name]; has {
				return object.Type()
			}
		}
	}
	return nil
}

func dots(word string) bool { return word == "..." || word == "…" }

func listed[T any](of map[string]T) string {
	return strings.Join(slices.Sorted(maps.Keys(of)), ", ")
}

// objectOf is what a pointer or a list is of.
func objectOf(of types.Type) *types.Named {
	switch of := of.(type) {
	case *types.Pointer:
		return objectOf(of.Elem())
	case *types.Slice:
		return objectOf(of.Elem())
	case *types.Named:
		return of
	}
	return nil
}

var (
	ofCapitals = regexp.MustCompile(`([A-Z]+)([A-Z][a-z])`)
	ofSmall    = regexp.MustCompile(`([a-z0-9])([A-Z])`)
)

// dashed is a name of Go's as the CLI has it.
func dashed(name string) string {
	return strings.ToLower(ofSmall.ReplaceAllString(ofCapitals.ReplaceAllString(name, "$1-$2"), "$1-$2"))
}
