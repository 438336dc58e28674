package source

import (
	"context"
	"io/fs"
	"path"
	"slices"
	"strings"

	"github.com/pingvas/pingvas-ci/ci/internal/bounds"
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

// Tree has the files of the parts at their places in the repository, of which
// some need not be there.
//
// Each part is filtered before it is added: the engine knows a directory and what
// is filtered of it by their content, and so what was left out, or lies
// elsewhere, runs nothing again.
func (r *Repository) Tree(parts []inputs.Part) *dagger.Directory {
	tree := dag.Directory()
	for _, part := range parts {
		if !r.has(part) {
			continue
		}
		include := part.Include
		if part.Shallow {
			// By their names: a pattern that leaves out what lies deeper would
			// leave the directories, empty.
			include = r.directories[part.Dir]
		}
		tree = tree.WithDirectory(part.Dir, r.Directory.Directory(part.Dir).Filter(dagger.DirectoryFilterOpts{
			Include: include, Exclude: append([]string{".git"}, part.Exclude...),
		}))
	}
	return tree
}

// has tells whether there can be files of a part: each is a step of the engine's,
// and of one without files the directory would be there, empty.
func (r *Repository) has(part inputs.Part) bool {
	files, is := r.directories[part.Dir]
	if !is || part.Shallow {
		return len(files) > 0
	}
	there := func(pattern string) bool {
		at := path.Join(part.Dir, pattern)
		_, isDirectory := r.directories[at]
		return isDirectory || strings.ContainsAny(pattern, `*?[\`) || slices.Contains(r.directories[path.Dir(at)], path.Base(at))
	}
	return len(part.Include) == 0 || slices.ContainsFunc(part.Include, there)
}

// directoriesOf are the directories among the given paths, which end with a
// slash, each with the files right in it, as patterns.
func directoriesOf(paths []string) map[string][]string {
	directories := map[string][]string{".": nil}
	for _, name := range paths {
		if dir, is := strings.CutSuffix(name, "/"); is {
			if _, known := directories[dir]; !known {
				directories[dir] = nil
			}
			continue
		}
		dir := path.Dir(name)
		directories[dir] = append(directories[dir], inputs.Literal(path.Base(name)))
	}
	return directories
}

// contentLabel is the label with the hash of the files that an image is of.
const contentLabel = "io.github.pingvas.pingvas-ci.content"

// Content is the hash of the files that an image with the labels is of.
func Content(labels map[string]string) string { return labels[contentLabel] }

// content is a hash of all that a component is made of.
func (r *Repository) content(ctx context.Context, c component.Component) (hash string, err error) {
	err = ground.Exported(ctx, r.Inputs(c), func(dir string) error {
		return bounds.In(dir, func(tree fs.FS) (err error) {
			hash, err = provenance.Content(tree)
			return err
		})
	})
	return hash, err
}

// Has tells whether a component's directory has a file or directory.
func (r *Repository) Has(ctx context.Context, c component.Component, name string) (bool, error) {
	found, err := r.Directory.Directory(c.Path).Glob(ctx, strings.TrimSuffix(name, "/"))
	return len(found) > 0, err
}

// Names are the files of the parts that end with one of the suffixes, by their places
// in the repository, once components were looked for.
func (r *Repository) Names(parts []inputs.Part, suffixes ...string) ([]string, error) {
	matcher, err := inputs.Inputs{Check: parts}.Matcher()
	if err != nil {
		return nil, err
	}
	var names []string
	for _, name := range r.files {
		if !slices.ContainsFunc(suffixes, func(suffix string) bool { return strings.HasSuffix(name, suffix) }) {
			continue
		}
		why, err := matcher.Why(name)
		if err != nil {
			return nil, err
		}
		if why != "" {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names, nil
}

// IsDirectory tells whether the repository has a directory, once components were
// looked for.
func (r *Repository) IsDirectory(name string) bool {
	_, is := r.directories[name]
	return is
}
