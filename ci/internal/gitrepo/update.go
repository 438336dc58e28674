package gitrepo

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"time"

	"github.com/pingvas/pingvas-ci/ci/internal/retry"
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
	// DryRun commits in the clone alone, and pushes nothing.
	DryRun bool
	// SigningKey is a private SSH key, as ssh-keygen writes it, that signs the
	// commit; empty leaves it unsigned.
	SigningKey string `json:"-"`
	// Topic, if given, is the branch that gets the commits in the place of the
	// remote's own, for a pull request. Each Update builds it anew on the
	// remote's own branch, so it belongs to those who call Update: what else was
	// pushed to it is replaced.
	Topic string
	// Waiting says what of the topic branch is done again, below the edit: a
	// commit for each of the edits that it returns. It gets a clone that stands
	// on the remote's own branch and has the topic branch's head too. A topic
	// branch that is not alive is replaced even when nothing differs. A nil
	// Waiting does nothing again.
	Waiting func(ctx context.Context, dir, topic string) (again []Edit, alive bool, err error)
}

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

// untilPushed does it all again on the new head after a lost race: whatever
// else goes wrong is final.
func (u updater) untilPushed(ctx context.Context) (Result, error) {
	tries := 0
	policy := retry.Policy{First: 100 * time.Millisecond, Longest: 2500 * time.Millisecond, Limit: u.options.limit()}
	result, err := retry.Do(ctx, policy, func() (Result, error) {
		if tries++; tries > 1 {
			if err := u.toRemoteHead(ctx); err != nil {
				return Result{}, retry.Final(fmt.Errorf("fetch %w", explain(u.remote, err)))
			}
		}
		result, err := u.once(ctx)
		result.Attempts += tries - 1
		if !errors.Is(err, errAgain) {
			err = retry.Final(err)
		}
		return result, err
	})
	switch {
	case !errors.Is(err, errAgain):
		return result, err
	case ctx.Err() != nil:
		return Result{}, fmt.Errorf("push to %s: %w", u.remote, context.Cause(ctx))
	}
	return Result{}, fmt.Errorf("push to %s: %w: %d pushes in %s. Run again when there is less going on", u.remote, ErrRace, tries, u.options.limit())
}

// once edits, commits and pushes from the present head.
func (u updater) once(ctx context.Context) (Result, error) {
	head, err := Head(ctx, u.git.dir)
	if err != nil {
		return Result{}, err
	}
	topic, err := u.topic(ctx)
	if err != nil {
		return Result{}, err
	}
	var files []string
	for _, edit := range append(topic.again, u.edit) {
		committed, err := u.commit(ctx, edit)
		if err != nil {
			return Result{}, err
		}
		files = append(files, committed...)
	}
	if now, err := Head(ctx, u.git.dir); err != nil || now == head {
		return Result{Commit: head}, err
	}
	slices.Sort(files)
	return u.publish(ctx, head, topic, slices.Compact(files))
}

// topic is what is found of the topic branch.
type topic struct {
	// head is its commit; empty where there is no such branch.
	head  string
	again []Edit
	alive bool
}

func (u updater) topic(ctx context.Context) (t topic, err error) {
	if u.options.Topic == "" {
		return t, nil
	}
	if _, err := u.git.run(ctx, "fetch", "--quiet", "--no-tags", "origin", "refs/heads/"+u.options.Topic); err != nil {
		if err = explain(u.remote, err); errors.Is(err, ErrNoBranch) {
			return t, nil
		}
		return t, fmt.Errorf("fetch the branch %s of %w", u.options.Topic, err)
	}
	t.alive = true
	if t.head, err = u.git.resolve(ctx, "FETCH_HEAD"); err != nil || u.options.Waiting == nil {
		return t, err
	}
	if t.again, t.alive, err = u.options.Waiting(ctx, u.git.dir, t.head); err != nil {
		return t, fmt.Errorf("see what waits on the branch %s of %s: %w", u.options.Topic, u.remote, err)
	}
	return t, nil
}

// commit makes one commit of an edit and returns its files: no commit when nothing
// had to change, but for a word.
func (u updater) commit(ctx context.Context, edit Edit) ([]string, error) {
	change, err := edit(ctx, u.git.dir)
	if err != nil {
		return nil, fmt.Errorf("edit %s: %w", u.remote, err)
	}
	if err := change.check(); err != nil {
		return nil, fmt.Errorf("commit to %s: %w", u.remote, err)
	}
	staged, err := u.stage(ctx, change.Files)
	if err != nil {
		return nil, fmt.Errorf("commit to %s: %w", u.remote, err)
	}
	if !staged && !change.Word {
		return nil, nil
	}
	if _, err := u.git.runWith(ctx, change.message(), "commit", "--quiet", "--allow-empty", u.options.signed(), "--no-verify", "--file", "-"); err != nil {
		return nil, fmt.Errorf("commit to %s: %w", u.remote, err)
	}
	return change.Files, nil
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

// publish pushes what was committed on base. A topic branch is replaced only if
// it is still the one that was fetched: whoever was faster is not lost.
func (u updater) publish(ctx context.Context, base string, t topic, files []string) (Result, error) {
	commit, err := Head(ctx, u.git.dir)
	if err != nil {
		return Result{}, err
	}
	push := []string{"push", "--porcelain", "--no-verify"}
	branch := u.remote.Branch
	if u.options.Topic != "" {
		if same, err := u.same(ctx, base, t); err != nil || same {
			return Result{Commit: t.head}, err
		}
		branch = u.options.Topic
		push = append(push, "--force-with-lease=refs/heads/"+branch+":"+t.head)
	}
	if u.options.DryRun {
		return Result{Commit: base, Files: files}, nil
	}
	if _, err := u.git.run(ctx, append(push, "origin", "HEAD:refs/heads/"+branch)...); err != nil {
		if err = explain(u.remote, err); errors.Is(err, errAgain) {
			return Result{Attempts: 1}, err
		}
		return Result{}, fmt.Errorf("push to %w", err)
	}
	return Result{Commit: commit, Changed: true, Files: files, Attempts: 1}, nil
}

// same tells whether the topic branch is what is about to be pushed, made by an
// earlier run: the same files, on the same base.
func (u updater) same(ctx context.Context, base string, t topic) (bool, error) {
	if !t.alive {
		return false, nil
	}
	if _, err := u.git.run(ctx, "diff", "--quiet", t.head, "HEAD"); err != nil {
		if exitCode(err) == 1 {
			err = nil
		}
		return false, err
	}
	return u.git.contains(ctx, t.head, base)
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

// depth is git's option: all of the history where a topic branch is compared
// with its base.
func (o Options) depth() []string {
	if o.Depth < 0 || o.Topic != "" {
		return nil
	}
	return []string{"--depth", strconv.Itoa(max(o.Depth, 1))}
}

func (o Options) limit() time.Duration {
	if o.Limit == 0 {
		return 2 * time.Minute
	}
	return o.Limit
}
