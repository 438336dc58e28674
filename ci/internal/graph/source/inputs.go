package source

import (
	"context"
	"os"
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
// Each is filtered before it is added: the engine knows a filtered directory by
// its content, and so what was left out runs nothing again.
func (r *Repository) Tree(parts []inputs.Part) *dagger.Directory {
	tree := dag.Directory()
	for _, part := range parts {
		exclude := append([]string{".git"}, part.Exclude...)
		if part.Shallow {
			// What lies deeper is left out, and with it the directories, which
			// would be empty ones.
			exclude = append(exclude, "*/*")
		}
		tree = tree.WithDirectory(part.Dir, r.Directory.Directory(part.Dir).
			Filter(dagger.DirectoryFilterOpts{Include: part.Include, Exclude: exclude}))
	}
	return tree
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
