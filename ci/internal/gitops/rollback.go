package gitops

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/pingvas/pingvas-ci/ci/internal/gitrepo"
	"github.com/pingvas/pingvas-ci/ci/internal/kustomize"
)

// Rollback makes an environment run what it ran of one component before. The
// other components stay as they are, whoever changed them meanwhile. What it takes
// back is not delivered again by itself: see Hold.
type Rollback struct {
	Environment, Component string
	// To names the pin to go back to, by its tag, its digest, its source commit
	// or the beginning of one of these. Empty is the previous good one: not what
	// runs, and not what an earlier rollback took back.
	To string
	// Hold has nothing replace what it brings before a person says so.
	Hold bool
	// Reason is recorded in the commit; it may be empty.
	Reason string
	// Run is the address of the run; it may be empty.
	Run string

	// began is what ran when it was first applied: what somebody delivers while it
	// is pushed is taken back with it, and never gone back to.
	began kustomize.Image
}

// ErrNoEarlier says that the history has nothing to go back to.
var ErrNoEarlier = errors.New("there is no earlier pin to go back to")

// Target is the environment that is rolled back.
func (r *Rollback) Target() string { return r.Environment }

// Starts is true for the component: it goes back from what runs.
func (r *Rollback) Starts(component string) bool { return component == r.Component }

// Apply finds the earlier pin and writes it back.
func (r *Rollback) Apply(ctx context.Context, dir string) (Outcome, error) {
	found, err := r.find(ctx, dir)
	if err != nil {
		return Outcome{}, fmt.Errorf("roll back %s in %s: %w", r.Component, r.Environment, err)
	}
	outcome, err := pin(ctx, dir, r.Environment, []kustomize.Image{found.target}, nil)
	if err != nil {
		return Outcome{}, fmt.Errorf("roll back %s in %s: %w", r.Component, r.Environment, err)
	}
	if len(outcome.Images) == 0 {
		outcome.Kept = []string{fmt.Sprintf("%s runs %s already", r.Component, version(found.target))}
		return outcome, nil
	}
	var trailers []gitrepo.Trailer
	for _, bad := range found.bad {
		trailers = append(trailers, gitrepo.Trailer{Key: trailerRolled, Value: r.Component + " " + bad})
	}
	if r.Hold {
		trailers = append(trailers, gitrepo.Trailer{Key: trailerHold, Value: r.Component})
	}
	outcome.describe(
		fmt.Sprintf("revert: roll %s in %s back to %s", r.Component, r.Environment, version(found.target)),
		map[string]kustomize.Image{r.Component: found.now},
		append(trailers,
			gitrepo.Trailer{Key: trailerSource, Value: SourceOf(found.target)},
			gitrepo.Trailer{Key: trailerReason, Value: oneLine(r.Reason)},
			gitrepo.Trailer{Key: trailerRun, Value: r.Run})...)
	return outcome, nil
}

// way is where a rollback goes: from what runs to what is to run, and past what is
// taken back on the way.
type way struct {
	now, target kustomize.Image
	bad         []string
}

// find looks for the way in the history.
func (r *Rollback) find(ctx context.Context, dir string) (w way, err error) {
	pins, err := kustomize.Pins(dir, r.Environment)
	if err != nil {
		return w, err
	}
	var running bool
	if w.now, running = pins[r.Component]; !running {
		return w, fmt.Errorf("%s pins no image of that name. Correct the name", r.Environment)
	}
	ran, err := History(ctx, dir, r.Environment, r.Component)
	if err != nil {
		return w, err
	}
	past, err := remember(ctx, dir, r.Environment)
	if err != nil {
		return w, err
	}
	if r.began == (kustomize.Image{}) {
		r.began = w.now
	}
	since := slices.IndexFunc(ran, func(p Pin) bool { return p.Image == r.began })
	if w.target, err = r.target(w.now, ran, since, past.takenBack(ran, r.Component)); err != nil {
		return w, err
	}
	w.bad = []string{w.now.Reference()}
	for _, p := range ran[:since+1] {
		if bad := p.Image.Reference(); runs(p.Image) && p.Image != w.target && !slices.Contains(w.bad, bad) {
			w.bad = append(w.bad, bad)
		}
	}
	return w, nil
}

// target is the pin to go back to, among those that ran before the rollback began.
func (r *Rollback) target(now kustomize.Image, ran []Pin, since int, taken map[string]bool) (kustomize.Image, error) {
	for i, p := range ran {
		switch {
		case !runs(p.Image) || p.Image == r.began:
		case r.To != "" && matches(p.Image, r.To):
			return p.Image, nil
		case r.To == "" && i > since && !taken[p.Image.Reference()] && fixed(p.Image):
			return p.Image, nil
		}
	}
	if r.To != "" {
		return now, fmt.Errorf("%w: %q is none of the %d that ran. Look them up with history", ErrNoEarlier, r.To, len(ran))
	}
	return now, fmt.Errorf("%w: of the %d that ran, every other one was rolled back, or has a tag that moves. Name one with --to", ErrNoEarlier, len(ran))
}

// runs tells whether a pin is of an image: there may have been none.
func runs(image kustomize.Image) bool { return image.NewTag+image.Digest != "" }

// fixed tells whether a pin means the same image today as it did then.
func fixed(image kustomize.Image) bool { return image.Digest != "" || SourceOf(image) != "" }

func matches(image kustomize.Image, to string) bool {
	return strings.HasPrefix(image.NewTag, to) || strings.HasPrefix(image.Digest, to) || strings.HasPrefix(image.Digest, "sha256:"+to)
}

func version(image kustomize.Image) string {
	if image.NewTag != "" {
		return image.NewTag
	}
	return image.Digest
}
