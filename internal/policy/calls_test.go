package policy

import (
	"go/ast"
	"go/types"

	"golang.org/x/tools/go/packages"
)

// calls is what each function, method and variable of the code mentions, by
// their short names. To mention a function counts as to call it: a function
// answers for the callbacks that it makes and gives away, wherever they are run.
// A method of an interface leads to that of every type of ours that has it.
type calls struct {
	mentions map[string][]string
	concrete []types.Type
	seen     map[string]bool
}

// callsOf reads code.
func callsOf(code []*packages.Package) *calls {
	c := &calls{mentions: map[string][]string{}, seen: map[string]bool{}}
	for _, p := range code {
		for _, name := range p.Types.Scope().Names() {
			is, isType := p.Types.Scope().Lookup(name).(*types.TypeName)
			if isType && !types.IsInterface(is.Type()) {
				c.concrete = append(c.concrete, types.NewPointer(is.Type()))
			}
		}
	}
	for _, p := range code {
		for _, file := range p.Syntax {
			for _, declaration := range file.Decls {
				c.declared(p.TypesInfo, declaration)
			}
		}
	}
	return c
}

// declared takes what is declared at the top of a file.
func (c *calls) declared(info *types.Info, declaration ast.Decl) {
	switch d := declaration.(type) {
	case *ast.FuncDecl:
		c.mentioned(info, nameOf(info.Defs[d.Name]), d)
	case *ast.GenDecl:
		for _, spec := range d.Specs {
			if value, is := spec.(*ast.ValueSpec); is {
				for _, name := range value.Names {
					c.mentioned(info, nameOf(info.Defs[name]), value)
				}
			}
		}
	}
}

// mentioned takes every function and every variable of a package that is named
// below a node.
func (c *calls) mentioned(info *types.Info, by string, within ast.Node) {
	ast.Inspect(within, func(node ast.Node) bool {
		name, is := node.(*ast.Ident)
		if !is {
			return true
		}
		of := info.Uses[name]
		if called := nameOf(of); called != "" && called != by {
			c.mentions[by] = append(c.mentions[by], called)
			c.implemented(of, called)
		}
		return true
	})
}

// nameOf is the short name of a function or of a package's variable; empty for
// anything else.
func nameOf(of types.Object) string {
	switch of := of.(type) {
	case *types.Func:
		return short(of.Origin().FullName())
	case *types.Var:
		if of.Pkg() != nil && of.Parent() == of.Pkg().Scope() {
			return short(of.Pkg().Path() + "." + of.Name())
		}
	}
	return ""
}

// implemented has an interface's method lead to those of our types that are it.
func (c *calls) implemented(of types.Object, called string) {
	method, is := of.(*types.Func)
	if !is || c.seen[called] || method.Signature().Recv() == nil {
		return
	}
	c.seen[called] = true
	asked, isInterface := method.Signature().Recv().Type().Underlying().(*types.Interface)
	if !isInterface {
		return
	}
	for _, one := range c.concrete {
		if types.Implements(one, asked) {
			found, _, _ := types.LookupFieldOrMethod(one, false, method.Pkg(), method.Name())
			c.mentions[called] = append(c.mentions[called], nameOf(found))
		}
	}
}

// way is the shortest way from a function to one of those that are looked for;
// empty where there is none.
func (c *calls) way(from string, wanted map[string]bool) string {
	before := map[string]string{from: ""}
	for queue := []string{from}; len(queue) > 0; queue = queue[1:] {
		if wanted[queue[0]] {
			return along(before, queue[0])
		}
		for _, next := range c.mentions[queue[0]] {
			if _, been := before[next]; !been {
				before[next] = queue[0]
				queue = append(queue, next)
			}
		}
	}
	return ""
}

// along is the way that ends somewhere.
func along(before map[string]string, end string) string {
	way := end
	for at := before[end]; at != ""; at = before[at] {
		way = at + " > " + way
	}
	return way
}
