package manifests

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/pingvas/pingvas-ci/ci/internal/bounds"
	"github.com/pingvas/pingvas-ci/ci/internal/dagger"
	"github.com/pingvas/pingvas-ci/ci/internal/gitops"
	"github.com/pingvas/pingvas-ci/ci/internal/gitrepo"
	"github.com/pingvas/pingvas-ci/ci/internal/graph/ground"
	"github.com/pingvas/pingvas-ci/ci/internal/graph/source"
	"github.com/pingvas/pingvas-ci/ci/internal/plain"
	"github.com/pingvas/pingvas-ci/ci/internal/record"
)

// Change is what was changed in a GitOps repository.
type Change struct {
	// Commit is the commit made, or the last of those that wait in the pull
	// request; empty when nothing had to change, and for a directory.
	Commit string
	// PullRequest is the address of the pull request that the commit waits in;
	// empty when the environment is written directly.
	PullRequest string
	// Files are the files that changed, or would by the pull request.
	Files []string
	// Kept are the images that were left as they are, each with the reason.
	Kept []string
	// Left are those of them that cannot be run as the manifests are.
	Left []string
	// Notes say what else is to be known: that an image replaces one that a rollback
	// brought, or what came of another environment's pull request.
	Notes []string
	// Diff is the difference of the rendered manifests.
	Diff string
	// Changes are the changed files, when the repository is a directory.
	Changes *dagger.Changeset
}

// Record is the change as programs read it; nil of none.
func (c *Change) Record() *record.Change {
	if c == nil {
		return nil
	}
	return &record.Change{Commit: c.Commit, PullRequest: c.PullRequest, Files: c.Files, Kept: c.Kept, Notes: c.Notes, Diff: c.Diff}
}

// Summary says in one line what changed.
func (c *Change) Summary() string {
	switch {
	case len(c.Files) == 0 && c.Commit == "" && len(c.said()) > 0:
		return "nothing to change: " + strings.Join(c.said(), "; ")
	case len(c.Files) == 0 && c.Commit == "":
		return "nothing to change"
	case c.PullRequest != "":
		return "pull request " + c.PullRequest
	case c.Commit == "":
		return strings.Join(c.Files, ", ")
	}
	return "commit " + c.Commit
}

// said are the lines that go with the change.
func (c *Change) said() []string { return slices.Concat(c.Notes, c.Kept) }

// ordered calls do with what tells a newer commit from an older one: the
// source's history, where there is one.
func (r *Repository) ordered(ctx context.Context, commit string, force bool, do func(gitops.Order) (*Change, error)) (change *Change, err error) {
	order := gitops.Order{Force: force}
	if r.Source == nil {
		return do(order)
	}
	err = r.Source.History(ctx, func(dir string) error {
		order.Source = dir
		at, err := gitrepo.CommitTime(ctx, dir, commit)
		if err != nil && !errors.Is(err, gitrepo.ErrNoCommit) && !errors.Is(err, gitrepo.ErrShallow) {
			return err
		}
		order.Time = at
		change, err = do(order)
		return err
	})
	if errors.Is(err, source.ErrNoHistory) {
		return do(order)
	}
	return change, err
}

// apply does an operation, on the directory or on the remote repository: by pull
// request where the environment is reviewed, unless it is to be written directly.
func (r *Repository) apply(ctx context.Context, op gitops.Operation, direct bool) (*Change, error) {
	op = r.existing(op)
	switch {
	case r.Directory != nil:
		return r.edit(ctx, op)
	case !direct && r.Settings.reviewed(op.Target()):
		return r.propose(ctx, op)
	}
	return r.push(ctx, op)
}

// edit returns the edited files of the directory as a Changeset.
func (r *Repository) edit(ctx context.Context, op gitops.Operation) (*Change, error) {
	result := &Change{}
	after := r.Directory
	err := ground.Exported(ctx, r.Directory, func(dir string) error {
		outcome, err := op.Apply(ctx, dir)
		if err != nil {
			return err
		}
		result.Files, result.Diff = outcome.Files, outcome.Diff
		result.Kept, result.Left, result.Notes = outcome.Kept, outcome.Left, outcome.Notes
		for _, file := range outcome.Files {
			text, err := bounds.ReadIn(dir, file)
			if err != nil {
				return fmt.Errorf("read the edited %s: %w", file, err)
			}
			after = after.WithNewFile(file, string(text))
		}
		return nil
	})
	result.Changes = after.Changes(r.Directory)
	return result, err
}

// push commits the operation and pushes it to the branch. When somebody else was
// faster it is done again on what they pushed.
func (r *Repository) push(ctx context.Context, op gitops.Operation) (*Change, error) {
	remote, err := r.remote(ctx)
	if err != nil {
		return nil, err
	}
	options, err := r.Settings.options(ctx)
	if err != nil {
		return nil, err
	}
	options.DryRun = r.Rehearsed != nil
	var outcome gitops.Outcome
	done, err := gitrepo.Update(ctx, remote, options, func(ctx context.Context, dir string) (_ gitrepo.Change, err error) {
		outcome, err = op.Apply(ctx, dir)
		return outcome.Change, plain.Error(err)
	})
	if err != nil {
		return nil, err
	}
	result := &Change{Files: outcome.Files, Diff: outcome.Diff, Kept: outcome.Kept, Left: outcome.Left, Notes: outcome.Notes}
	if done.Changed {
		result.Commit = done.Commit
	}
	return result, nil
}
