package manifests

import (
	"context"
	"fmt"

	"github.com/pingvas/pingvas-ci/ci/internal/gitops"
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
	proposal, err := gitops.Propose(ctx, remote, options, platform, op)
	if err != nil {
		return nil, plain.Error(err)
	}
	return &Change{
		Commit: proposal.Tip, PullRequest: proposal.PullRequest, Files: proposal.Files, Kept: proposal.Kept, Diff: proposal.Diff,
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
