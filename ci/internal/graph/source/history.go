package source

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/pingvas/pingvas-ci/ci/internal/bounds"
	"github.com/pingvas/pingvas-ci/ci/internal/dagger"
	"github.com/pingvas/pingvas-ci/ci/internal/gitrepo"
	"github.com/pingvas/pingvas-ci/ci/internal/graph/ground"
	"github.com/pingvas/pingvas-ci/ci/internal/inputs"
	"github.com/pingvas/pingvas-ci/ci/internal/provenance"
)

// ErrNoHistory says that the source is a directory without .git.
var ErrNoHistory = errors.New("the source has no .git directory. Give the root of a git checkout as source")

// History calls use with a directory that holds what is read of the source's .git.
// It is exported once and stays, as this process's container goes with the call.
func (r *Repository) History(ctx context.Context, use func(repository string) error) error {
	repository, err := r.history(ctx)
	if err != nil {
		return err
	}
	return use(repository)
}

func (r *Repository) exportHistory(ctx context.Context) (string, error) {
	is, err := r.isCheckout(ctx)
	if err != nil {
		return "", err
	}
	if !is {
		return "", ErrNoHistory
	}
	history := r.Directory.Directory(".git").Filter(dagger.DirectoryFilterOpts{Include: gitrepo.Parts()})
	dir, err := os.MkdirTemp("", "source-")
	if err != nil {
		return "", fmt.Errorf("make a directory for the source's git history: %w", err)
	}
	if _, err := history.Export(ctx, filepath.Join(dir, ".git")); err != nil {
		return "", fmt.Errorf("export the source's git history: %w", err)
	}
	return dir, nil
}

// Git is a .git for a program that has git read it: the source's history and its
// index, with a configuration of ours.
func (r *Repository) Git(ctx context.Context) (*dagger.Directory, error) {
	origin, err := r.origin(ctx)
	if err != nil {
		return nil, err
	}
	var configuration string
	err = r.History(ctx, func(repository string) (err error) {
		configuration, err = gitrepo.Configuration(ctx, repository, origin.source)
		return err
	})
	if err != nil {
		return nil, err
	}
	return r.Directory.Directory(".git").
		Filter(dagger.DirectoryFilterOpts{Include: append(gitrepo.Parts(), "index")}).
		WithNewFile("config", configuration), nil
}

// isCheckout tells a git checkout from a directory without history. A worktree's
// history lies elsewhere: to take it for a directory without one would publish
// what nobody committed.
func (r *Repository) isCheckout(ctx context.Context) (bool, error) {
	found, err := r.Directory.Glob(ctx, ".git")
	if err != nil {
		return false, fmt.Errorf("look for the source's git history: %w", err)
	}
	err = gitrepo.CheckEntries(found)
	if errors.Is(err, gitrepo.ErrNoHistory) {
		return false, nil
	}
	return err == nil, err
}

// Shallow tells whether the history is cut off.
func (r *Repository) Shallow(ctx context.Context) (bool, error) {
	found, err := r.Directory.Glob(ctx, ".git/*")
	if err != nil {
		return false, fmt.Errorf("look for the source's git history: %w", err)
	}
	has := map[string]bool{}
	for _, file := range found {
		has[filepath.Base(file)] = true
	}
	if !has["HEAD"] {
		return false, ErrNoHistory
	}
	return has["shallow"], nil
}

// Commit is the source's HEAD, or a name made of the files' content where there
// is no git history.
func (r *Repository) Commit(ctx context.Context) (string, error) {
	origin, err := r.origin(ctx)
	if err != nil || origin.head != "" {
		return origin.head, err
	}
	digest, err := r.Directory.Digest(ctx)
	if err != nil {
		return "", fmt.Errorf("name the source by its content: %w", err)
	}
	return "tree-" + strings.TrimPrefix(digest, "sha256:")[:12], nil
}

// Release is the nearest tag of a release before the source's HEAD; empty where there
// is none, or no history.
func (r *Repository) Release(ctx context.Context) (string, error) { return r.release(ctx) }

func (r *Repository) readRelease(ctx context.Context) (tag string, err error) {
	err = r.History(ctx, func(repository string) (err error) {
		tag, err = gitrepo.Release(ctx, repository, "HEAD")
		return err
	})
	if errors.Is(err, ErrNoHistory) || errors.Is(err, gitrepo.ErrUnborn) {
		return "", nil
	}
	return tag, err
}

