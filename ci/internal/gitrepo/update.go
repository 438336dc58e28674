package gitrepo

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// Edit changes files in a clone and says which, and how to describe it. It is
// called again, on the new head, when somebody else pushed first, so it decides
// from what it finds in dir. A Change without files means that there is nothing
// to do.
type Edit func(ctx context.Context, dir string) (Change, error)

// Options say how Update works; the zero value is good.
type Options struct {
	// Author writes the commit; the zero Author is DefaultAuthor.
	Author Author
	// WorkDir is where the clone is made, and removed again; empty is the
	// machine's folder for temporary files.
	WorkDir string
	// Depth is how many commits Edit finds in the clone: 0 is 1, below is all.
	Depth int
	// Limit is for how long a lost race is tried again; 0 is two minutes.
	Limit time.Duration
	// SigningKey is a private SSH key, as ssh-keygen writes it, that signs the
	// commit; empty leaves it unsigned.
	SigningKey string `json:"-"`
	// Topic, if given, is the branch that gets the commit in the place of the
	// remote's own, for a pull request. It belongs to Update: what was there is
	// replaced, unless it is the same change to the same head already.
	Topic string
	// TopicAt is the head of Topic that the edit was made with knowledge of:
	// when there is another by now, nothing is pushed (ErrTopicMoved). Empty
	// does not look, NoTopic says that there was none.
	TopicAt string
}

// NoTopic is the TopicAt of a branch that does not exist.
const NoTopic = "none"

// Result is what Update did.
type Result struct {
	// Commit is the new commit; without a change, the head that says so already.
	Commit string
	// Changed tells whether Commit was made and pushed by this call.
	Changed bool
	// Files are the files of the commit.
	Files []string
	// Attempts counts the pushes.
	Attempts int
}

// Update brings one commit with an edit onto a branch: clone, edit, add exactly
// the files that the edit names, commit, push. A push that loses a race is made
// again from the new head until options.Limit is over (ErrRace). Wrong
// credentials, a refusal by the server's rules and an unreachable server are
// final at once. An edit that changes nothing is a success without a commit.
func Update(ctx context.Context, remote Remote, options Options, edit Edit) (Result, error) {
	if err := errors.Join(remote.check(), options.check()); err != nil {
		return Result{}, fmt.Errorf("update a repository: %w", err)
	}
	parent, err := os.MkdirTemp(options.WorkDir, "clone-*")
	if err != nil {
		return Result{}, fmt.Errorf("update %s: %w", remote, err)
	}
	defer func() { _ = os.RemoveAll(parent) }()
	keys, err := remote.keys(parent)
	if err != nil {
		return Result{}, fmt.Errorf("update %s: %w", remote, err)
	}
	signing, err := options.signing(parent)
	if err != nil {
		return Result{}, fmt.Errorf("update %s: %w", remote, err)
	}
	u := updater{remote: remote, options: options, edit: edit, git: git{
		dir: filepath.Join(parent, "repository"), secrets: remote.secrets(),
		config: append(remote.config(), signing...), env: append(options.author().env(), keys...),
	}}
	if err := u.clone(ctx, parent); err != nil {
		return Result{}, fmt.Errorf("clone %w", explain(remote, err))
	}
	return u.untilPushed(ctx)
}

type updater struct {
	git     git
	remote  Remote
	options Options
	edit    Edit
}

func (u updater) clone(ctx context.Context, parent string) error {
	outside := u.git
	outside.dir = parent
	args := append([]string{"clone", "--quiet", "--no-tags", "--single-branch", "--branch", u.remote.Branch}, u.options.depth()...)
	_, err := outside.run(ctx, append(args, "--", u.remote.URL, u.git.dir)...)
	return err
}

func (u updater) untilPushed(ctx context.Context) (Result, error) {
	deadline := time.Now().Add(u.options.limit())
	for attempt := 1; ; attempt++ {
		result, err := u.once(ctx)
		result.Attempts += attempt - 1
		if !errors.Is(err, errAgain) {
			return result, err
		}
		pause := backoff(attempt)
		if time.Now().Add(pause).After(deadline) {
			return Result{}, fmt.Errorf("push to %s: %w: %d pushes in %s. Run again when there is less going on", u.remote, ErrRace, attempt, u.options.limit())
		}
		select {
		case <-ctx.Done():
			return Result{}, fmt.Errorf("push to %s: %w", u.remote, context.Cause(ctx))
		case <-time.After(pause):
		}
		if err := u.toRemoteHead(ctx); err != nil {
			return Result{}, fmt.Errorf("fetch %w", explain(u.remote, err))
		}
	}
}

// backoff is a random time that grows with the attempts, to five seconds, so
// that writers who collided once don't collide again.
func backoff(attempt int) time.Duration {
	longest := min(100*time.Millisecond<<min(attempt, 6), 5*time.Second)
	return rand.N(longest) + 10*time.Millisecond
}

