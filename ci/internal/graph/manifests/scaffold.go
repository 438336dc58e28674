package manifests

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/pingvas/pingvas-ci/ci/internal/component"
	"github.com/pingvas/pingvas-ci/ci/internal/dagger"
	"github.com/pingvas/pingvas-ci/ci/internal/graph/ground"
	"github.com/pingvas/pingvas-ci/ci/internal/plain"
	"github.com/pingvas/pingvas-ci/ci/internal/scaffold"
)

// Embedded is a GitOps repository that exists for one call.
func Embedded(components []component.Component) (*Repository, error) {
	components = component.Delivered(components)
	files, err := scaffold.Files(components, scaffold.Shared)
	if err != nil {
		return nil, err
	}
	return &Repository{Directory: with(dag.Directory(), files)}, nil
}

// Scaffold adds to a directory what a GitOps repository for the components lacks
// there, or writes a new one where there is none. The layout is that of what is
// there when it is not given.
func Scaffold(ctx context.Context, directory *dagger.Directory, components []component.Component, layout string) (*dagger.Changeset, error) {
	if directory == nil {
		directory = dag.Directory()
	}
	components = slices.DeleteFunc(component.Delivered(components), func(c component.Component) bool {
		if c.Fault != "" {
			fmt.Printf("· %s is left out: %s\n", c.Name, plain.Line(c.Fault)) // What it needs is not known.
		}
		return c.Fault != ""
	})
	after := directory
	err := ground.Exported(ctx, directory, func(dir string) error {
		change, err := scaffold.Update(dir, components, scaffold.Layout(strings.ToLower(layout)))
		after = with(after, change.Files)
		for _, note := range change.Notes {
			fmt.Printf("· %s\n", plain.Line(note))
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	return after.Changes(directory), nil
}

// with adds files, in the order of their names: the same files are the same
// request to the engine.
func with(tree *dagger.Directory, files map[string]string) *dagger.Directory {
	for _, name := range slices.Sorted(maps.Keys(files)) {
		tree = tree.WithNewFile(name, files[name])
	}
	return tree
}
