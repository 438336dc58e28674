package gitops

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/pingvas/pingvas-ci/ci/internal/gitrepo"
	"github.com/pingvas/pingvas-ci/ci/internal/kustomize"
	"github.com/pingvas/pingvas-ci/ci/internal/review"
)

// Topic is the branch on which an environment's changes wait for their review.
func Topic(environment string) string { return "pingvas-ci/" + environment }

// Proposal is what waits on a topic branch for its review.
type Proposal struct {
	// Tip is the head of the topic branch; empty when nothing waits.
	Tip string
	// Commits are one for each run that proposed something, oldest first.
	Commits []gitrepo.Commit
	// Waiting are the pins, in the order of their commits.
	Waiting []Waiting
	// Files are what differs, and Diff how the rendered manifests do.
	Files []string
	Diff  string
	// Kept are images that were left as they are, each with the reason.
	Kept []string
	// Left are those of them that cannot be run as the manifests are.
	Left []string
	// Notes say what else is to be known of the images.
	Notes []string
	// PullRequest is the address of the review.
	PullRequest string
}

// Waiting is a pin that waits for its review, and what it replaces.
type Waiting struct {
	Image, Replaces kustomize.Image
	// Commit is the one that set it.
	Commit gitrepo.Commit
}

// Scan says in a line what was found in the image, if that is known.
func (w Waiting) Scan() string {
	for _, t := range w.Commit.Trailers {
		if name, scan, _ := strings.Cut(t.Value, " "); t.Key == trailerScan && name == w.Image.Name {
			return scan
		}
	}
	return ""
}

// Propose commits an operation to its environment's topic branch, above what
// waits there, and opens the pull request for all of it or brings the open one
// up to date. Runs that propose at once all land, each on top of the others;
// what a closed pull request held is dropped.
func Propose(ctx context.Context, remote gitrepo.Remote, options gitrepo.Options, hub review.Platform, op Operation) (Proposal, error) {
	environment := op.Target()
	options.Topic = Topic(environment)
	again := &repeated{}
	options.Waiting = func(ctx context.Context, dir, tip string) ([]gitrepo.Edit, bool, error) {
		closed, err := hub.ClosedAt(ctx, options.Topic, remote.Branch, tip)
		if err != nil || closed {
			again = &repeated{}
			return nil, false, err
		}
		waits, err := read(ctx, dir, tip, environment)
		again = &repeated{}
		return waits.again(op, again), true, err
	}
	var outcome Outcome
	_, err := gitrepo.Update(ctx, remote, options, func(ctx context.Context, dir string) (_ gitrepo.Change, err error) {
		outcome, err = op.Apply(ctx, dir)
		return outcome.Change, err
	})
	if err != nil {
		return Proposal{}, err
	}
	said := Proposal{Kept: append(again.dropped, outcome.Kept...), Left: outcome.Left, Notes: outcome.Notes}
	if options.DryRun {
		said.Files, said.Diff = outcome.Files, outcome.Diff
		return said, nil
	}
	if len(again.dropped) > 0 && again.commits == 0 && len(outcome.Files) == 0 {
		said.PullRequest, err = hub.Close(ctx, options.Topic, remote.Branch, "Nothing of this waits any more:\n\n- "+strings.Join(again.dropped, "\n- ")+"\n")
		return said, err
	}
	proposal, err := described(ctx, remote, options, hub, environment, again.dropped)
	proposal.Kept, proposal.Left, proposal.Notes = said.Kept, said.Left, said.Notes
	return proposal, err
}

// Withdraw takes out of an environment's pull request what does not wait there any
// more because a component was rolled back, and says so. Where nothing of the
// component waits, no platform is asked for. It returns what it took out.
func Withdraw(ctx context.Context, remote gitrepo.Remote, options gitrepo.Options, hub func(context.Context) (review.Platform, error), environment, component string) ([]string, error) {
	waits := false
	look := options
	look.Topic = Topic(environment)
	look.Waiting = func(ctx context.Context, dir, tip string) ([]gitrepo.Edit, bool, error) {
		p, err := read(ctx, dir, tip, environment)
		waits = slices.ContainsFunc(p.Waiting, func(w Waiting) bool { return w.Image.Name == component })
		return nil, true, err
	}
	if _, err := gitrepo.Update(ctx, remote, look, unchanged); err != nil || !waits {
		return nil, err
	}
	platform, err := hub(ctx)
	if err != nil {
		return nil, err
	}
	p, err := Propose(ctx, remote, options, platform, nothing{environment})
	return p.Kept, err
}

