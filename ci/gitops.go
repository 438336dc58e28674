package main

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strings"

	"github.com/pingvas/pingvas-ci/ci/internal/dagger"
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
}

// GitopsChange is what was changed in a GitOps repository.
type GitopsChange struct {
	// Commit is the commit made; empty when nothing had to change, and for a
	// directory.
	Commit string
	// Files are the files that changed.
	Files []string
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
	case parsed.User != nil:
		return nil, errors.New("GitOps repository: the URL has credentials in it, where logs and processes show them. Give them with --username and --token")
	}
	if err := names.Branch(branch); err != nil {
		return nil, fmt.Errorf("GitOps repository: %w", err)
	}
	return &Gitops{URL: repository, Branch: branch, Username: username, Token: token, Service: service}, nil
}

// Bump makes an environment use an image, in one commit, and returns what
// changed. Nothing is written unless the rendered manifests change in exactly
// that image. An image that is in place already is no change and no commit.
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
) (*GitopsChange, error) {
	named, digest, _ := strings.Cut(image, "@")
	repository, tag, hasTag := cutLast(named, ":")
	if !hasTag || digest == "" {
		return nil, fmt.Errorf("image %q: a manifest needs a tag and a digest. Give repository:tag@sha256:digest", image)
	}
	return g.bump(ctx, environment, tag, []*Delivered{{
		Component: component, Repository: repository, Tags: []string{tag}, Digest: digest,
	}})
}

// Pins lists what an environment runs: an image reference a line.
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
	if err := names.Environment(environment); err != nil {
		return "", err
	}
	var manifests []byte
	err := g.read(ctx, func(dir string) (err error) {
		manifests, err = kustomize.Render(dir, "apps/overlays/"+environment)
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
	for _, d := range published {
		wanted = append(wanted, kustomize.Image{
			Name: d.Component, NewName: d.Repository, NewTag: d.Tags[0], Digest: d.Digest,
		})
	}
	if g.Directory != nil {
		return g.bumpDirectory(ctx, environment, wanted)
	}
	return g.bumpRemote(ctx, environment, commit, wanted)
}

// bumpDirectory returns the edited files as a Changeset.
func (g *Gitops) bumpDirectory(ctx context.Context, environment string, wanted []kustomize.Image) (*GitopsChange, error) {
	result := &GitopsChange{}
	after := g.Directory
	err := exported(ctx, g.Directory, func(dir string) error {
		change, err := kustomize.Bump(dir, environment, wanted)
		if err != nil {
			return err
		}
		result.Files, result.Diff = change.Files, change.Diff
		for _, file := range change.Files {
			text, err := os.ReadFile(filepath.Join(dir, file))
			if err != nil {
				return fmt.Errorf("read the edited %s: %w", file, err)
			}
			after = after.WithNewFile(file, string(text))
		}
		return nil
	})
	result.Changes = after.Changes(g.Directory)
	return result, err
}

// read calls use with a checkout of the repository.
func (g *Gitops) read(ctx context.Context, use func(dir string) error) error {
	if g.Directory != nil {
		return exported(ctx, g.Directory, use)
	}
	remote, err := g.remote(ctx)
	if err != nil {
		return err
	}
	_, err = gitrepo.Update(ctx, remote, gitrepo.Options{}, func(_ context.Context, dir string) (gitrepo.Change, error) {
		return gitrepo.Change{}, use(dir)
	})
	return err
}

// summary says in one line what changed.
func (c *GitopsChange) summary() string {
	switch {
	case len(c.Files) == 0:
		return "nothing to change"
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
