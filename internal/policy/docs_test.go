package policy

import (
	"go/ast"
	"go/parser"
	"go/token"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// TestEverythingHasAHelpText: `dagger functions` shows the first line of a
// function's doc comment, so that line is a sentence; arguments, objects, their
// fields and the values of enums have a text each.
func TestEverythingHasAHelpText(t *testing.T) {
	faces := find(t, pipeline(t), "")
	found := 0
	for _, file := range faces.Syntax {
		if !generated(faces, file) {
			h := helpIn(faces.Fset, file)
			found += h.found
			for _, fault := range h.faults {
				assert.Fail(t, fault)
			}
		}
	}
	require.Greater(t, found, 400, "the test no longer finds what it looks for")
}

// TestTheReaderFindsAMissingHelpText is the other direction, on code of its own.
func TestTheReaderFindsAMissingHelpText(t *testing.T) {
	fset := token.NewFileSet()
	file, err := parser.ParseFile(fset, "a.go", `package main
// Face is an object.
type Face struct {
	// Name is told.
	Name string
	Silent string
	// +private
	Hidden string
	own string
}
type Bare struct{}
// Level is an enum.
type Level string
const (
	// The lowest.
	LOW Level = "LOW"
	HIGH Level = "HIGH"
)
// In between.
const MEDIUM Level = "MEDIUM"
// Fine does it.
func (f *Face) Fine(
	ctx context.Context,
	// What it is done to.
	// +optional
	subject string,
	on string, // Where.
) {}
// half a sentence
func (f *Face) Half() {}
func (f *Face) None() {}
// Options has one without a text.
func (f *Face) Options(
	// +optional
	subject string,
) {}
// Line has all in one.
func (f *Face) Line(subject string) {}
func (f *Face) own(subject string) {}
`, parser.ParseComments)
	require.NoError(t, err)
	faults := strings.Join(helpIn(fset, file).faults, "\n")
	for _, name := range []string{"Face.Silent", "Bare", "HIGH", "Half", "None", "Options's subject", "Line's subject"} {
		assert.Contains(t, faults, ": "+name+" ")
	}
	assert.Len(t, strings.Split(faults, "\n"), 7)
}

// help is what of a file has a help text, and what lacks one.
type help struct {
	fset   *token.FileSet
	file   *ast.File
	found  int
	faults []string
}

// helpIn looks at all that callers see of a file.
func helpIn(fset *token.FileSet, file *ast.File) *help {
	h := &help{fset: fset, file: file}
	for _, declaration := range file.Decls {
		switch d := declaration.(type) {
		case *ast.FuncDecl:
			if ofObject(d) && d.Name.IsExported() {
				h.function(d)
			}
		case *ast.GenDecl:
			for _, spec := range d.Specs {
				h.declared(d, spec)
			}
		}
	}
	return h
}

// function has a sentence in its first line, and a text for each argument.
func (h *help) function(f *ast.FuncDecl) {
	line, _, _ := strings.Cut(f.Doc.Text(), "\n")
	h.is(f, f.Name.Name, line != "" && strings.ToUpper(line[:1]) == line[:1] && strings.HasSuffix(line, "."), "the first line is no sentence")
	for _, argument := range f.Type.Params.List {
		if of := element(argument.Type); of == "context.Context" {
			continue
		}
		for _, name := range argument.Names {
			h.is(name, f.Name.Name+"'s "+name.Name, said(h.beside(f, argument)), "there is no text above the argument")
		}
	}
}

// declared has a text for an exported type, its fields, and the values of an
// enum.
func (h *help) declared(group *ast.GenDecl, spec ast.Spec) {
	switch s := spec.(type) {
	case *ast.TypeSpec:
		if !s.Name.IsExported() {
			return
		}
		h.is(s, s.Name.Name, said(group.Doc.Text()) || said(s.Doc.Text()), "there is no doc comment")
		if of, is := s.Type.(*ast.StructType); is {
			h.fields(s.Name.Name, of)
		}
	case *ast.ValueSpec:
		if group.Tok == token.CONST && s.Names[0].IsExported() {
			text := s.Doc.Text() + "\n" + s.Comment.Text()
			if !group.Lparen.IsValid() {
				text += "\n" + group.Doc.Text()
			}
			h.is(s, s.Names[0].Name, said(text), "there is no doc comment")
		}
	}
}

// fields have a text each, but for those that callers do not see.
func (h *help) fields(object string, of *ast.StructType) {
	for _, field := range of.Fields.List {
		text := field.Doc.Text() + "\n" + field.Comment.Text()
		for _, name := range field.Names {
			if name.IsExported() && !strings.Contains(text, "+private") {
				h.is(name, object+"."+name.Name, said(text), "there is no doc comment")
			}
		}
	}
}

// beside is the text right above an argument of a function, or after it in its
// line: Go's parser gives arguments none.
func (h *help) beside(f *ast.FuncDecl, argument *ast.Field) string {
	line := func(at token.Pos) int { return h.fset.Position(at).Line }
	for _, comment := range h.file.Comments {
		above := line(comment.End()) == line(argument.Pos())-1
		after := line(comment.Pos()) == line(argument.End()) && comment.Pos() > argument.End()
		if comment.Pos() > f.Pos() && (above || after) {
			return comment.Text()
		}
	}
	return ""
}

// is notes what has a help text, and what is wrong where it has none.
func (h *help) is(at ast.Node, name string, good bool, otherwise string) {
	h.found++
	if !good {
		h.faults = append(h.faults, h.fset.Position(at.Pos()).String()+": "+name+" has no help text: "+otherwise)
	}
}

// said tells a text in which more stands than settings for Dagger.
func said(text string) bool {
	for line := range strings.Lines(text) {
		if line = strings.TrimSpace(line); line != "" && !strings.HasPrefix(line, "+") {
			return true
		}
	}
	return false
}