// Withdrawing are the components of which a rollback of an environment waits for
// its review: what it runs is not to be taken for good.
func Withdrawing(ctx context.Context, remote gitrepo.Remote, options gitrepo.Options, hub func(context.Context) (review.Platform, error), environment string) ([]string, error) {
	var components []string
	options.Topic = Topic(environment)
	options.Waiting = func(ctx context.Context, dir, tip string) ([]gitrepo.Edit, bool, error) {
		p, err := read(ctx, dir, tip, environment)
		for _, w := range p.Waiting {
			if len(rolledBack(w.Commit, w.Image.Name)) > 0 {
				components = append(components, w.Image.Name)
			}
		}
		if err != nil || len(components) == 0 {
			return nil, true, err
		}
		platform, err := hub(ctx)
		if err != nil {
			return nil, true, err
		}
		closed, err := platform.ClosedAt(ctx, options.Topic, remote.Branch, tip)
		if closed {
			components = nil
		}
		return nil, true, err
	}
	_, err := gitrepo.Update(ctx, remote, options, unchanged)
	return components, err
}

func unchanged(context.Context, string) (gitrepo.Change, error) { return gitrepo.Change{}, nil }

// nothing is an operation that has what waits done once more, as far as it may.
type nothing struct{ environment string }

func (n nothing) Apply(context.Context, string) (Outcome, error) { return Outcome{}, nil }
func (n nothing) Target() string                                 { return n.environment }
func (n nothing) Starts(string) bool                             { return false }

// described describes the topic branch in its pull request. Another run may push
// and describe meanwhile, so it is done again until what was described is what
// is there: the last description is that of the last push.
func described(ctx context.Context, remote gitrepo.Remote, options gitrepo.Options, hub review.Platform, environment string, dropped []string) (Proposal, error) {
	last := Proposal{}
	for {
		now, err := proposed(ctx, remote, options, hub, environment)
		if err != nil || now.Tip == "" || now.Tip == last.Tip {
			now.PullRequest = last.PullRequest
			return now, err
		}
		last = now
		now.Kept = append(now.Kept, dropped...)
		last.PullRequest, err = hub.Ensure(ctx, Review(now, environment, remote.Branch))
		if err != nil && !errors.Is(err, review.ErrNoDifference) { // it was merged meanwhile
			return last, err
		}
	}
}

// proposed reads what waits.
func proposed(ctx context.Context, remote gitrepo.Remote, options gitrepo.Options, hub review.Platform, environment string) (proposal Proposal, err error) {
	options.Waiting = func(ctx context.Context, dir, tip string) ([]gitrepo.Edit, bool, error) {
		closed, err := hub.ClosedAt(ctx, options.Topic, remote.Branch, tip)
		if err == nil && !closed {
			proposal, err = read(ctx, dir, tip, environment)
		}
		return nil, true, err
	}
	_, err = gitrepo.Update(ctx, remote, options, unchanged)
	return proposal, err
}

// read compares a topic branch, whose head is tip, with the point at which it
// left the branch that dir is a checkout of.
func read(ctx context.Context, dir, tip, environment string) (Proposal, error) {
	fail := func(err error) (Proposal, error) {
		return Proposal{}, fmt.Errorf("read what waits for review: %w", err)
	}
	fork, commits, err := gitrepo.Since(ctx, dir, "HEAD", tip)
	if err != nil || len(commits) == 0 {
		return Proposal{}, err
	}
	parent, err := os.MkdirTemp("", "waiting-*")
	if err != nil {
		return fail(err)
	}
	defer func() { _ = os.RemoveAll(parent) }()
	before, after := filepath.Join(parent, "before"), filepath.Join(parent, "after")
	for into, commit := range map[string]string{before: fork, after: tip} {
		if err := os.Mkdir(into, 0o700); err != nil {
			return fail(err)
		}
		if err := gitrepo.Extract(ctx, dir, commit, into); err != nil {
			return fail(err)
		}
	}
	comparison, err := Compare(ctx, before, after, environment)
	if err != nil {
		return fail(err)
	}
	files, err := gitrepo.ChangedFiles(ctx, dir, fork, tip)
	if err != nil {
		return fail(err)
	}
	p := Proposal{Tip: tip, Commits: commits, Files: files, Diff: comparison.Text}
	if p.Waiting, err = waiting(ctx, dir, environment, before, after, commits); err != nil || len(p.Waiting) == 0 {
		return Proposal{}, err
	}
	for _, c := range commits {
		for _, t := range c.Trailers {
			switch t.Key {
			case trailerKept:
				p.Kept = append(p.Kept, t.Value)
			case trailerNote:
				p.Notes = append(p.Notes, t.Value)
			}
		}
	}
	return p, nil
}

