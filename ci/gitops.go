package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"strings"

	"github.com/pingvas/pingvas-ci/ci/internal/dagger"
	"github.com/pingvas/pingvas-ci/ci/internal/gitops"
	"github.com/pingvas/pingvas-ci/ci/internal/gitrepo"
	"github.com/pingvas/pingvas-ci/ci/internal/kustomize"
	"github.com/pingvas/pingvas-ci/ci/internal/names"
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

// GitopsChange is what was changed in a GitOps repository.
type GitopsChange struct {
	// Commit is the commit made, or the last of those that wait in the pull
	// request; empty when nothing had to change, and for a directory.
	Commit string
	// PullRequest is the address of the pull request that the commit waits in;
	// empty when the environment is written directly.
	PullRequest string
	// Files are the files that changed, or would by the pull request.
	Files []string
	// Kept are the images that were left as they are, each with the reason: a
	// newer build runs, or the other environment's tag moves.
	Kept []string
	// Diff is the difference of the rendered manifests.
	Diff string
	// Changes are the changed files, when the repository is a directory.
	Changes *dagger.Changeset
}

func newGitops(repository, branch, username string, token *dagger.Secret, service *dagger.Service) (*Gitops, error) {
	parsed, err := url.Parse(repository)
	switch {
	case err != nil:
		return nil, fmt.Errorf("GitOps repository: %q is no URL. Give one such as https://github.com/pingvas/pingvas-gitops.git", repository)
	case parsed.User != nil && parsed.Scheme != "ssh":
		return nil, errors.New("GitOps repository: the URL has credentials in it, where logs and processes show them. Give them with --username and --token")
	}
	if err := names.Branch(branch); err != nil {
		return nil, fmt.Errorf("GitOps repository: %w", err)
	}
	return &Gitops{URL: repository, Branch: branch, Username: username, Token: token, Service: service, Settings: &GitopsSettings{}}, nil
}

// of is the repository as the pipeline's own: it knows the source's history,
// and the registry that its images come from.
func (g *Gitops) of(m *PingvasCi) *Gitops {
	known := *g
	known.Ci = m
	return &known
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
	named, digest, _ := strings.Cut(image, "@")
	repository, tag, hasTag := cutLast(named, ":")
	if !hasTag || digest == "" {
		return nil, fmt.Errorf("image %q: a manifest needs a tag and a digest. Give repository:tag@sha256:digest", image)
	}
	wanted := kustomize.Image{Name: component, NewName: repository, NewTag: tag, Digest: digest}
	commit := gitops.SourceOf(wanted)
	if commit == "" {
		commit = tag
	}
	return g.ordered(ctx, commit, force, func(order gitops.Order) (*GitopsChange, error) {
		return g.apply(ctx, gitops.Bump{
			Environment: environment, Commit: commit, Images: []kustomize.Image{wanted}, Run: g.settings().Run, Order: order,
		}, applying{direct: direct, exists: true})
	})
}

// Pins lists the images that an environment runs.
//
// Each is the name that the manifests give it, and its reference.
// +cache="session"
func (g *Gitops) Pins(
	ctx context.Context,
	// The environment to read.
	// +default="dev"
	environment string,
) ([]string, error) {
	var lines []string
	err := g.read(ctx, func(dir string) error {
		pins, err := kustomize.Pins(dir, environment)
		for _, pin := range pins {
			lines = append(lines, pin.Name+" "+pin.Reference())
		}
		return err
	})
	return lines, err
}

// Render returns an environment's manifests as Argo CD would apply them.
// +cache="session"
func (g *Gitops) Render(
	ctx context.Context,
	// The environment to render.
	// +default="dev"
	environment string,
) (string, error) {
	var manifests []byte
	err := g.read(ctx, func(dir string) (err error) {
		manifests, err = kustomize.RenderEnvironment(dir, environment)
		return err
	})
	return string(manifests), err
}

// deployed maps each component to the tag that an environment runs.
func (g *Gitops) deployed(ctx context.Context, environment string) (map[string]string, error) {
	tags := map[string]string{}
	err := g.read(ctx, func(dir string) error {
		pins, err := kustomize.Pins(dir, environment)
		for name, pin := range pins {
			tags[name] = pin.NewTag
		}
		return err
	})
	return tags, err
}

// bump writes tag and digest of the published images, in one commit.
func (g *Gitops) bump(ctx context.Context, environment, commit string, published []*Delivered) (*GitopsChange, error) {
	var wanted []kustomize.Image
	scans := map[string]string{}
	for _, d := range published {
		wanted = append(wanted, kustomize.Image{
			Name: d.Component, NewName: d.Repository, NewTag: d.Tags[0], Digest: d.Digest,
		})
		scans[d.Component] = d.Scan
	}
	return g.ordered(ctx, commit, false, func(order gitops.Order) (*GitopsChange, error) {
		return g.apply(ctx, gitops.Bump{
			Environment: environment, Commit: commit, Images: wanted, Scans: scans, Run: g.settings().Run, Order: order,
		}, applying{exists: true})
	})
}

// ordered calls do with what tells a newer commit from an older one: the
// source's history, where there is one.
func (g *Gitops) ordered(ctx context.Context, commit string, force bool, do func(gitops.Order) (*GitopsChange, error)) (change *GitopsChange, err error) {
	order := gitops.Order{Force: force}
	if g.Ci == nil || g.Ci.Source == nil {
		return do(order)
	}
	err = g.Ci.withHistory(ctx, func(repository string) error {
		order.Source = repository
		at, err := gitrepo.CommitTime(ctx, repository, commit)
		if err != nil && !errors.Is(err, gitrepo.ErrNoCommit) && !errors.Is(err, gitrepo.ErrShallow) {
			return err
		}
		order.Time = at
		change, err = do(order)
		return err
	})
	if errors.Is(err, errNoHistory) {
		return do(order)
	}
	return change, err
}

// Json returns the change for programs.
func (c *GitopsChange) Json() (string, error) {
	data, err := json.MarshalIndent(c.record(), "", "  ")
	return string(data), err
}

// gitopsRecord is a change as JSON has it.
type gitopsRecord struct {
	Commit      string   `json:"commit"`
	PullRequest string   `json:"pullRequest,omitempty"`
	Files       []string `json:"files"`
	Kept        []string `json:"kept,omitempty"`
	Diff        string   `json:"diff"`
}

func (c *GitopsChange) record() gitopsRecord {
	return gitopsRecord{c.Commit, c.PullRequest, c.Files, c.Kept, c.Diff}
}

// summary says in one line what changed.
func (c *GitopsChange) summary() string {
	switch {
	case len(c.Files) == 0 && len(c.Kept) > 0:
		return "nothing to change: " + strings.Join(c.Kept, "; ")
	case len(c.Files) == 0:
		return "nothing to change"
	case c.PullRequest != "":
		return "pull request " + c.PullRequest
	case c.Commit == "":
		return strings.Join(c.Files, ", ")
	}
	return "commit " + c.Commit
}

func cutLast(text, separator string) (before, after string, found bool) {
	if at := strings.LastIndex(text, separator); at >= 0 {
		return text[:at], text[at+len(separator):], true
	}
	return text, "", false
}
