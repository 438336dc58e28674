package main

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"

	"github.com/pingvas/pingvas-ci/ci/internal/github"
	"github.com/pingvas/pingvas-ci/ci/internal/gitops"
	"github.com/pingvas/pingvas-ci/ci/internal/gitrepo"
	"github.com/pingvas/pingvas-ci/ci/internal/kustomize"
	"github.com/pingvas/pingvas-ci/ci/internal/registry"
)

// propose pushes an operation to the environment's topic branch, and opens the
// pull request for it or brings the open one up to date. What waits in that is
// kept.
func (g *Gitops) propose(ctx context.Context, op gitops.Operation, notes map[string]string) (*GitopsChange, error) {
	hub, err := g.hub(ctx)
	if err != nil {
		return nil, fmt.Errorf("%s is changed by pull request: %w", op.Target(), err)
	}
	var change *GitopsChange
	var outcome gitops.Outcome
	for range proposals {
		change, outcome, err = g.pushTopic(ctx, hub, op)
		if !errors.Is(err, gitrepo.ErrTopicMoved) {
			break
		}
	}
	if err != nil || len(outcome.Files) == 0 {
		return change, err
	}
	change.PullRequest, err = hub.EnsurePullRequest(ctx, github.PullRequest{
		Head: gitops.Topic(op.Target()), Base: g.Branch, Title: outcome.Subject,
		Body: gitops.Review(outcome, op.Target(), g.settings().Run, notes),
	})
	return change, err
}

// proposals is how often a topic branch that others push to is tried.
const proposals = 20

// pushTopic pushes an operation to the environment's topic branch, with what
// waits there in an open pull request, unless somebody else was faster.
func (g *Gitops) pushTopic(ctx context.Context, hub github.Repository, op gitops.Operation) (*GitopsChange, gitops.Outcome, error) {
	topic := gitops.Topic(op.Target())
	whole := gitops.WithWaiting{Operation: op}
	open, err := hub.HasOpenPullRequest(ctx, topic, g.Branch)
	if err != nil {
		return nil, gitops.Outcome{}, err
	}
	at := gitrepo.NoTopic
	err = g.readBranch(ctx, topic, 2, func(dir string) (err error) {
		if at, err = gitrepo.Head(ctx, dir); err != nil || !open {
			return err
		}
		whole.Waiting, err = gitops.Pending(ctx, dir, op.Target())
		return err
	})
	if err != nil && !errors.Is(err, gitrepo.ErrNoBranch) {
		return nil, gitops.Outcome{}, err
	}
	return g.push(ctx, whole, topic, at)
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
	api, err := through(ctx, review.API, review.Service)
	if err != nil {
		return github.Repository{}, err
	}
	options := []github.Option{github.WithBase(api)}
	if review.Service != nil {
		options = append(options, github.WithPlainHTTP())
	}
	return github.Open(name, strings.TrimSpace(token), options...)
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
