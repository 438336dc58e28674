package gitops

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/pingvas/pingvas-ci/ci/internal/gitrepo"
	"github.com/pingvas/pingvas-ci/ci/internal/kustomize"
)

// Rollback makes an environment run what it ran of one component before. The
// other components stay as they are, whoever changed them meanwhile.
type Rollback struct {
	Environment, Component string
	// To names the pin to go back to, by its tag, its digest, its source commit
	// or the beginning of one of these. Empty is the previous good one: not what
	// runs, and not what an earlier rollback took back.
	To string
	// Reason is recorded in the commit; it may be empty.
	Reason string
	// Run is the address of the run; it may be empty.
	Run string
}

// ErrNoEarlier says that the history has nothing to go back to.
var ErrNoEarlier = errors.New("there is no earlier pin to go back to")

// Target is the environment that is rolled back.
func (r Rollback) Target() string { return r.Environment }

// Starts is true for the component: it goes back from what runs.
func (r Rollback) Starts(component string) bool { return component == r.Component }

// Apply finds the earlier pin and writes it back.
func (r Rollback) Apply(ctx context.Context, dir string) (Outcome, error) {
	now, target, err := r.find(ctx, dir)
	if err != nil {
		return Outcome{}, fmt.Errorf("roll back %s in %s: %w", r.Component, r.Environment, err)
	}
	outcome, err := pin(ctx, dir, r.Environment, []kustomize.Image{target})
	if err != nil {
		return Outcome{}, fmt.Errorf("roll back %s in %s: %w", r.Component, r.Environment, err)
	}
	outcome.describe(
		fmt.Sprintf("revert: roll %s in %s back to %s", r.Component, r.Environment, version(target)),
		map[string]kustomize.Image{r.Component: now},
		gitrepo.Trailer{Key: trailerRolled, Value: r.Component + " " + now.Reference()},
		gitrepo.Trailer{Key: trailerSource, Value: SourceOf(target)},
		gitrepo.Trailer{Key: trailerReason, Value: oneLine(r.Reason)},
		gitrepo.Trailer{Key: trailerRun, Value: r.Run})
	return outcome, nil
}

// find returns what runs, and what is to run.
func (r Rollback) find(ctx context.Context, dir string) (now, target kustomize.Image, err error) {
	pins, err := kustomize.Pins(dir, r.Environment)
	if err != nil {
		return now, target, err
	}
	now, running := pins[r.Component]
	if !running {
		return now, target, fmt.Errorf("%s pins no image of that name. Correct the name", r.Environment)
	}
	ran, err := History(ctx, dir, r.Environment, r.Component)
	if err != nil {
		return now, target, err
	}
	taken := takenBack(ran, r.Component)
	for _, p := range ran {
		switch {
		case p.Image == now || p.Image.NewTag+p.Image.Digest == "":
		case r.To != "" && matches(p.Image, r.To):
			return now, p.Image, nil
		case r.To == "" && !taken[p.Image.Reference()] && fixed(p.Image):
			return now, p.Image, nil
		}
	}
	if r.To != "" {
		return now, target, fmt.Errorf("%w: %q is none of the %d that ran. Look them up with history", ErrNoEarlier, r.To, len(ran))
	}
	return now, target, fmt.Errorf("%w: of the %d that ran, every other one was rolled back, or has a tag that moves. Name one with --to", ErrNoEarlier, len(ran))
}

// takenBack are the references that a rollback replaced, and that nobody has
// brought back since.
func takenBack(ran []Pin, component string) map[string]bool {
	taken := map[string]bool{}
	for i := len(ran) - 1; i >= 0; i-- {
		if bad := rolledBack(ran[i].Commit, component); bad != "" {
			taken[bad] = true
			continue
		}
		delete(taken, ran[i].Image.Reference())
	}
	return taken
}

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
