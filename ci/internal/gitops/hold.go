package gitops

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/pingvas/pingvas-ci/ci/internal/gitrepo"
	"github.com/pingvas/pingvas-ci/ci/internal/kustomize"
	"github.com/pingvas/pingvas-ci/ci/internal/names"
	"github.com/pingvas/pingvas-ci/ci/internal/plain"
)

// Hold is an image that a rollback took back. As long as nothing has replaced what
// the rollback brought, no run delivers that image again, nor one of an ancestor of
// its commit, nor one that is made of the same files.
type Hold struct {
	Component string
	// Image is the reference that was taken back.
	Image string
	// Rollback is the commit that did so.
	Rollback gitrepo.Commit
	// Waits tells that nothing at all replaces what runs before a person says so.
	Waits bool
}

// Tag is what the image was tagged with, or else its reference.
func (h Hold) Tag() string { return version(h.image()) }

// Commit is the source commit that the image was built from, or "".
func (h Hold) Commit() string { return SourceOf(h.image()) }

func (h Hold) image() kustomize.Image { return imageOf(h.Component, h.Image) }

// String says what is held, since when and why, and what ends it.
func (h Hold) String() string {
	text := fmt.Sprintf("%s was rolled back on %s", plain.Line(h.Tag()), h.Rollback.Time.Format(time.DateOnly))
	if reason := plain.Line(h.Rollback.Trailer(trailerReason)); reason != "" {
		text += fmt.Sprintf(" (%s)", reason)
	}
	if h.Waits {
		return text + ", and nothing replaces what runs before a person says so. Say so with lift-hold, or with --force"
	}
	return text
}

// holds are the images of a component that are held, by its pins, newest first:
// what the rollbacks took back that nothing but a rollback has followed. One that
// brings such an image back ends its hold.
func (m memory) holds(ran []Pin, component string) (held []Hold) {
	followed := slices.IndexFunc(ran, func(p Pin) bool { return len(rolledBack(p.Commit, component)) == 0 })
	if followed < 0 {
		followed = len(ran)
	}
	for _, p := range slices.Backward(ran[:followed]) {
		again := func(h Hold) bool { return h.Image == p.Image.Reference() }
		if slices.ContainsFunc(held, again) {
			held = slices.DeleteFunc(held, again)
			continue
		}
		if m.lifted[component+" "+p.Commit.Hash] {
			continue
		}
		for _, bad := range rolledBack(p.Commit, component) {
			held = append(held, Hold{component, bad, p.Commit, says(p.Commit, trailerHold, component)})
		}
	}
	return held
}

// takenBack are the references that rollbacks took back, and that nobody has
// brought back since.
func (m memory) takenBack(ran []Pin, component string) map[string]bool {
	taken := map[string]bool{}
	for _, p := range slices.Backward(ran) {
		if !m.lifted[component+" "+p.Commit.Hash] && !taken[p.Image.Reference()] {
			for _, bad := range rolledBack(p.Commit, component) {
				taken[bad] = true
			}
		}
		delete(taken, p.Image.Reference())
	}
	return taken
}

// memory is what an environment's history tells of rollbacks.
type memory struct {
	dir, overlay string
	commits      []gitrepo.Commit
	// lifted has each component and rollback of which a person said that it holds
	// nothing any more.
	lifted map[string]bool
}

// remember reads the memory of an environment; a directory without history has none.
func remember(ctx context.Context, dir, environment string) (m memory, err error) {
	if err := names.Environment(environment); err != nil {
		return m, err
	}
	m = memory{dir: dir, overlay: "apps/overlays/" + environment, lifted: map[string]bool{}}
	if !hasHistory(dir) {
		return m, nil
	}
	if m.commits, err = gitrepo.Log(ctx, dir, m.overlay); err != nil || len(m.rolled()) == 0 {
		return m, err
	}
	said, err := gitrepo.Said(ctx, dir, trailerLifted+": ")
	for _, line := range said {
		m.lifted[strings.TrimPrefix(line, trailerLifted+": ")] = true
	}
	return m, err
}

// rolled are the components that were ever rolled back, sorted.
func (m memory) rolled() (components []string) {
	for _, c := range m.commits {
		for _, t := range c.Trailers {
			if name, _, _ := strings.Cut(t.Value, " "); strings.EqualFold(t.Key, trailerRolled) {
				components = append(components, name)
			}
		}
	}
	slices.Sort(components)
	return slices.Compact(components)
}

