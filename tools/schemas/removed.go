package main

import (
	"cmp"
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// gone is a version of a kind that is not served any more.
type gone struct {
	APIVersion string `json:"apiVersion"`
	Kind       string `json:"kind"`
	// Since is the first release without it.
	Since string `json:"since"`
	// Instead is what took its place, "" where nothing did.
	Instead string `json:"instead,omitempty"`
}

// removed reads what the types of every release say of themselves.
func removed(last string, served map[string]string) ([]gone, error) {
	versions, err := releases("k8s.io/api", last)
	if err != nil {
		return nil, err
	}
	found := map[string]gone{}
	for _, version := range versions {
		dir, err := module("k8s.io/api", version)
		if err != nil {
			return nil, err
		}
		if err := lifecycles(dir, found); err != nil {
			return nil, fmt.Errorf("k8s.io/api %s: %w", version, err)
		}
	}
	newest := minor(last)
	var all []gone
	for name, g := range found {
		// What is served still was given more time than was planned.
		if _, still := served[name]; !still && minor("v0."+strings.TrimPrefix(g.Since, "1.")+".0") <= newest {
			g.Instead = instead(g, found, served)
			all = append(all, g)
		}
	}
	slices.SortFunc(all, func(a, b gone) int { return strings.Compare(a.APIVersion+" "+a.Kind, b.APIVersion+" "+b.Kind) })
	return all, nil
}

// instead is what is served in the place of a version: the most stable version of
// the same kind, or what its types name, by way of others that are gone as well.
func instead(g gone, found map[string]gone, served map[string]string) string {
	for range found { // As long as there are any, for what names itself.
		group, _, _ := strings.Cut(g.APIVersion, "/")
		var versions []string
		for name := range served {
			if version, kind, _ := strings.Cut(name, " "); kind == g.Kind && strings.HasPrefix(version, group+"/") {
				versions = append(versions, version)
			}
		}
		if len(versions) > 0 { // A stable one is the shortest.
			return slices.MinFunc(versions, func(a, b string) int {
				return cmp.Or(cmp.Compare(strings.Count(a, "alpha"), strings.Count(b, "alpha")), cmp.Compare(len(a), len(b)))
			})
		}
		if served[g.Instead+" "+g.Kind] != "" {
			return g.Instead
		}
		next, known := found[g.Instead+" "+g.Kind]
		if !known {
			return ""
		}
		g = next
	}
	return ""
}

func minor(version string) int {
	n, _ := strconv.Atoi(strings.Split(version, ".")[1]) // It is a release's version.
	return n
}

// lifecycles reads the files that Kubernetes generates of its types' lives.
func lifecycles(dir string, found map[string]gone) error {
	return fs.WalkDir(os.DirFS(dir), ".", func(file string, entry fs.DirEntry, err error) error {
		if err != nil || path.Base(file) != "zz_generated.prerelease-lifecycle.go" {
			return err
		}
		group, err := groupOf(filepath.Join(dir, path.Dir(file), "register.go"))
		if err != nil {
			return err
		}
		parsed, err := parser.ParseFile(token.NewFileSet(), filepath.Join(dir, file), nil, 0)
		if err != nil {
			return err
		}
		apiVersion := strings.TrimPrefix(group+"/"+path.Base(path.Dir(file)), "/")
		types := map[string]*gone{}
		for _, declared := range parsed.Decls {
			method, is := declared.(*ast.FuncDecl)
			if !is || method.Recv == nil {
				continue
			}
			kind := receiver(method)
			if types[kind] == nil {
				types[kind] = &gone{APIVersion: apiVersion, Kind: kind}
			}
			types[kind].note(method)
		}
		for kind, g := range types {
			if g.Since != "" && !strings.HasSuffix(kind, "List") {
				found[apiVersion+" "+kind] = *g
			}
		}
		return nil
	})
}

// note takes what a method returns.
func (g *gone) note(method *ast.FuncDecl) {
	statement, is := method.Body.List[0].(*ast.ReturnStmt)
	if !is {
		return
	}
	switch method.Name.Name {
	case "APILifecycleRemoved":
		g.Since = literal(statement.Results[0]) + "." + literal(statement.Results[1])
	case "APILifecycleReplacement":
		fields := map[string]string{}
		for _, element := range statement.Results[0].(*ast.CompositeLit).Elts {
			pair := element.(*ast.KeyValueExpr)
			fields[pair.Key.(*ast.Ident).Name] = literal(pair.Value)
		}
		g.Instead = strings.TrimPrefix(fields["Group"]+"/"+fields["Version"], "/")
	}
}

func receiver(method *ast.FuncDecl) string {
	of := method.Recv.List[0].Type
	if pointer, is := of.(*ast.StarExpr); is {
		of = pointer.X
	}
	return of.(*ast.Ident).Name
}

func literal(expression ast.Expr) string {
	if basic, is := expression.(*ast.BasicLit); is {
		return strings.Trim(basic.Value, `"`)
	}
	return ""
}

// groupOf is the constant GroupName of a package.
func groupOf(file string) (string, error) {
	parsed, err := parser.ParseFile(token.NewFileSet(), file, nil, 0)
	if err != nil {
		return "", err
	}
	for _, declared := range parsed.Decls {
		general, is := declared.(*ast.GenDecl)
		if !is || general.Tok != token.CONST {
			continue
		}
		for _, spec := range general.Specs {
			if value := spec.(*ast.ValueSpec); value.Names[0].Name == "GroupName" {
				return literal(value.Values[0]), nil
			}
		}
	}
	return "", errors.New(file + " names no group")
}
