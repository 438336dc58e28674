package gitrepo

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// CanPush proves, without changing anything, that the branch exists and that
// the server opens the repository for writing to these credentials. Rules that
// look at the pushed commits (hooks, protected branches) show only in a push.
func CanPush(ctx context.Context, remote Remote) error {
	if err := remote.check(); err != nil {
		return fmt.Errorf("check the right to push: %w", err)
	}
	dir, err := os.MkdirTemp("", "can-push-*")
	if err != nil {
		return fmt.Errorf("check the right to push: %w", err)
	}
	defer func() { _ = os.RemoveAll(dir) }()
	keys, err := remote.keys(dir)
	if err != nil {
		return fmt.Errorf("check the right to push: %w", err)
	}
	g := git{dir: filepath.Join(dir, "probe.git"), config: remote.config(), secrets: remote.secrets(), env: append(DefaultAuthor.env(), keys...)}
	if err := os.Mkdir(g.dir, 0o700); err != nil {
		return fmt.Errorf("check the right to push: %w", err)
	}
	if err := probe(ctx, g, remote); err != nil {
		return fmt.Errorf("check the right to push to %w", explain(remote, err))
	}
	return nil
}

// probe asks for the branch, then rehearses the push of an empty commit to a
// new branch: git opens the connection for writing, and stops before it writes.
func probe(ctx context.Context, g git, remote Remote) error {
	heads, err := g.run(ctx, "ls-remote", "--heads", "--", remote.URL, "refs/heads/"+remote.Branch)
	if err != nil {
		return err
	}
	if heads == "" {
		return fmt.Errorf("%s: %w. Create the branch or name another", remote, ErrNoBranch)
	}
	if _, err := g.run(ctx, "init", "--quiet", "--bare", "."); err != nil {
		return err
	}
	tree, err := g.run(ctx, "mktree")
	if err != nil {
		return err
	}
	commit, err := g.run(ctx, "commit-tree", strings.TrimSpace(tree), "-m", "May this be pushed?")
	if err != nil {
		return err
	}
	_, err = g.run(ctx, "push", "--porcelain", "--dry-run", "--no-verify", "--", remote.URL, "+"+strings.TrimSpace(commit)+":refs/heads/can-push")
	return err
}
