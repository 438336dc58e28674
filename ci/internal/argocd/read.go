package argocd

import (
	"path"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/pingvas/pingvas-ci/ci/internal/gitopstree"
)

// Object is an object of the tree, as it reaches a cluster.
type Object struct {
	// File is where it is written.
	File string
	// Scope is what is applied together with it: names are taken within one.
	Scope string
	// Node is the object.
	Node *yaml.Node
}

// Written are the objects of a tree's manifests as they are written, each in the
// scope of its folder.
func Written(tree *gitopstree.Tree) []Object {
	var all []Object
	for _, file := range tree.Of(gitopstree.Manifest) {
		for _, document := range file.Documents {
			all = append(all, Object{file.Path, path.Dir(file.Path), document})
		}
	}
	return all
}

// objects are those that the validation knows.
type objects struct {
	sets, applications, projects, notifications []object
	flux                                        []object // what deploys a folder without Argo CD
}

func read(all []Object) (found objects) {
	for _, o := range all {
		into := found.kind(o.Node)
		if into == nil {
			continue
		}
		*into = append(*into, object{file: o.File, scope: o.Scope, values: values(o.Node), node: o.Node})
	}
	return found
}

func (o *objects) kind(node *yaml.Node) *[]object {
	group, _, _ := strings.Cut(gitopstree.Text(node, "apiVersion"), "/")
	switch kind := gitopstree.Text(node, "kind"); {
	case group == "argoproj.io" && kind == "ApplicationSet":
		return &o.sets
	case group == "argoproj.io" && kind == "Application":
		return &o.applications
	case group == "argoproj.io" && kind == "AppProject":
		return &o.projects
	case group == "kustomize.toolkit.fluxcd.io" && kind == "Kustomization":
		return &o.flux
	case kind == "ConfigMap" && gitopstree.Text(node, "metadata", "name") == "argocd-notifications-cm":
		return &o.notifications
	}
	return nil
}
