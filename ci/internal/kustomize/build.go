package kustomize

import (
	"context"

	"sigs.k8s.io/kustomize/kyaml/yaml"
)

// Built is one kustomization, rendered.
type Built struct {
	// Objects are what it renders to.
	Objects []*yaml.RNode
	// Read are the files that it was made of, relative to the repository.
	Read []string
}

// Build renders the kustomization in a folder below dir, as Render does.
func Build(ctx context.Context, dir, folder string) (Built, error) {
	tree, resources, err := buildTree(ctx, dir, folder, nil)
	if err != nil {
		return Built{}, err
	}
	built := Built{Read: tree.read}
	for _, r := range resources.Resources() {
		built.Objects = append(built.Objects, yaml.NewRNode(r.YNode()))
	}
	return built, nil
}
