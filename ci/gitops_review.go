package main

import (
	"context"
	"fmt"
	"net/url"
	"slices"
	"strings"

	"github.com/pingvas/pingvas-ci/ci/internal/github"
	"github.com/pingvas/pingvas-ci/ci/internal/gitops"
	"github.com/pingvas/pingvas-ci/ci/internal/kustomize"
	"github.com/pingvas/pingvas-ci/ci/internal/registry"
)

// propose has an operation reviewed in a pull request.
func (g *Gitops) propose(ctx context.Context, op gitops.Operation) (*GitopsChange, error) {
	hub, err := g.hub(ctx)
	if err != nil {
		return nil, fmt.Errorf("%s is changed by pull request: %w", op.Target(), err)
	}
	remote, err := g.remote(ctx)
	if err != nil {
		return nil, err
	}
	options, err := g.settings().options(ctx)
	if err != nil {
		return nil, err
	}
	proposal, err := gitops.Propose(ctx, remote, options, hub, op)
	if err != nil {
		return nil, err
	}
	return &GitopsChange{
		Commit: proposal.Tip, PullRequest: proposal.PullRequest, Files: proposal.Files, Kept: proposal.Kept, Diff: proposal.Diff,
	}, nil
}

// canPropose finds out whether pull requests can be asked for.
func (g *Gitops) canPropose(ctx context.Context, environment string) error {
	hub, err := g.hub(ctx)
	if err == nil {
		_, err = hub.HasOpenPullRequest(ctx, gitops.Topic(environment), g.Branch)
	}
	if err != nil {
		return fmt.Errorf("%s is changed by pull request: %w", environment, err)
	}
	return nil
}

// hub is the GitOps repository on GitHub.
func (g *Gitops) hub(ctx context.Context) (github.Repository, error) {
	review := g.settings().Review
	if review == nil {
		review = &GitopsReview{API: "https://api.github.com"}
	}
	name := review.Repository
	if name == "" {
		at, err := url.Parse(g.URL)
		if err != nil || at.Hostname() != "github.com" && review.API == "https://api.github.com" {
			return github.Repository{}, fmt.Errorf("%s is not on github.com. Name the repository and the API with with-gitops-review, or write it directly with --direct", g.URL)
		}
		name = strings.TrimSuffix(strings.Trim(at.Path, "/"), ".git")
	}
	secret := review.Token
	if secret == nil {
		secret = g.Token
	}
	token, err := plaintext(ctx, secret, "the token for pull requests")
	if err != nil {
		return github.Repository{}, err
	}
	return openGitHub(ctx, name, strings.TrimSpace(token), review.API, review.Service)
}

// existing is an operation that fails when the registry does not hold what it
// would have the environment run, for the machines that it runs on.
type existing struct {
	gitops.Operation
	gitops *Gitops
}

// Apply applies the operation and asks the registry about its images.
func (e existing) Apply(ctx context.Context, dir string) (gitops.Outcome, error) {
	outcome, err := e.Operation.Apply(ctx, dir)
	if err != nil || len(outcome.Images) == 0 || e.gitops.Ci == nil || len(e.gitops.Ci.Registries) == 0 {
		return outcome, err
	}
	// The first registry is the one that manifests name.
	target := e.gitops.Ci.Registries[0]
	client, err := target.client(ctx)
	if err != nil {
		return outcome, err
	}
	machines, err := kustomize.Architectures(dir, e.Target())
	if err != nil {
		return outcome, err
	}
	for _, image := range outcome.Images {
		inRegistry, ours := strings.CutPrefix(image.NewName, target.Address+"/")
		if !ours || image.Digest == "" {
			continue
		}
		held, err := registry.Resolve(ctx, client.address+"/"+inRegistry+"@"+image.Digest, client.options...)
		if err != nil {
			return outcome, fmt.Errorf("%s runs nothing that is not there: %w. Publish the image first", e.Target(), err)
		}
		for _, arch := range slices.Compact(machines[image.Reference()]) {
			if _, has := held.Platforms["linux/"+arch]; !has {
				return outcome, fmt.Errorf("%s runs %s on %s machines, for which the image was not built. Build it for linux/%s", e.Target(), image.Name, arch, arch)
			}
		}
	}
	return outcome, nil
}
