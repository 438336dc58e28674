package policy

import (
	"go/ast"
	"go/types"
	"maps"
	"slices"
	"strings"

	"golang.org/x/tools/go/packages"
)

// calls is what each function, method and variable of the code mentions, by
// their short names. To mention a function counts as to call it: a function
// answers for the callbacks that it makes and gives away, wherever they are run.
// A method of an interface leads to that of every type of ours that has it. Who
// makes a value answers for those of its methods that an interface of somebody
// else's asks for: their code calls them.
//
// The call graphs of golang.org/x/tools do not tell one caller of a function
// that runs callbacks from another: by them, every gate publishes.
type calls struct {
	world    world
	mentions map[string][]string
	// effects are the names that touch the world.
	effects  map[string]bool
	concrete []types.Type
	foreign  []*types.Interface
	lends    map[string][]string
	seen     map[string]bool
}

// callsOf reads code.
func callsOf(code []*packages.Package, w world) *calls {
	c := &calls{world: w, mentions: map[string][]string{}, effects: map[string]bool{}, lends: map[string][]string{}, seen: map[string]bool{}}
	for _, p := range code {
		for _, of := range typesIn(p.Types) {
			if !types.IsInterface(of) {
				c.concrete = append(c.concrete, types.NewPointer(of))
			}
		}
	}
	c.foreign = foreignTo(code)
	for _, p := range code {
		if w.boundary(p.PkgPath) {
			continue
		}
		for _, file := range p.Syntax {
			for _, declaration := range file.Decls {
				if !generated(p, file) {
					c.declared(p, declaration)
				}
			}
		}
	}
	return c
}

// typesIn are the types that a package declares.
func typesIn(p *types.Package) (all []types.Type) {
	for _, name := range p.Scope().Names() {
		if is, isType := p.Scope().Lookup(name).(*types.TypeName); isType {
			all = append(all, is.Type())
		}
	}
	return all
}

// foreignTo are the interfaces of the packages of others that code imports, at
// any depth.
func foreignTo(code []*packages.Package) (all []*types.Interface) {
	seen := map[*types.Package]bool{}
	var visit func(*types.Package)
	visit = func(p *types.Package) {
		if seen[p] {
			return
		}
		seen[p] = true
		for _, imported := range p.Imports() {
			visit(imported)
		}
		for _, of := range typesIn(p) {
			if asked, is := of.Underlying().(*types.Interface); is && !ours(p.Path()) && asked.NumMethods() > 0 {
				all = append(all, asked)
			}
		}
	}
	for _, p := range code {
		visit(p.Types)
	}
	return all
}

// ours tells the packages of the pipeline's module.
func ours(path string) bool {
	return path == modulePath || strings.HasPrefix(path, modulePath+"/")
}

// declared takes what is declared at the top of a file.
func (c *calls) declared(p *packages.Package, declaration ast.Decl) {
	switch d := declaration.(type) {
	case *ast.FuncDecl:
		c.mentioned(p, nameOf(p.TypesInfo.Defs[d.Name]), d)
	case *ast.GenDecl:
		for _, spec := range d.Specs {
			if value, is := spec.(*ast.ValueSpec); is {
				for _, name := range value.Names {
					c.mentioned(p, nameOf(p.TypesInfo.Defs[name]), value)
				}
			}
		}
	}
}

// mentioned takes every function and every variable of a package that is named
// below a node, the programs that are started there, and the methods of what is
// made there.
func (c *calls) mentioned(p *packages.Package, by string, within ast.Node) {
	ast.Inspect(within, func(node ast.Node) bool {
		switch node := node.(type) {
		case *ast.Ident:
			c.used(by, p.TypesInfo.Uses[node])
		case *ast.CompositeLit:
			c.made(by, p.TypesInfo.TypeOf(node))
		}
		if started := c.world.started(p, node); started != "" {
			c.effects[started] = true
			c.mentions[by] = append(c.mentions[by], started)
		}
		return true
	})
}

// used takes what a name stands for.
func (c *calls) used(by string, of types.Object) {
	called := nameOf(of)
	if called == "" || called == by {
		return
	}
	f, isFunction := of.(*types.Func)
	if isFunction && c.world.touches(f) {
		if c.world.aside(by, called) {
			return
		}
		c.effects[called] = true
	}
	c.mentions[by] = append(c.mentions[by], called)
	if isFunction {
		c.implemented(f, called)
	}
}

// made takes the methods by which the code of others uses a value of ours.
func (c *calls) made(by string, of types.Type) {
	if pointer, is := of.(*types.Pointer); is {
		of = pointer.Elem()
	}
	named, is := of.(*types.Named)
	if !is || named.Obj().Pkg() == nil || !ours(named.Obj().Pkg().Path()) || named.TypeParams().Len() > 0 {
		return
	}
	c.mentions[by] = append(c.mentions[by], c.lent(named)...)
}

// lent are the methods of a type that interfaces of others ask for.
func (c *calls) lent(of *types.Named) []string {
	name := short(of.String())
	if known, is := c.lends[name]; is {
		return known
	}
	names := map[string]bool{}
	pointer := types.NewPointer(of)
	for _, asked := range c.foreign {
		if types.Implements(pointer, asked) {
			for method := range asked.Methods() {
				found, _, _ := types.LookupFieldOrMethod(pointer, false, method.Pkg(), method.Name())
				names[nameOf(found)] = true
			}
		}
	}
	c.lends[name] = slices.Sorted(maps.Keys(names))
	return c.lends[name]
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
func (c *calls) implemented(method *types.Func, called string) {
	if c.seen[called] || method.Signature().Recv() == nil {
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

// way is the shortest way from a function to what touches the world; empty where
// there is none.
func (c *calls) way(from string) string {
	before := map[string]string{from: ""}
	for queue := []string{from}; len(queue) > 0; queue = queue[1:] {
		if c.effects[queue[0]] {
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