// waiting are the pins that differ, in the order of the commits that set them.
func waiting(ctx context.Context, dir, environment, before, after string, commits []gitrepo.Commit) ([]Waiting, error) {
	was, err := kustomize.Pins(before, environment)
	if err != nil {
		return nil, err
	}
	is, err := kustomize.Pins(after, environment)
	if err != nil {
		return nil, err
	}
	set := make([][]Waiting, len(commits))
	for name, image := range is {
		if was[name] == image {
			continue
		}
		pinned, err := pinnedAt(ctx, dir, "apps/overlays/"+environment, name, commits)
		if err != nil {
			return nil, err
		}
		at := len(commits) - 1
		for at > 0 && pinned[at-1] == image {
			at--
		}
		set[at] = append(set[at], Waiting{Image: image, Replaces: was[name], Commit: commits[at]})
	}
	for _, group := range set {
		slices.SortFunc(group, func(a, b Waiting) int { return strings.Compare(a.Image.Name, b.Image.Name) })
	}
	return slices.Concat(set...), nil
}

// repeated is what came of doing a proposal once more.
type repeated struct {
	// commits is how many commits it is now.
	commits int
	// dropped are images that do not wait any more, each with the reason.
	dropped []string
}

// again are the edits that do a proposal once more, on a branch that may have
// moved: a commit for each of its own, as far as what it replaces still runs, and
// what it promotes was not rolled back since.
func (p Proposal) again(op Operation, done *repeated) []gitrepo.Edit {
	var edits []gitrepo.Edit
	for _, commit := range p.Commits {
		var images []Waiting
		for _, w := range p.Waiting {
			if w.Commit.Hash == commit.Hash && !op.Starts(w.Image.Name) {
				images = append(images, w)
			}
		}
		if len(images) > 0 {
			edits = append(edits, redo{op.Target(), commit, images, done}.apply)
		}
	}
	return edits
}

// redo is a commit of a topic branch, done once more.
type redo struct {
	environment string
	commit      gitrepo.Commit
	waiting     []Waiting
	done        *repeated
}

func (r redo) apply(ctx context.Context, dir string) (gitrepo.Change, error) {
	before, err := kustomize.Pins(dir, r.environment)
	if err != nil {
		return gitrepo.Change{}, err
	}
	var images []kustomize.Image
	for _, w := range r.waiting {
		why, err := r.overtaken(ctx, dir, before[w.Image.Name], w)
		if err != nil {
			return gitrepo.Change{}, fmt.Errorf("take along what waits for review: %w", err)
		}
		if why != "" {
			r.done.dropped = append(r.done.dropped, fmt.Sprintf("%s %s does not wait for %s any more: %s", w.Image.Name, version(w.Image), r.environment, why))
			continue
		}
		images = append(images, w.Image)
	}
	outcome, err := pin(ctx, dir, r.environment, images, nil)
	if len(outcome.Left) > 0 {
		err = nil // They do not wait any more, all of them perhaps.
		r.done.dropped = append(r.done.dropped, outcome.Left...)
		outcome.Kept = nil
	}
	if err != nil {
		return gitrepo.Change{}, fmt.Errorf("take along what waits for review: %w", err)
	}
	if len(outcome.Files) > 0 {
		r.done.commits++
	}
	outcome.describe(r.commit.Subject, before, r.trailers(images)...)
	return outcome.Change, nil
}

// overtaken is why a pin does not wait any more, or "".
func (r redo) overtaken(ctx context.Context, dir string, now kustomize.Image, w Waiting) (string, error) {
	if now == w.Image {
		return fmt.Sprintf("%s runs it", r.environment), nil
	}
	if now != w.Replaces {
		return fmt.Sprintf("%s runs %s meanwhile", r.environment, version(now)), nil
	}
	from := w.Commit.Trailer(trailerPromoted)
	if from == "" {
		return "", nil
	}
	held, err := Holds(ctx, dir, from)
	for _, h := range held[w.Image.Name] {
		if sameBuild(h.image(), w.Image) {
			return fmt.Sprintf("in %s, which it is promoted from, %s", from, h), nil
		}
	}
	return "", err
}

// trailers are those of the commit, without what is of other images.
func (r redo) trailers(images []kustomize.Image) (kept []gitrepo.Trailer) {
	ofImages := []string{trailerScan, trailerFindings, trailerInputs, trailerRolled, trailerHold}
	for _, t := range r.commit.Trailers {
		name, _, _ := strings.Cut(t.Value, " ")
		name, _, _ = strings.Cut(name, "@")
		of := func(image kustomize.Image) bool { return image.Name == name }
		if t.Key == trailerDigest || slices.Contains(ofImages, t.Key) && !slices.ContainsFunc(images, of) {
			continue
		}
		kept = append(kept, t)
	}
	return kept
}