// ran are a component's pins, newest first; none where no rollback is remembered.
func (m memory) ran(ctx context.Context, component string) ([]Pin, error) {
	if !slices.Contains(m.rolled(), component) {
		return nil, nil
	}
	return pinsOf(ctx, m.dir, m.overlay, component, m.commits)
}

// Holds are the images that an environment does not run again by itself, by
// component, as Tags has the names.
func Holds(ctx context.Context, dir, environment string) (map[string][]Hold, error) {
	m, err := remember(ctx, dir, environment)
	if err != nil {
		return nil, err
	}
	all := map[string][]Hold{}
	for _, component := range m.rolled() {
		ran, err := m.ran(ctx, component)
		if err != nil {
			return nil, err
		}
		if held := m.holds(ran, component); len(held) > 0 {
			all[component] = held
		}
	}
	byLastPart(all)
	return all, nil
}

// Keeps is why a run leaves a component as it is that some images are held of, or
// "": a person is waited for, or the source has the very files that were rolled
// back. Differs tells whether it has others than a commit.
func Keeps(ctx context.Context, held []Hold, differs func(ctx context.Context, component, commit string) (bool, error)) (string, error) {
	for _, h := range held {
		if h.Waits {
			return h.String(), nil
		}
		if h.Commit() == "" {
			continue
		}
		differs, err := differs(ctx, h.Component, h.Commit())
		switch {
		case errors.Is(err, gitrepo.ErrNoCommit) || errors.Is(err, gitrepo.ErrShallow):
			continue // What the image is made of decides.
		case err != nil:
			return "", fmt.Errorf("compare %s with what was rolled back: %w", h.Component, err)
		case !differs:
			return fmt.Sprintf("%s. Nothing of it has changed since, so it is not delivered: mend it, or lift the hold with lift-hold", h), nil
		}
	}
	return "", nil
}

// judged is what the holds say of an image.
type judged struct {
	// kept is why it is not delivered, or "".
	kept string
	// note says that it replaces what a rollback brought, or is "".
	note string
}

// held judges an image by what was rolled back: what it is made of decides, where
// it is neither what was taken back nor older.
func (o Order) held(ctx context.Context, m memory, image kustomize.Image, inputs string) (judged, error) {
	ran, err := m.ran(ctx, image.Name)
	if err != nil || len(ran) == 0 {
		return judged{}, err
	}
	for bad := range m.takenBack(ran, image.Name) {
		if sameBuild(imageOf(image.Name, bad), image) {
			return judged{kept: fmt.Sprintf("%s was rolled back, and nobody has brought it back. Do so with --force, or rollback --to", version(image))}, nil
		}
	}
	holds := m.holds(ran, image.Name)
	for _, h := range holds {
		why, err := o.keptBy(ctx, m, h, ran, image, inputs)
		if err != nil || why != "" {
			return judged{kept: why}, err
		}
	}
	if len(holds) == 0 {
		return judged{}, nil
	}
	return judged{note: fmt.Sprintf("%s %s replaces what a rollback brought: it is made of other files than %s", image.Name, version(image), holds[len(holds)-1])}, nil
}

// keptBy is why a hold keeps an image out, or "".
func (o Order) keptBy(ctx context.Context, m memory, h Hold, ran []Pin, image kustomize.Image, inputs string) (string, error) {
	if h.Waits {
		return h.String(), nil
	}
	older, err := o.before(ctx, image, h, ran)
	if err != nil {
		return "", err
	}
	if older {
		return fmt.Sprintf("%s is older than what was taken back: %s", version(image), h), nil
	}
	was, err := m.inputs(ctx, h.image())
	if err != nil {
		return "", err
	}
	if inputs == "" {
		if inputs, err = m.inputs(ctx, image); err != nil {
			return "", err
		}
	}
	switch {
	case was != "" && inputs != "" && was == inputs:
		return fmt.Sprintf("%s is made of the same files: %s", version(image), h), nil
	case was != "" && inputs != "":
		return "", nil
	case o.Differs != nil && h.Commit() != "":
		differs, err := o.Differs(ctx, image.Name, h.Commit())
		switch {
		case err == nil && differs:
			return "", nil
		case err == nil:
			return fmt.Sprintf("%s is made of the same files: %s", version(image), h), nil
		case !errors.Is(err, gitrepo.ErrNoCommit) && !errors.Is(err, gitrepo.ErrShallow):
			return "", err
		}
	}
	return fmt.Sprintf("nothing tells whether %s is made of other files: %s. Say with --force that it may run, or lift the hold with lift-hold", version(image), h), nil
}

