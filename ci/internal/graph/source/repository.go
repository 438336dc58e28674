// Package source is the application repository: its components, what each is
// made of, its history, and what a change affects.
package source

import (
	"context"
	"fmt"
	"io/fs"
	"path"
	"strings"
	"sync"

	"github.com/pingvas/pingvas-ci/ci/internal/bounds"
	"github.com/pingvas/pingvas-ci/ci/internal/component"
	"github.com/pingvas/pingvas-ci/ci/internal/dagger"
	"github.com/pingvas/pingvas-ci/ci/internal/graph/ground"
)

var dag = dagger.Connect()

// Repository is an application repository. What is found in it is found once,
// as every step of a call asks and the files of a source never change.
type Repository struct {
	// Directory is all of it, with its .git where commits matter.
	Directory *dagger.Directory

	kinds []component.Definition
	// directories are those that there are, with their files, once components
	// were looked for.
	directories map[string][]string
	// files are all that there are, by then.
	files []string

	history     func(context.Context) (string, error)
	found       func(context.Context) (component.Found, error)
	origin      func(context.Context) (origin, error)
	uncommitted func(context.Context) ([]string, error)
	release     func(context.Context) (string, error)
}

// New takes a repository whose components are of the given kinds.
func New(directory *dagger.Directory, kinds []component.Definition) *Repository {
	r := &Repository{Directory: directory, kinds: kinds}
	r.history, r.found = once(r.exportHistory), once(r.discover)
	r.origin, r.uncommitted, r.release = once(r.readOrigin), once(r.readUncommitted), once(r.readRelease)
	return r
}

// once is a function that asks the engine at its first call alone.
func once[T any](do func(context.Context) (T, error)) func(context.Context) (T, error) {
	var first sync.Once
	var value T
	var err error
	return func(ctx context.Context) (T, error) {
		first.Do(func() { value, err = do(ctx) })
		return value, err
	}
}

// Components are the repository's components, sorted by their paths.
func (r *Repository) Components(ctx context.Context) ([]component.Component, error) {
	found, err := r.found(ctx)
	if err != nil {
		return nil, err
	}
	return found.All()
}

// Table lists the components for people, and what was passed over.
func (r *Repository) Table(ctx context.Context) (string, error) {
	found, err := r.found(ctx)
	if err != nil {
		return "", err
	}
	return component.Table(found), nil
}

// Find is one component by its name.
func (r *Repository) Find(ctx context.Context, name string) (component.Component, error) {
	found, err := r.Components(ctx)
	if err != nil {
		return component.Component{}, err
	}
	return component.Find(found, name)
}

// Of are the components of one kind.
func (r *Repository) Of(ctx context.Context, kind component.Kind) ([]component.Component, error) {
	found, err := r.Components(ctx)
	return component.Of(found, kind), err
}

// FindOf is one component of one kind by its name, or the only one where there
// is no name.
func (r *Repository) FindOf(ctx context.Context, kind component.Kind, name string) (component.Component, error) {
	found, err := r.Components(ctx)
	if err != nil {
		return component.Component{}, err
	}
	return component.FindOf(found, kind, name)
}

// manifests are the files that discovery is likely to read, fetched together.
// Another one is fetched when it is read.
func (r *Repository) manifests() []string {
	patterns := []string{"**/pingvas-ci.toml", "**/Dockerfile", "**/Dockerfile.*", "**/.dockerignore", "**/compose*.y*ml", "**/docker-compose*.y*ml"}
	for _, kind := range r.kinds {
		for _, name := range kind.Traits().Manifests {
			patterns = append(patterns, "**/"+name)
		}
	}
	return patterns
}

func (r *Repository) discover(ctx context.Context) (found component.Found, err error) {
	files := r.Directory.WithoutDirectory(".git")
	names, err := files.Glob(ctx, "**")
	if err != nil {
		return found, fmt.Errorf("list the files of the source: %w", err)
	}
	r.files, r.directories = names, directoriesOf(names)
	manifests := files.Filter(dagger.DirectoryFilterOpts{Include: r.manifests(), Exclude: []string{"**/node_modules"}})
	err = ground.Exported(ctx, manifests, func(dir string) error {
		return bounds.In(dir, func(fetched fs.FS) (err error) {
			found, err = component.Discover(listed(names, fetched, func(name string) ([]byte, error) {
				text, err := r.Directory.File(name).Contents(ctx)
				return []byte(text), err
			}), r.kinds, func() string { return r.called(ctx) })
			return err
		})
	})
	return found, err
}

// called is what the repository is called where it comes from; empty where that is not
// known.
func (r *Repository) called(ctx context.Context) string {
	from, err := r.origin(ctx)
	if err != nil || from.source == "" {
		return "" // A name is no reason to fail: who needs the history says what is wrong.
	}
	return strings.TrimSuffix(path.Base(from.source), ".git")
}
