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
	"github.com/pingvas/pingvas-ci/ci/internal/gitops"
	"github.com/pingvas/pingvas-ci/ci/internal/gitrepo"
)

// applying says how an operation is applied.
type applying struct {
	// direct commits to the branch, whatever the environment.
	direct bool
	// exists has the registry asked whether it holds the images.
	exists bool
}

// apply does an operation, on the directory or on the remote repository.
func (g *Gitops) apply(ctx context.Context, op gitops.Operation, how applying) (*GitopsChange, error) {
	if how.exists {
		op = existing{op, g}
	}
	if g.Directory != nil {
		return g.applyDirectory(ctx, op)
	}
	if !how.direct && g.settings().reviewed(op.Target()) {
		return g.propose(ctx, op)
	}
	return g.push(ctx, op)
}

// applyDirectory returns the edited files as a Changeset.
func (g *Gitops) applyDirectory(ctx context.Context, op gitops.Operation) (*GitopsChange, error) {
	result := &GitopsChange{}
	after := g.Directory
	err := exported(ctx, g.Directory, func(dir string) error {
		outcome, err := op.Apply(ctx, dir)
		if err != nil {
			return err
		}
		result.Files, result.Diff, result.Kept = outcome.Files, outcome.Diff, outcome.Kept
		for _, file := range outcome.Files {
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

// push commits the operation and pushes it to the branch. When somebody else was
// faster it is done again on what they pushed.
func (g *Gitops) push(ctx context.Context, op gitops.Operation) (*GitopsChange, error) {
	remote, err := g.remote(ctx)
	if err != nil {
		return nil, err
	}
	options, err := g.settings().options(ctx)
	if err != nil {
		return nil, err
	}
	var outcome gitops.Outcome
	done, err := gitrepo.Update(ctx, remote, options, func(ctx context.Context, dir string) (_ gitrepo.Change, err error) {
		outcome, err = op.Apply(ctx, dir)
		return outcome.Change, err
	})
	if err != nil {
		return nil, err
	}
	result := &GitopsChange{Files: outcome.Files, Diff: outcome.Diff, Kept: outcome.Kept}
	if len(outcome.Files) > 0 {
		result.Commit = done.Commit
	}
	return result, nil
}

// canPush finds out whether the credentials may change the environment, before
// anything is published that a refused push would leave without a manifest.
func (g *Gitops) canPush(ctx context.Context, environment string) error {
	if g.Directory != nil {
		return nil
	}
	remote, err := g.remote(ctx)
	if err != nil {
		return err
	}
	failures := []error{gitrepo.CanPush(ctx, remote)}
	if g.settings().reviewed(environment) {
		failures = append(failures, g.canPropose(ctx, environment))
	}
	return errors.Join(failures...)
}

// read calls use with a checkout of the repository.
func (g *Gitops) read(ctx context.Context, use func(dir string) error) error {
	return g.readBranch(ctx, g.Branch, 1, use)
}

// readHistory calls use with a checkout that has all of its history.
func (g *Gitops) readHistory(ctx context.Context, use func(dir string) error) error {
	return g.readBranch(ctx, g.Branch, -1, use)
}

func (g *Gitops) readBranch(ctx context.Context, branch string, depth int, use func(dir string) error) error {
	if g.Directory != nil {
		return exported(ctx, g.Directory, use)
	}
	remote, err := g.remote(ctx)
	if err != nil {
		return err
	}
	remote.Branch = branch
	_, err = gitrepo.Update(ctx, remote, gitrepo.Options{Depth: depth}, func(_ context.Context, dir string) (gitrepo.Change, error) {
		return gitrepo.Change{}, use(dir)
	})
	return err
}

// remote is the repository as git reaches it from this process: by the
// service's endpoint where there is one.
func (g *Gitops) remote(ctx context.Context) (gitrepo.Remote, error) {
	remote := gitrepo.Remote{URL: g.URL, Branch: g.Branch, Username: g.Username, KnownHosts: g.settings().KnownHosts}
	var err error
	if remote.URL, err = through(ctx, g.URL, g.Service); err != nil {
		return remote, err
	}
	if at, err := url.Parse(g.URL); err == nil && g.Service != nil {
		remote.KnownAs = at.Host
	}
	if remote.Key, err = plaintext(ctx, g.settings().Key, "the key of "+g.URL); err != nil {
		return remote, err
	}
	if g.Token != nil {
		if remote.Token, err = plaintext(ctx, g.Token, "the token of "+g.URL); err != nil {
			return remote, err
		}
		if strings.ContainsAny(remote.Token, "\r\n") {
			return remote, errors.New("the GitOps token has a line break in it. Give it without")
		}
	}
	return remote, nil
}

// through is an address by which a service of the engine is reached from here.
func through(ctx context.Context, address string, service *dagger.Service) (string, error) {
	if service == nil {
		return address, nil
	}
	endpoint, err := service.Endpoint(ctx)
	if err != nil {
		return "", fmt.Errorf("find the server of %s: %w", address, err)
	}
	at, err := url.Parse(address)
	if err != nil {
		return "", fmt.Errorf("the address %q is no URL: %w. Correct it", address, err)
	}
	at.Host = endpoint
	return at.String(), nil
}
