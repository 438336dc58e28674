package manifests

import (
	"context"
	"errors"
	"path"
	"strings"
	"time"

	"github.com/pingvas/pingvas-ci/ci/internal/gitops"
	"github.com/pingvas/pingvas-ci/ci/internal/kustomize"
)

// How says how a change is made.
type How struct {
	// Force replaces newer images too.
	Force bool
	// Direct commits to the branch, even for an environment that is changed by
	// pull request.
	Direct bool
}

// Update is a published image, as manifests are to name it.
type Update struct {
	kustomize.Image
	// Scan says in one line what was found in it.
	Scan string
	// Findings names the worst of that, as trivy.List does.
	Findings string
	// Inputs is a hash of what it is made of.
	Inputs string
}

// Bump makes an environment run the images of one build, in one commit. Those
// that are older than what runs, or waits for its review, are left out.
func (r *Repository) Bump(ctx context.Context, environment, commit string, published []Update) (*Change, error) {
	bump := gitops.Bump{Environment: environment, Commit: commit, Scans: map[string]string{}, Findings: map[string]string{}, Inputs: map[string]string{}, Run: r.Settings.Run}
	for _, p := range published {
		bump.Images = append(bump.Images, p.Image)
		bump.Scans[p.Name], bump.Findings[p.Name], bump.Inputs[p.Name] = p.Scan, p.Findings, p.Inputs
	}
	if r.Source != nil {
		bump.Order.Differs = func(ctx context.Context, image, commit string) (bool, error) {
			return r.Source.Differs(ctx, path.Base(image), commit)
		}
	}
	return r.bump(ctx, bump, How{})
}

// Use makes an environment run one image, given as repository:tag@sha256:digest.
func (r *Repository) Use(ctx context.Context, component, reference, environment string, how How) (*Change, error) {
	image, commit, err := gitops.Wanted(component, reference)
	if err != nil {
		return nil, err
	}
	return r.bump(ctx, gitops.Bump{
		Environment: environment, Commit: commit, Images: []kustomize.Image{image}, Run: r.Settings.Run,
	}, how)
}

func (r *Repository) bump(ctx context.Context, bump gitops.Bump, how How) (*Change, error) {
	return r.ordered(ctx, bump.Commit, how.Force, func(order gitops.Order) (*Change, error) {
		order.Differs, bump.Order = bump.Order.Differs, order
		return r.apply(ctx, bump, how.Direct)
	})
}

// Promote makes an environment run what another one runs: the components, or
// all that both have when none is named.
func (r *Repository) Promote(ctx context.Context, from, to string, components []string, how How) (*Change, error) {
	return r.ordered(ctx, "HEAD", how.Force, func(order gitops.Order) (*Change, error) {
		order.Time = time.Time{} // The images are of many commits: each tag says which.
		return r.apply(ctx, gitops.Promotion{
			From: from, To: to, Components: components, Run: r.Settings.Run, Order: order,
		}, how.Direct)
	})
}

// Back is what a rollback goes back to, and why.
type Back struct {
	// To is a tag, a digest or a source commit, or the beginning of one; empty is
	// the previous pin that no earlier rollback took back.
	To string
	// Hold has nothing replace what the rollback brings before a person says so.
	Hold bool
	// Reason is for the commit and the history.
	Reason string
	// AcceptFindings rolls back although a scan of today finds something, for the
	// reason.
	AcceptFindings bool
	// Direct commits to the branch, whatever the environment.
	Direct bool
}

// Rollback makes an environment run what it ran of one component before. The
// image is scanned again, with what is known today.
func (r *Repository) Rollback(ctx context.Context, component, environment string, back Back) (*Change, error) {
	if back.AcceptFindings && strings.TrimSpace(back.Reason) == "" {
		return nil, errors.New("rollback: findings are accepted for a reason. Give it with --reason")
	}
	var op gitops.Operation = &gitops.Rollback{
		Environment: environment, Component: component, To: back.To, Hold: back.Hold, Reason: back.Reason, Run: r.Settings.Run,
	}
	if !back.AcceptFindings {
		op = r.rescanned(op)
	}
	change, err := r.apply(ctx, op, back.Direct)
	if err == nil && r.Directory == nil && change.PullRequest == "" {
		change.Notes = append(change.Notes, r.withdraw(ctx, component)...)
	}
	return change, err
}

// Lift lets be delivered again what rollbacks of a component took back. It is a
// word and changes nothing that runs: a commit without files, on the branch.
func (r *Repository) Lift(ctx context.Context, component, environment, reason string) (*Change, error) {
	if r.Directory != nil {
		return nil, errors.New("lift a hold: a directory's commits are its owner's. Name the repository with with-gitops")
	}
	return r.push(ctx, gitops.Lift{Environment: environment, Component: component, Reason: reason, Run: r.Settings.Run})
}
