package main

import (
	"context"

	"github.com/pingvas/pingvas-ci/ci/internal/component"
	"github.com/pingvas/pingvas-ci/ci/internal/dagger"
	"github.com/pingvas/pingvas-ci/ci/internal/scaffold"
)

// Scaffold returns a GitOps repository for the source's components, as a
// starting point: bases, and overlays for dev and prod.
func (m *PingvasCi) Scaffold(ctx context.Context) (*dagger.Directory, error) {
	found, err := m.discover(ctx)
	if err != nil {
		return nil, err
	}
	return scaffolded(found)
}

func scaffolded(components []component.Component) (*dagger.Directory, error) {
	files, err := scaffold.Files(components)
	if err != nil {
		return nil, err
	}
	tree := dag.Directory()
	for name, text := range files {
		tree = tree.WithNewFile(name, text)
	}
	return tree, nil
}

// embeddedGitops is a GitOps repository that exists for one call.
func embeddedGitops(components []component.Component) (*Gitops, error) {
	tree, err := scaffolded(components)
	if err != nil {
		return nil, err
	}
	return &Gitops{Directory: tree}, nil
}
