package main

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"strings"

	"github.com/pingvas/pingvas-ci/ci/internal/component"
	"github.com/pingvas/pingvas-ci/ci/internal/dagger"
	"github.com/pingvas/pingvas-ci/ci/internal/gitrepo"
	"github.com/pingvas/pingvas-ci/ci/internal/kustomize"
	"github.com/pingvas/pingvas-ci/ci/internal/scaffold"
)

// Scaffold returns a GitOps repository for the source's components, as a
// starting point: bases, and overlays for dev and prod.
func (m *PingvasCi) Scaffold(ctx context.Context) (*dagger.Directory, error) {
	found, err := m.discover(ctx)
	if err != nil {
		return nil, err
	}
	return scaffolded(found)
}

func scaffolded(components []component.Component) (*dagger.Directory, error) {
	files, err := scaffold.Files(components)
	if err != nil {
		return nil, err
	}
	tree := dag.Directory()
	for name, text := range files {
		tree = tree.WithNewFile(name, text)
	}
	return tree, nil
}

// embeddedGitops is a GitOps repository that exists for one call.
func embeddedGitops(components []component.Component) (*Gitops, error) {
	tree, err := scaffolded(components)
	if err != nil {
		return nil, err
	}
	return &Gitops{Directory: tree}, nil
}

// canPush finds out whether the credentials may push, before anything is
// published that a refused push would leave without a manifest.
func (g *Gitops) canPush(ctx context.Context) error {
	if g.Directory != nil {
		return nil
	}
	remote, err := g.remote(ctx)
	if err != nil {
		return err
	}
	return gitrepo.CanPush(ctx, remote)
}

// bumpRemote commits the edit and pushes it. When somebody else was faster it
// is done again on what they pushed.
func (g *Gitops) bumpRemote(ctx context.Context, environment, commit string, wanted []kustomize.Image) (*GitopsChange, error) {
	remote, err := g.remote(ctx)
	if err != nil {
		return nil, err
	}
	result := &GitopsChange{}
	done, err := gitrepo.Update(ctx, remote, gitrepo.Options{}, func(_ context.Context, dir string) (gitrepo.Change, error) {
		change, err := kustomize.Bump(dir, environment, wanted)
		result.Files, result.Diff = change.Files, change.Diff
		return gitrepo.Change{
			Files:    change.Files,
			Subject:  "chore: update image tags to " + commit,
			Trailers: trailers(commit, wanted),
		}, err
	})
	if err != nil {
		return nil, err
	}
	if done.Changed {
		result.Commit = done.Commit
	}
	return result, nil
}

// trailers record in the commit what it was made of, for machines to read.
func trailers(commit string, images []kustomize.Image) []gitrepo.Trailer {
	list := []gitrepo.Trailer{{Key: "Source-Commit", Value: commit}}
	for _, image := range images {
		list = append(list, gitrepo.Trailer{Key: "Image-Digest", Value: image.Name + "@" + image.Digest})
	}
	return list
}

// remote is the repository as git reaches it from this process: by the
// service's endpoint where there is one.
func (g *Gitops) remote(ctx context.Context) (gitrepo.Remote, error) {
	remote := gitrepo.Remote{URL: g.URL, Branch: g.Branch, Username: g.Username}
	if g.Service != nil {
		endpoint, err := g.Service.Endpoint(ctx)
		if err != nil {
			return remote, fmt.Errorf("find the server of %s: %w", g.URL, err)
		}
		at, err := url.Parse(g.URL)
		if err != nil {
			return remote, fmt.Errorf("GitOps repository: %w", err)
		}
		at.Host = endpoint
		remote.URL = at.String()
	}
	if g.Token != nil {
		token, err := g.Token.Plaintext(ctx)
		if err != nil {
			return remote, fmt.Errorf("read the token of %s: %w", g.URL, err)
		}
		if strings.ContainsAny(token, "\r\n") {
			return remote, errors.New("the GitOps token has a line break in it. Give it without")
		}
		remote.Token = token
	}
	return remote, nil
}
