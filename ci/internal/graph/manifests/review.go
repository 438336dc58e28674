package manifests

import (
	"context"
	"fmt"

	"github.com/pingvas/pingvas-ci/ci/internal/gitops"
	"github.com/pingvas/pingvas-ci/ci/internal/gitrepo"
	"github.com/pingvas/pingvas-ci/ci/internal/plain"
)

// propose has an operation reviewed in a pull request.
func (r *Repository) propose(ctx context.Context, op gitops.Operation) (*Change, error) {
	platform, err := r.platform(ctx)
	if err != nil {
		return nil, fmt.Errorf("%s is changed by pull request: %w", op.Target(), err)
	}
	remote, err := r.remote(ctx)
	if err != nil {
		return nil, err
	}
	options, err := r.Settings.options(ctx)
	if err != nil {
		return nil, err
	}
	options.DryRun = r.Rehearsed != nil
	proposal, err := gitops.Propose(ctx, remote, options, platform, op)
	if err != nil {
		return nil, plain.Error(err)
	}
	return &Change{
		Commit: proposal.Tip, PullRequest: proposal.PullRequest, Files: proposal.Files, Diff: proposal.Diff,
		Kept: proposal.Kept, Left: proposal.Left, Notes: proposal.Notes,
	}, nil
}

// canPropose finds out whether pull requests can be asked for.
func (r *Repository) canPropose(ctx context.Context, environment string) error {
	platform, err := r.platform(ctx)
	if err == nil {
		_, err = platform.Open(ctx, gitops.Topic(environment), r.Branch)
	}
	if err != nil {
		return fmt.Errorf("%s is changed by pull request: %w", environment, err)
	}
	return nil
}

// withdraw takes what was rolled back out of the pull requests that it waits in.
// That one cannot be looked at is said, and no failure of the rollback.
func (r *Repository) withdraw(ctx context.Context, component string) (notes []string) {
	for _, environment := range r.Settings.reviews() {
		gone, err := r.withdrawn(ctx, environment, component)
		if err != nil {
			gone = []string{fmt.Sprintf("what waits for %s could not be looked at, and %s may still wait there: %s", environment, component, plain.Error(err))}
		}
		notes = append(notes, gone...)
	}
	return notes
}

func (r *Repository) withdrawn(ctx context.Context, environment, component string) ([]string, error) {
	remote, err := r.remote(ctx)
	if err != nil {
		return nil, err
	}
	options, err := r.Settings.options(ctx)
	if err != nil {
		return nil, err
	}
	return gitops.Withdraw(ctx, remote, options, r.platform, environment, component)
}

// withdrawing are the components that wait to be rolled back.
func (r *Repository) withdrawing(ctx context.Context, environment string) ([]string, error) {
	if r.Directory != nil || !r.Settings.reviewed(environment) {
		return nil, nil
	}
	remote, err := r.remote(ctx)
	if err != nil {
		return nil, err
	}
	return gitops.Withdrawing(ctx, remote, gitrepo.Options{Depth: -1}, r.platform, environment)
}