// once edits, commits and pushes from the present head.
func (u updater) once(ctx context.Context) (Result, error) {
	head, err := Head(ctx, u.git.dir)
	if err != nil {
		return Result{}, err
	}
	change, err := u.edit(ctx, u.git.dir)
	if err != nil {
		return Result{}, fmt.Errorf("edit %s: %w", u.remote, err)
	}
	if err := change.check(); err != nil {
		return Result{}, fmt.Errorf("commit to %s: %w", u.remote, err)
	}
	staged, err := u.stage(ctx, change.Files)
	if err != nil {
		return Result{}, fmt.Errorf("commit to %s: %w", u.remote, err)
	}
	if !staged {
		return Result{Commit: head}, nil
	}
	if _, err := u.git.runWith(ctx, change.message(), "commit", "--quiet", u.options.signed(), "--no-verify", "--file", "-"); err != nil {
		return Result{}, fmt.Errorf("commit to %s: %w", u.remote, err)
	}
	return u.publish(ctx, change)
}

// stage adds the named files and no other, and tells whether that changes anything.
func (u updater) stage(ctx context.Context, files []string) (bool, error) {
	if len(files) == 0 {
		return false, nil
	}
	if _, err := u.git.run(ctx, append([]string{"add", "--force", "--all", "--"}, files...)...); err != nil {
		return false, err
	}
	_, err := u.git.run(ctx, "diff", "--cached", "--quiet")
	if exitCode(err) == 1 {
		return true, nil
	}
	return false, err
}

func (u updater) publish(ctx context.Context, change Change) (Result, error) {
	commit, err := Head(ctx, u.git.dir)
	if err != nil {
		return Result{}, err
	}
	target := "HEAD:refs/heads/" + u.remote.Branch
	if u.options.Topic != "" {
		target = "HEAD:refs/heads/" + u.options.Topic
		if u.options.TopicAt == "" {
			target = "+" + target
		}
		if there, err := u.alreadyOnTopic(ctx); err != nil || there != "" {
			return Result{Commit: there}, err
		}
	}
	push := append([]string{"push", "--porcelain", "--no-verify"}, u.options.lease()...)
	if _, err := u.git.run(ctx, append(push, "origin", target)...); err != nil {
		err = explain(u.remote, err)
		if errors.Is(err, errAgain) && len(u.options.lease()) > 0 {
			return Result{}, fmt.Errorf("push to %s: %w: %s", u.remote, ErrTopicMoved, u.options.Topic)
		}
		if errors.Is(err, errAgain) {
			return Result{Attempts: 1}, err
		}
		return Result{}, fmt.Errorf("push to %w", err)
	}
	return Result{Commit: commit, Changed: true, Files: change.Files, Attempts: 1}, nil
}

// alreadyOnTopic returns the head of the topic branch if it is the commit that
// is about to be pushed, made by an earlier run: the same files on the same parent.
func (u updater) alreadyOnTopic(ctx context.Context) (string, error) {
	_, err := u.git.run(ctx, "fetch", "--quiet", "--no-tags", "--depth=2", "origin", "refs/heads/"+u.options.Topic)
	if err != nil {
		if err = explain(u.remote, err); errors.Is(err, ErrNoBranch) {
			return "", nil
		}
		return "", fmt.Errorf("fetch the topic branch of %w", err)
	}
	same := func(a, b string) bool {
		x, errX := u.git.run(ctx, "rev-parse", "--verify", "--quiet", a)
		y, errY := u.git.run(ctx, "rev-parse", "--verify", "--quiet", b)
		return errX == nil && errY == nil && x == y
	}
	if !same("FETCH_HEAD^{tree}", "HEAD^{tree}") || !same("FETCH_HEAD^", "HEAD^") {
		return "", nil
	}
	there, err := u.git.run(ctx, "rev-parse", "--verify", "FETCH_HEAD^{commit}")
	return strings.TrimSpace(there), err
}

// toRemoteHead throws the lost commit away and stands on the branch as it is now.
func (u updater) toRemoteHead(ctx context.Context) error {
	fetch := append([]string{"fetch", "--quiet", "--no-tags"}, u.options.depth()...)
	if _, err := u.git.run(ctx, append(fetch, "origin", "refs/heads/"+u.remote.Branch)...); err != nil {
		return err
	}
	if _, err := u.git.run(ctx, "reset", "--quiet", "--hard", "FETCH_HEAD"); err != nil {
		return err
	}
	_, err := u.git.run(ctx, "clean", "--quiet", "-ffdx")
	return err
}

func (o Options) depth() []string {
	if o.Depth < 0 {
		return nil
	}
	return []string{"--depth", strconv.Itoa(max(o.Depth, 1))}
}

// lease has git refuse to replace another head of the topic branch than the
// known one.
func (o Options) lease() []string {
	switch {
	case o.Topic == "" || o.TopicAt == "":
		return nil
	case o.TopicAt == NoTopic:
		return []string{"--force-with-lease=refs/heads/" + o.Topic + ":"}
	}
	return []string{"--force-with-lease=refs/heads/" + o.Topic + ":" + o.TopicAt}
}

func (o Options) limit() time.Duration {
	if o.Limit == 0 {
		return 2 * time.Minute
	}
	return o.Limit
}
