package manifests

import (
	"cmp"
	"context"
	"fmt"
	"strings"

	"github.com/pingvas/pingvas-ci/ci/internal/github"
	"github.com/pingvas/pingvas-ci/ci/internal/gitops"
	"github.com/pingvas/pingvas-ci/ci/internal/graph/ground"
	"github.com/pingvas/pingvas-ci/ci/internal/plain"
)

// propose has an operation reviewed in a pull request.
func (r *Repository) propose(ctx context.Context, op gitops.Operation) (*Change, error) {
	hub, err := r.hub(ctx)
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
	proposal, err := gitops.Propose(ctx, remote, options, hub, op)
	if err != nil {
		return nil, plain.Error(err)
	}
	return &Change{
		Commit: proposal.Tip, PullRequest: proposal.PullRequest, Files: proposal.Files, Kept: proposal.Kept, Diff: proposal.Diff,
	}, nil
}

// canPropose finds out whether pull requests can be asked for.
func (r *Repository) canPropose(ctx context.Context, environment string) error {
	hub, err := r.hub(ctx)
	if err == nil {
		_, err = hub.HasOpenPullRequest(ctx, gitops.Topic(environment), r.Branch)
	}
	if err != nil {
		return fmt.Errorf("%s is changed by pull request: %w", environment, err)
	}
	return nil
}

// hub is the GitOps repository on GitHub.
func (r *Repository) hub(ctx context.Context) (hub github.Repository, err error) {
	review := r.Settings.Review
	if review == nil {
		review = &Review{API: gitops.PublicGitHub}
	}
	name := review.Repository
	if name == "" {
		if name, err = gitops.OnGitHub(r.URL, review.API); err != nil {
			return hub, err
		}
	}
	token, err := ground.Plaintext(ctx, cmp.Or(review.Token, r.Token), "the token for pull requests")
	if err != nil {
		return hub, err
	}
	return ground.GitHub(ctx, name, strings.TrimSpace(token), review.API, review.Service)
}
