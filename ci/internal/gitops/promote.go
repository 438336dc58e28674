package gitops

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"

	"github.com/pingvas/pingvas-ci/ci/internal/gitrepo"
	"github.com/pingvas/pingvas-ci/ci/internal/kustomize"
)

// Promotion makes an environment run what another one runs, by the same
// digests: nothing is built.
type Promotion struct {
	From, To string
	// Components are those to promote; none is all that both environments have: of
	// the others it is said why they are left out.
	Components []string
	// Run is the address of the run; it may be empty.
	Run string
	// Order keeps a newer build from being replaced by an older one.
	Order Order
}

// Target is the environment that is promoted to.
func (p Promotion) Target() string { return p.To }

// Starts is false: an older image does not replace a newer one that waits.
func (p Promotion) Starts(string) bool { return false }

// Apply copies the pins.
func (p Promotion) Apply(ctx context.Context, dir string) (Outcome, error) {
	fail := func(err error) (Outcome, error) {
		return Outcome{}, fmt.Errorf("promote %s to %s: %w", p.From, p.To, err)
	}
	if p.From == p.To {
		return fail(fmt.Errorf("they are the same. Name two environments"))
	}
	before, err := kustomize.Pins(dir, p.To)
	if err != nil {
		return fail(err)
	}
	images, moving, err := p.images(dir)
	if err != nil {
		return fail(err)
	}
	chosen, err := p.Order.newer(ctx, dir, p.To, before, images, nil)
	if err != nil {
		return fail(err)
	}
	beside, err := kustomize.Folders(dir, p.From)
	if err != nil {
		return fail(err)
	}
	outcome, err := pin(ctx, dir, p.To, chosen.wanted, beside)
	if err != nil && (len(outcome.Left) == 0 || len(p.Components) > 0) {
		return fail(err)
	}
	chosen.kept = append(chosen.kept, moving...)
	outcome.chosen(chosen)
	subject := fmt.Sprintf("chore: promote %s to %s", p.From, p.To)
	if len(outcome.Images) == 1 {
		subject = fmt.Sprintf("chore: promote %s from %s to %s", outcome.Images[0].Name, p.From, p.To)
	}
	outcome.describe(subject, before,
		gitrepo.Trailer{Key: trailerPromoted, Value: p.From},
		gitrepo.Trailer{Key: trailerSource, Value: oneSource(outcome.Images)},
		gitrepo.Trailer{Key: trailerRun, Value: p.Run})
	return outcome, nil
}

// images are the pins to copy, and why others are not among them: a tag that
// moves could be another image tomorrow.
func (p Promotion) images(dir string) (images []kustomize.Image, moving []string, err error) {
	pins, err := kustomize.Pins(dir, p.From)
	if err != nil {
		return nil, nil, err
	}
	chosen := p.Components
	if len(chosen) == 0 {
		chosen = slices.Sorted(maps.Keys(pins))
	}
	for _, name := range chosen {
		image, known := pins[name]
		switch {
		case !known:
			return nil, nil, fmt.Errorf("%s pins no image %q. Name one of those that it pins", p.From, name)
		case image.Digest != "":
			images = append(images, image)
		case len(p.Components) > 0:
			return nil, nil, fmt.Errorf("%s runs %s without a digest, which can be another image tomorrow. Deliver it to %s first", p.From, image.Reference(), p.From)
		default:
			moving = append(moving, fmt.Sprintf("%s stays: %s runs it as %s, without a digest", name, p.From, cmp.Or(image.NewTag, image.Reference())))
		}
	}
	return images, moving, nil
}

// oneSource is the commit that all the images were built from, or "" when they
// are of several: their tags say it then.
func oneSource(images []kustomize.Image) string {
	commit := ""
	for i, image := range images {
		if i > 0 && SourceOf(image) != commit {
			return ""
		}
		commit = SourceOf(image)
	}
	return commit
}
