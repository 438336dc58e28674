package source

import (
	"context"
	"os"
	"path"
	"strings"

	"github.com/pingvas/pingvas-ci/ci/internal/component"
	"github.com/pingvas/pingvas-ci/ci/internal/dagger"
	"github.com/pingvas/pingvas-ci/ci/internal/graph/ground"
	"github.com/pingvas/pingvas-ci/ci/internal/inputs"
	"github.com/pingvas/pingvas-ci/ci/internal/provenance"
)

// Checked is what the checks of a component see, at its places.
func (r *Repository) Checked(c component.Component) *dagger.Directory {
	return r.Tree(c.Inputs.Check)
}

// Built is what the image of a component is made from, at its places.
func (r *Repository) Built(c component.Component) *dagger.Directory {
	return r.Tree(c.Inputs.Image)
}

// Inputs are all that a component is made of: a change of anything else leaves
// it as it is.
func (r *Repository) Inputs(c component.Component) *dagger.Directory {
	return r.Tree(c.Inputs.All())
}

// InputsOf are all that the component of a name is made of.
func (r *Repository) InputsOf(ctx context.Context, name string) (*dagger.Directory, error) {
	c, err := r.Find(ctx, name)
	if err != nil {
		return nil, err
	}
	return r.Inputs(c), nil
}

// Tree has the files of the parts at their places in the repository.
//
// Each part is filtered before it is added: the engine knows a filtered
// directory by its content, and so what was left out runs nothing again.
func (r *Repository) Tree(parts []inputs.Part) *dagger.Directory {
	tree := dag.Directory()
	for _, part := range parts {
		include, exclude := part.Patterns()
		if part.Shallow {
			// By their names: a pattern that leaves out what lies deeper would
			// leave the directories, empty.
			if include = r.files(part.Dir); len(include) == 0 {
				continue
			}
		}
		tree = tree.WithDirectory(".", r.Directory.Filter(dagger.DirectoryFilterOpts{Include: include, Exclude: exclude}))
	}
	return tree
}

// files are the files right in a directory, as patterns.
func (r *Repository) files(dir string) []string {
	var patterns []string
	for _, name := range r.names {
		if path.Dir(name) == dir && !strings.HasSuffix(name, "/") {
			patterns = append(patterns, inputs.Literal(name))
		}
	}
	return patterns
}

// contentLabel is the label with the hash of the files that an image is of.
const contentLabel = "io.github.pingvas.pingvas-ci.content"

// content is a hash of all that a component is made of.
func (r *Repository) content(ctx context.Context, c component.Component) (hash string, err error) {
	err = ground.Exported(ctx, r.Inputs(c), func(dir string) (err error) {
		hash, err = provenance.Content(os.DirFS(dir))
		return err
	})
	return hash, err
}

// Has tells whether a component's directory has a file or directory.
func (r *Repository) Has(ctx context.Context, c component.Component, name string) (bool, error) {
	found, err := r.Directory.Directory(c.Path).Glob(ctx, strings.TrimSuffix(name, "/"))
	return len(found) > 0, err
}
