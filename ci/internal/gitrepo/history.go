package gitrepo

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"time"
)

// Head returns the commit that a clone stands on, in full. As all functions
// that read a clone, it needs only its .git, no files beside it.
func Head(ctx context.Context, dir string) (string, error) {
	g, done, err := reader(ctx, dir)
	if err != nil {
		return "", fmt.Errorf("read the head of %s: %w", dir, err)
	}
	defer done()
	commit, err := g.resolve(ctx, "HEAD")
	if err != nil {
		return "", fmt.Errorf("read the head of %s: %w", dir, err)
	}
	return commit, nil
}

// ChangedFiles returns the files that differ between head and the point at
// which it left base (git diff base...head), so what base got since then is not
// in it. A renamed file counts under both of its names.
//
// A shallow clone that lacks base or that point gives ErrShallow, a partial one
// that lacks the directories of it ErrPartial, and any other clone that lacks
// base ErrNoCommit. Ask IsZero first: a base of zeros has nothing to compare with.
func ChangedFiles(ctx context.Context, dir, base, head string) ([]string, error) {
	files, err := changedFiles(ctx, dir, base, head)
	if err != nil {
		return nil, fmt.Errorf("list the files changed from %s to %s: %w", base, head, err)
	}
	return files, nil
}

// IsZero tells whether a commit is all zeros, which stands for none: so GitHub
// and GitLab name what was before the first push of a branch. To compare with it
// is to compare with nothing, and every file is new.
func IsZero(commit string) bool {
	return (len(commit) == 40 || len(commit) == 64) && strings.Trim(commit, "0") == ""
}

func changedFiles(ctx context.Context, dir, base, head string) ([]string, error) {
	g, err := openAt(ctx, dir, base, head)
	if err != nil {
		return nil, err
	}
	defer g.done()
	fork, err := g.fork(ctx, base, head)
	if err != nil {
		return nil, err
	}
	out, err := g.run(ctx, "diff", "--name-only", "-z", "--no-renames", "--no-ext-diff", "--ignore-submodules=none", fork, g.b)
	if err != nil {
		return nil, err
	}
	return strings.FieldsFunc(out, func(r rune) bool { return r == 0 }), nil
}

// Fork returns the commit at which head left base.
func Fork(ctx context.Context, dir, base, head string) (string, error) {
	g, err := openAt(ctx, dir, base, head)
	if err != nil {
		return "", fmt.Errorf("find where %s left %s: %w", head, base, err)
	}
	defer g.done()
	fork, err := g.fork(ctx, base, head)
	if err != nil {
		return "", fmt.Errorf("find where %s left %s: %w", head, base, err)
	}
	return fork, nil
}

func (o opened) fork(ctx context.Context, base, head string) (string, error) {
	fork, err := o.run(ctx, "merge-base", o.a, o.b)
	if exitCode(err) == 1 {
		return "", o.absent(ctx, "the commit at which they part", fmt.Errorf("%s and %s have no commit in common. Compare commits of one history", base, head))
	}
	return strings.TrimSpace(fork), err
}

// IsAncestor tells whether b contains a, which it does too when they are one
// commit. When a shallow clone can't tell, the error is ErrShallow.
func IsAncestor(ctx context.Context, dir, a, b string) (bool, error) {
	g, err := openAt(ctx, dir, a, b)
	if err != nil {
		return false, fmt.Errorf("tell whether %s contains %s: %w", b, a, err)
	}
	defer g.done()
	yes, err := g.contains(ctx, g.b, g.a)
	if err != nil || yes {
		return yes, err
	}
	// The other way round makes the no a certain one, however shallow the clone.
	if turned, err := g.contains(ctx, g.a, g.b); err != nil || turned {
		return false, err
	}
	if err := g.absent(ctx, "the commits between them", nil); err != nil {
		return false, fmt.Errorf("tell whether %s contains %s: %w", b, a, err)
	}
	return false, nil
}

// CommitTime returns when a commit was made, in UTC.
func CommitTime(ctx context.Context, dir, commit string) (time.Time, error) {
	g, err := openAt(ctx, dir, commit, commit)
	if err != nil {
		return time.Time{}, fmt.Errorf("read the time of %s: %w", commit, err)
	}
	defer g.done()
	out, err := g.run(ctx, "log", "-1", "--no-show-signature", "--format=%ct", g.a)
	if err != nil {
		return time.Time{}, fmt.Errorf("read the time of %s: %w", commit, err)
	}
	seconds, err := strconv.ParseInt(strings.TrimSpace(out), 10, 64)
	if err != nil {
		return time.Time{}, fmt.Errorf("read the time of %s: %w", commit, err)
	}
	return time.Unix(seconds, 0).UTC(), nil
}

// openAt opens a clone and resolves two commits of it.
func openAt(ctx context.Context, dir, a, b string) (o opened, err error) {
	if o.git, o.done, err = reader(ctx, dir); err != nil {
		return o, err
	}
	if o.a, err = o.resolve(ctx, a); err == nil {
		o.b, err = o.resolve(ctx, b)
	}
	if err != nil {
		o.done()
	}
	return o, err
}

// opened is a clone and two commits of it.
type opened struct {
	git
	done func()
	a, b string
}

// resolve turns a name from outside into a commit's full hash, which is all
// that the other commands get to see.
func (g git) resolve(ctx context.Context, name string) (string, error) {
	out, err := g.run(ctx, "rev-parse", "--verify", "--quiet", "--end-of-options", name+"^{commit}")
	if exitCode(err) == 1 {
		if IsZero(name) {
			return "", fmt.Errorf("%s: %w: zeros stand for none, as before a branch's first push. Give a commit, or none", name, ErrNoCommit)
		}
		if name == "HEAD" && g.unborn(ctx) {
			return "", fmt.Errorf("HEAD: %w", ErrUnborn)
		}
		return "", g.absent(ctx, name, fmt.Errorf("%s: %w in this clone: it may be another one's, or be gone after a forced push. Correct the name, or fetch it", name, ErrNoCommit))
	}
	return strings.TrimSpace(out), err
}

// unborn tells whether HEAD is a branch, of which there is no commit.
func (g git) unborn(ctx context.Context) bool {
	_, err := g.run(ctx, "symbolic-ref", "--quiet", "HEAD")
	return err == nil
}

func (g git) contains(ctx context.Context, newer, older string) (bool, error) {
	_, err := g.run(ctx, "merge-base", "--is-ancestor", older, newer)
	if exitCode(err) == 1 {
		return false, nil
	}
	return err == nil, err
}

// absent is ErrShallow in a shallow clone, where what is missing may only not
// have been fetched, and the given error in a whole one.
func (g git) absent(ctx context.Context, what string, whole error) error {
	out, err := g.run(ctx, "rev-parse", "--is-shallow-repository")
	if err != nil {
		return err
	}
	if strings.TrimSpace(out) == "true" {
		return fmt.Errorf("%w: it lacks %s. Fetch more history (git fetch --unshallow, or fetch-depth: 0 in a checkout)", ErrShallow, what)
	}
	return whole
}
