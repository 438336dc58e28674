package frontend

import (
	"context"
	"errors"
	"fmt"
	"path"
	"strconv"

	"github.com/pingvas/pingvas-ci/ci/internal/dagger"
	"github.com/pingvas/pingvas-ci/ci/internal/graph/ground"
	"github.com/pingvas/pingvas-ci/ci/internal/graph/kinds"
	"github.com/pingvas/pingvas-ci/ci/internal/names"
)

// chromaticVersion is the release of the npm package chromatic.
// renovate: datasource=npm depName=chromatic
const chromaticVersion = "18.14.3"

// Chromatic publishes the Storybook, or says why not.
func (p Project) Chromatic(ctx context.Context, token *dagger.Secret, branch string, fork bool, timeout int) (string, error) {
	skip, err := p.skipsChromatic(ctx, token, fork)
	if skip != "" || err != nil {
		return skip, err
	}
	published, err := p.chromaticRun(ctx, branch)
	if err != nil {
		return "", err
	}
	// Without an answer from Chromatic its client tries again for very long.
	command := []string{"timeout", "--kill-after", "10", strconv.Itoa(timeout), "chromatic", "--storybook-build-dir", "storybook-static", "--ci", "--no-interactive"}
	if branch != "" {
		command = append(command, "--branch-name", branch)
	}
	// The token is for the last command alone, in a variable of it.
	said, err := published.
		WithEnvVariable("DISABLE_ERROR_MONITORING", "true").
		WithSecretVariable("CHROMATIC_PROJECT_TOKEN", token).
		WithExec(command).
		Stdout(ctx)
	if err != nil {
		return "", ground.Failed(p.Spec.Name+" chromatic", err)
	}
	return said, nil
}

// skipsChromatic says why there is nothing to publish, or nothing to publish
// it with.
func (p Project) skipsChromatic(ctx context.Context, token *dagger.Secret, fork bool) (string, error) {
	script, has := p.storybookScript()
	switch {
	case !has:
		return fmt.Sprintf("skipped: %s has no script %q", p.Spec.Name, script), nil
	case fork:
		return "skipped: a fork's pull request is given no secrets, and its code must not see any", nil
	case token == nil:
		return "skipped: there is no Chromatic project token. Give it with --token", nil
	}
	text, err := token.Plaintext(ctx)
	if err != nil {
		return "", fmt.Errorf("read the Chromatic project token: %w", err)
	}
	if text == "" {
		return "skipped: the Chromatic project token is empty. Set the secret that --token names", nil
	}
	return "", nil
}

// chromaticRun has the built Storybook at its place in a checkout with the
// history, by which Chromatic finds the build to compare with.
func (p Project) chromaticRun(ctx context.Context, branch string) (*dagger.Container, error) {
	if branch != "" {
		if err := names.Branch(branch); err != nil {
			return nil, err
		}
	}
	if err := p.hasHistory(ctx); err != nil {
		return nil, err
	}
	// Its client runs git beside the token: not by what the source configures.
	history, err := p.Source.Git(ctx)
	if err != nil {
		return nil, err
	}
	storybook, err := p.Storybook(ctx)
	if err != nil {
		return nil, err
	}
	node, err := p.node(ctx)
	if err != nil {
		return nil, err
	}
	here := path.Join(kinds.Root, p.Spec.Path)
	return node.
		WithExec([]string{"sh", "-c", "command -v git || { apt-get update && apt-get install --yes --no-install-recommends git; }"}).
		WithExec([]string{"npm", "install", "--global", "--no-fund", "--no-audit", "chromatic@" + chromaticVersion}).
		WithDirectory(path.Join(kinds.Root, ".git"), history).
		WithDirectory(here, p.Directory().Filter(dagger.DirectoryFilterOpts{Include: []string{"package.json", ".storybook"}})).
		WithDirectory(path.Join(here, "storybook-static"), storybook).
		WithWorkdir(here), nil
}

// hasHistory refuses a checkout without history, which Chromatic would take
// for a project's first build and compare with nothing.
func (p Project) hasHistory(ctx context.Context) error {
	shallow, err := p.Source.Shallow(ctx)
	if shallow {
		return errors.New("the source's git history is shallow, and Chromatic compares with earlier commits. Check out all of it: fetch-depth: 0")
	}
	return err
}