// before tells whether an image is of an ancestor of what was taken back, or of an
// earlier time where the source's history is not known.
func (o Order) before(ctx context.Context, image kustomize.Image, h Hold, ran []Pin) (bool, error) {
	built := SourceOf(image)
	if o.Source != "" && built != "" && h.Commit() != "" {
		older, err := gitrepo.IsAncestor(ctx, o.Source, built, h.Commit())
		if err == nil || !errors.Is(err, gitrepo.ErrNoCommit) && !errors.Is(err, gitrepo.ErrShallow) {
			return older, err
		}
	}
	for _, p := range ran {
		if at, known := timed(p); known && p.Image.Reference() == h.Image {
			return !o.Time.IsZero() && o.Time.Before(at), nil
		}
	}
	return false, nil
}

// inputs is the hash of what an image was made of, as the commit of any environment
// recorded it, or "".
func (m memory) inputs(ctx context.Context, image kustomize.Image) (string, error) {
	if image.Digest == "" || !hasHistory(m.dir) {
		return "", nil
	}
	beginning := trailerInputs + ": " + image.Name + "@" + image.Digest + " "
	said, err := gitrepo.Said(ctx, m.dir, beginning)
	if err != nil || len(said) == 0 {
		return "", err
	}
	return strings.TrimPrefix(said[0], beginning), nil
}

// rolledBack are the references of a component that a commit took back.
func rolledBack(c gitrepo.Commit, component string) (references []string) {
	for _, t := range c.Trailers {
		if name, reference, _ := strings.Cut(t.Value, " "); strings.EqualFold(t.Key, trailerRolled) && name == component {
			references = append(references, reference)
		}
	}
	return references
}

// says tells whether a commit has a trailer with a value.
func says(c gitrepo.Commit, key, value string) bool {
	return slices.ContainsFunc(c.Trailers, func(t gitrepo.Trailer) bool { return strings.EqualFold(t.Key, key) && t.Value == value })
}

// imageOf reads a component's reference as Rolled-Back has it.
func imageOf(component, reference string) kustomize.Image {
	named, digest, _ := strings.Cut(reference, "@")
	image := kustomize.Image{Name: component, NewName: named, Digest: digest}
	if at := strings.LastIndex(named, ":"); at >= 0 && !strings.Contains(named[at:], "/") {
		image.NewName, image.NewTag = named[:at], named[at+1:]
	}
	return image
}

// sameBuild tells whether two images are one, or of one commit.
func sameBuild(a, b kustomize.Image) bool {
	return a.Digest != "" && a.Digest == b.Digest || SourceOf(a) != "" && SourceOf(a) == SourceOf(b)
}

// Lift says that a person lets the images be delivered again that rollbacks of a
// component took back.
type Lift struct {
	Environment, Component string
	// Reason is recorded in the commit; it may be empty.
	Reason string
	// Run is the address of the run; it may be empty.
	Run string
}

// Target is the environment whose hold is lifted.
func (l Lift) Target() string { return l.Environment }

// Starts is false: a word changes nothing that waits.
func (l Lift) Starts(string) bool { return false }

// Apply describes a commit without files: what runs stays as it is.
func (l Lift) Apply(ctx context.Context, dir string) (Outcome, error) {
	fail := func(err error) (Outcome, error) {
		return Outcome{}, fmt.Errorf("lift the hold of %s in %s: %w", l.Component, l.Environment, err)
	}
	m, err := remember(ctx, dir, l.Environment)
	if err != nil {
		return fail(err)
	}
	ran, err := m.ran(ctx, l.Component)
	if err != nil {
		return fail(err)
	}
	held := m.holds(ran, l.Component)
	if len(held) == 0 {
		return Outcome{Kept: []string{fmt.Sprintf("nothing of %s is held in %s", l.Component, l.Environment)}}, nil
	}
	outcome := Outcome{}
	outcome.Word = true
	var lifted []gitrepo.Trailer
	for _, h := range held {
		outcome.Notes = append(outcome.Notes, fmt.Sprintf("%s %s may be delivered again: its hold is lifted", l.Component, h.Tag()))
		t := gitrepo.Trailer{Key: trailerLifted, Value: l.Component + " " + h.Rollback.Hash}
		if !slices.Contains(lifted, t) {
			lifted = append(lifted, t)
		}
	}
	outcome.describe(fmt.Sprintf("chore: lift the hold of %s in %s", l.Component, l.Environment), nil,
		append(lifted, gitrepo.Trailer{Key: trailerReason, Value: oneLine(l.Reason)}, gitrepo.Trailer{Key: trailerRun, Value: l.Run})...)
	return outcome, nil
}
