package main

import (
	"context"
	"errors"

	"github.com/pingvas/pingvas-ci/ci/internal/dagger"
	"github.com/pingvas/pingvas-ci/ci/internal/graph/manifests"
)

// Gitops is the repository of manifests that Argo CD deploys from: a remote one,
// which is committed to, or a directory, of which changes come back.
type Gitops struct {
	// URL of the remote repository; empty when it is a directory.
	URL string
	// Branch that Argo CD follows.
	Branch string
	// +private
	Username string
	// +private
	Token *dagger.Secret
	// +private
	Service *dagger.Service
	// +private
	Directory *dagger.Directory
	// +private
	Settings *GitopsSettings
	// +private
	Ci *PingvasCi
}

// WithGitops says which GitOps repository is updated.
func (m *PingvasCi) WithGitops(
	// The repository's URL, without credentials: https://github.com/pingvas/pingvas-gitops.git.
	repository string,
	// The branch that Argo CD follows.
	// +default="main"
	branch string,
	// The user name for HTTP; any works with a GitHub token.
	// +default="x-access-token"
	username string,
	// The token or password for HTTP. It is sent in a header only.
	// +optional
	token *dagger.Secret,
	// The repository's server as a service, where the engine cannot reach it by
	// itself: tcp://127.0.0.1:3000 for one on this machine.
	// +optional
	service *dagger.Service,
) (*PingvasCi, error) {
	target, err := manifests.New(repository, branch, username, token, service)
	if err != nil {
		return nil, err
	}
	with := *m
	with.Repository = &Gitops{
		URL: target.URL, Branch: target.Branch, Username: target.Username, Token: target.Token, Service: target.Service,
		Settings: &GitopsSettings{},
	}
	return &with, nil
}

// Gitops returns the GitOps repository given by with-gitops.
//
// With a directory it is that one instead.
// +cache="session"
func (m *PingvasCi) Gitops(
	// A checked-out GitOps repository to work on instead; changes come back as a
	// Changeset.
	// +optional
	directory *dagger.Directory,
) (*Gitops, error) {
	known := m.gitops(directory)
	if known == nil {
		return nil, errors.New("no GitOps repository is known. Name one with with-gitops --repository, or give --directory")
	}
	return known, nil
}

// Bump makes an environment use an image, in one commit.
//
// Nothing is written unless the rendered manifests change in exactly that image.
// An image that is in place already is no change and no commit, and one that is
// older than what runs, or waits for its review, is left out.
// +cache="never"
func (g *Gitops) Bump(
	ctx context.Context,
	// The component, by its image's name in the manifests.
	component string,
	// The image: repository:tag@sha256:digest. Tag and digest are both needed.
	image string,
	// The environment to update.
	// +default="dev"
	environment string,
	// Replace a newer image too.
	// +optional
	force bool,
	// Commit to the branch, even for an environment that is changed by pull
	// request.
	// +optional
	direct bool,
) (*GitopsChange, error) {
	change, err := g.repository().Use(ctx, component, image, environment, manifests.How{Force: force, Direct: direct})
	return gitopsChange(change), err
}

// Promote makes an environment run what another one runs.
//
// It takes the very digests: nothing is built. An image that is older than what
// runs, or waits for its review, is left out.
// +cache="never"
func (g *Gitops) Promote(
	ctx context.Context,
	// The environment whose images are taken.
	// +default="dev"
	from string,
	// The environment that is to run them.
	// +default="prod"
	to string,
	// The components to promote; all that both environments have when absent.
	// +optional
	components []string,
	// Replace newer images too.
	// +optional
	force bool,
	// Commit to the branch, even for an environment that is changed by pull
	// request.
	// +optional
	direct bool,
) (*GitopsChange, error) {
	change, err := g.repository().Promote(ctx, from, to, components, manifests.How{Force: force, Direct: direct})
	return gitopsChange(change), err
}

// Rollback makes an environment run what it ran of one component before.
//
// That is the previous pin of the history that no earlier rollback took back,
// across merges and other components' commits. Every other component stays as it
// is. Where the registry is known, the image is scanned again, with what is
// known today.
//
// What was rolled back stays so: no run of its commit or an ancestor delivers it
// again, and a later commit only where the component is made of other files.
// lift-hold ends that, and so does a newer image.
// +cache="never"
func (g *Gitops) Rollback(
	ctx context.Context,
	// The component, by its image's name in the manifests.
	component string,
	// The environment to roll back.
	// +default="prod"
	environment string,
	// Roll back to this one: a tag, a digest or a source commit, or the
	// beginning of one.
	// +optional
	to string,
	// Why, for the commit and the history.
	// +optional
	reason string,
	// Have nothing replace what it brings before a person says so, with lift-hold
	// or --force.
	// +optional
	hold bool,
	// Commit to the branch, even for an environment that is changed by pull
	// request.
	// +optional
	direct bool,
	// Roll back although a scan of today finds something. It needs a reason.
	// +optional
	acceptFindings bool,
) (*GitopsChange, error) {
	change, err := g.repository().Rollback(ctx, component, environment, manifests.Back{
		To: to, Hold: hold, Reason: reason, AcceptFindings: acceptFindings, Direct: direct,
	})
	return gitopsChange(change), err
}