// Uncommitted lists the files of the source that its HEAD does not have, or
// has otherwise. Files that are gone are left out: the constructor ignores
// directories that a repository may track. Nothing of the engine's compares them,
// as its git would do what the source's configuration says.
func (r *Repository) Uncommitted(ctx context.Context) ([]string, error) { return r.uncommitted(ctx) }

func (r *Repository) readUncommitted(ctx context.Context) ([]string, error) {
	is, err := r.isCheckout(ctx)
	if err != nil || !is {
		return nil, err
	}
	var found gitrepo.Difference
	err = r.History(ctx, func(repository string) error {
		files := r.Directory.Filter(dagger.DirectoryFilterOpts{Exclude: []string{".git"}})
		return ground.Packed(ctx, files, func(open func() (io.ReadCloser, error)) (err error) {
			found, err = gitrepo.Uncommitted(ctx, repository, open)
			return err
		})
	})
	if found.NoModes {
		fmt.Println("the source's clone keeps no executable bits (core.fileMode is false): they were not compared with its HEAD")
	}
	return found.Files, err
}

// Revision is the commit that the source is, to the last file: empty for one
// with changes that are not committed, of which an image must not say that it
// is of the commit, and for one without history.
func (r *Repository) Revision(ctx context.Context) (string, error) {
	origin, err := r.origin(ctx)
	if err != nil || origin.head == "" {
		return "", err
	}
	changed, err := r.Uncommitted(ctx)
	if err != nil || len(changed) > 0 {
		return "", err
	}
	return origin.head, nil
}

// origin is what the git history says of the source; nothing without one.
type origin struct {
	source  string
	head    string
	created time.Time
}

func (r *Repository) readOrigin(ctx context.Context) (o origin, err error) {
	err = r.History(ctx, func(repository string) error {
		remote, err := gitrepo.Origin(ctx, repository)
		if err != nil {
			return err
		}
		o.source = provenance.Source(remote)
		o.head, err = gitrepo.Head(ctx, repository)
		if errors.Is(err, gitrepo.ErrUnborn) { // As one without history, until it has some.
			return nil
		}
		if err != nil {
			return err
		}
		o.created, err = gitrepo.CommitTime(ctx, repository, o.head)
		return err
	})
	if errors.Is(err, ErrNoHistory) {
		return origin{}, nil
	}
	if err != nil {
		return origin{}, fmt.Errorf("read where the source comes from: %w", err)
	}
	return o, nil
}

// NotCommitted are those of the files that the source's HEAD does not have. A source
// without history is as it was given.
func (r *Repository) NotCommitted(ctx context.Context, files []string) (left []string, err error) {
	origin, err := r.origin(ctx)
	if err != nil || origin.head == "" {
		return nil, err
	}
	var wanted []gitrepo.File
	for _, file := range files {
		wanted = append(wanted, gitrepo.File{Commit: origin.head, Path: file})
	}
	err = r.History(ctx, func(repository string) error {
		found, err := gitrepo.Files(ctx, repository, wanted)
		for _, file := range wanted {
			if _, has := found[file]; !has && !slices.Contains(left, file.Path) {
				left = append(left, file.Path)
			}
		}
		return err
	})
	return left, err
}

// Since are the texts of files at the commit at which the source's HEAD left base, and
// now; those that are not there are absent.
func (r *Repository) Since(ctx context.Context, base string, files []string) (before, now map[string]string, err error) {
	before, now = map[string]string{}, map[string]string{}
	err = r.History(ctx, func(repository string) error {
		fork, err := gitrepo.Fork(ctx, repository, base, "HEAD")
		if err != nil {
			return err
		}
		var wanted []gitrepo.File
		for _, file := range files {
			wanted = append(wanted, gitrepo.File{Commit: fork, Path: file})
		}
		found, err := gitrepo.Files(ctx, repository, wanted)
		for file, text := range found {
			before[file.Path] = string(text)
		}
		return err
	})
	if err != nil {
		return nil, nil, err
	}
	patterns := ground.Each(files, inputs.Literal)
	err = ground.Exported(ctx, r.Directory.Filter(dagger.DirectoryFilterOpts{Include: patterns}), func(dir string) error {
		return bounds.In(dir, func(tree fs.FS) error {
			for _, file := range files {
				if text, err := fs.ReadFile(tree, file); err == nil {
					now[file] = string(text)
				}
			}
			return nil
		})
	})
	return before, now, err
}
