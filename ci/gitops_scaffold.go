package main

import (
	"context"
	"maps"
	"os"
	"slices"
	"strings"

	"github.com/pingvas/pingvas-ci/ci/internal/component"
	"github.com/pingvas/pingvas-ci/ci/internal/dagger"
	"github.com/pingvas/pingvas-ci/ci/internal/scaffold"
)

// OverlayLayout is how the overlays of an environment are laid out.
type OverlayLayout string

const (
	// OverlayLayoutShared is one overlay for all components.
	OverlayLayoutShared OverlayLayout = "SHARED"
	// OverlayLayoutFolders is an overlay folder, and an application, for each component.
	OverlayLayoutFolders OverlayLayout = "FOLDERS"
)

// Scaffold writes a GitOps repository for the source's components, as a change.
//
// It is laid out as in the guide: a base for each component, overlays for dev
// and prod, Argo CD's objects, and the infrastructure. In a repository that is
// there it adds what is missing, in the layout of what is there, and leaves
// every byte of the rest as people have edited it.
func (m *PingvasCi) Scaffold(
	ctx context.Context,
	// The GitOps repository to add to; a new one when absent.
	// +optional
	directory *dagger.Directory,
	// How the overlays are laid out: as those that are there when absent, or else
	// one for all components.
	// +optional
	layout OverlayLayout,
) (*dagger.Changeset, error) {
	found, err := m.discover(ctx)
	if err != nil {
		return nil, err
	}
	if directory == nil {
		directory = dag.Directory()
	}
	after := directory
	err = exported(ctx, directory, func(dir string) error {
		changed, err := scaffold.Update(os.DirFS(dir), found, scaffold.Layout(strings.ToLower(string(layout))))
		for _, name := range slices.Sorted(maps.Keys(changed)) {
			after = after.WithNewFile(name, changed[name])
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	return after.Changes(directory), nil
}

func scaffolded(components []component.Component) (*dagger.Directory, error) {
	files, err := scaffold.Files(components, scaffold.Shared)
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