// LiftHold lets be delivered again what rollbacks of a component took back.
//
// It changes nothing that runs: it is a commit without files on the branch, which
// history tells by.
// +cache="never"
func (g *Gitops) LiftHold(
	ctx context.Context,
	// The component, by its image's name in the manifests.
	component string,
	// The environment that was rolled back.
	// +default="prod"
	environment string,
	// Why, for the commit.
	// +optional
	reason string,
) (*GitopsChange, error) {
	change, err := g.repository().Lift(ctx, component, environment, reason)
	return gitopsChange(change), err
}

// Pins lists the images that an environment runs.
//
// Each is the name that the manifests give it, and its reference. What a rollback
// of it holds stands behind, in brackets.
// +cache="session"
func (g *Gitops) Pins(
	ctx context.Context,
	// The environment to read.
	// +default="dev"
	environment string,
) ([]string, error) {
	return g.repository().Pins(ctx, environment)
}

// Render returns an environment's manifests as Argo CD would apply them.
// +cache="session"
func (g *Gitops) Render(
	ctx context.Context,
	// The environment to render.
	// +default="dev"
	environment string,
) (string, error) {
	return g.repository().Render(ctx, environment)
}

// History tells what an environment ran of a component.
//
// Newest first: the image, when it came, by whom, how, and from which commit. Below
// it stands what a rollback holds.
// +cache="session"
func (g *Gitops) History(
	ctx context.Context,
	// The component, by its image's name in the manifests.
	component string,
	// The environment to look at.
	// +default="prod"
	environment string,
) (*GitopsHistory, error) {
	ran, held, err := g.repository().History(ctx, component, environment)
	return gitopsHistory(ran, held), err
}

// Diff compares an environment's rendered manifests before and after a change.
//
// It compares with an earlier commit, or with another directory.
// +cache="session"
func (g *Gitops) Diff(
	ctx context.Context,
	// The environment to render.
	// +default="dev"
	environment string,
	// The commit, branch or tag of the GitOps repository to compare with; the
	// previous commit when absent.
	// +optional
	commit string,
	// A directory of a GitOps repository to compare with instead of a commit.
	// +optional
	directory *dagger.Directory,
) (*GitopsDiff, error) {
	difference, err := g.repository().Diff(ctx, environment, commit, directory)
	return (*GitopsDiff)(difference), err
}

// Validate checks the whole repository, without a cluster and without network.
//
// It fails with everything that it finds: overlays that do not render, or that
// no application deploys, paths that do not exist, entries of images that change
// nothing, manifests that nothing names, API versions that are no longer served,
// fields that Kubernetes 1.37 or the custom kinds do not know or need, Argo CD
// objects that promise what they do not keep, and notifications that nobody gets.
// It returns what was checked, what could not be judged here, such as a base that
// is fetched over the network, and which rules the repository switches off in
// .pingvas-gitops.yaml, with the reasons.
// +cache="session"
func (g *Gitops) Validate(
	ctx context.Context,
	// The environments to check; all when absent.
	// +optional
	environments []string,
	// The environments that a person syncs in Argo CD: automated sync of these is
	// a mistake. One that is approved by pull request is not among them.
	// +optional
	manual []string,
	// The least severity that fails: WARNING is what is without effect or more open
	// than it need be, ERROR what does not deploy as it says.
	// +default="WARNING"
	severity GitopsSeverity,
) (string, error) {
	return g.repository().Validate(ctx, environments, manual, string(severity))
}

// Validation returns what validate finds, as objects, JSON and SARIF.
//
// It never fails for what is found: that is validate's.
// +cache="session"
func (g *Gitops) Validation(
	ctx context.Context,
	// The environments to check; all when absent.
	// +optional
	environments []string,
	// The environments that a person syncs in Argo CD.
	// +optional
	manual []string,
) (*GitopsValidation, error) {
	report, err := g.repository().Validation(ctx, environments, manual)
	if err != nil {
		return nil, err
	}
	return gitopsValidation(report)
}

// gitops is the repository of a directory, or else the one of with-gitops; nil
// where there is neither. As the pipeline's own it knows the source's history, and
// the registry that its images come from.
func (m *PingvasCi) gitops(directory *dagger.Directory) *Gitops {
	switch {
	case directory != nil:
		return &Gitops{Directory: directory, Ci: m}
	case m.Repository == nil:
		return nil
	}
	known := *m.Repository
	known.Ci = m
	return &known
}

// repository is what does the work; nil where there is none.
func (g *Gitops) repository() *manifests.Repository {
	if g == nil {
		return nil
	}
	r := &manifests.Repository{
		URL: g.URL, Branch: g.Branch, Username: g.Username, Token: g.Token, Service: g.Service,
		Directory: g.Directory, Settings: g.Settings.settings(),
	}
	if g.Ci != nil {
		r.Source, r.Registry, r.Scanner = g.Ci.source(), g.Ci.registry(), g.Ci.scanner()
	}
	return r
}
