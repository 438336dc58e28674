// Package gitops changes what an environment runs, and tells what it ran: Bump,
// Promotion and Rollback are operations on a checkout of the GitOps repository,
// History is what an environment ran of a component, and Compare is the
// difference between two checkouts, as rendered.
//
// An operation writes files and describes the commit to be made of them. It is
// applied to a clone by gitrepo.Update, again whenever somebody else was
// faster, or to a directory whose changes are looked at.
package gitops

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/pingvas/pingvas-ci/ci/internal/gitrepo"
	"github.com/pingvas/pingvas-ci/ci/internal/kustomize"
)

// Operation edits a checkout.
type Operation interface {
	// Apply edits the checkout in dir. It decides from what it finds there.
	Apply(ctx context.Context, dir string) (Outcome, error)
	// Target is the environment that it changes.
	Target() string
	// Starts tells whether it starts from what a component runs, and not from
	// what waits for its review.
	Starts(component string) bool
}

// Outcome is what an operation did. Without Files there was nothing to do.
type Outcome struct {
	// Change has the files, and describes the commit.
	gitrepo.Change
	// Diff is the difference of the rendered manifests, for people.
	Diff string
	// Images are those whose pins changed.
	Images []kustomize.Image
	// Kept are images that were left as they are, each with the reason.
	Kept []string
	// Left are those of them that cannot be run as the manifests are.
	Left []string
	// Notes say what else is to be known of the images that changed.
	Notes []string
}

// The trailers that operations write and History reads.
const (
	trailerSource   = "Source-Commit"
	trailerTime     = "Source-Time"
	trailerRun      = "Run"
	trailerDigest   = "Image-Digest"
	trailerPromoted = "Promoted-From"
	trailerRolled   = "Rolled-Back"
	trailerReason   = "Reason"
	trailerScan     = "Scan"
	trailerFindings = "Findings"
	trailerKept     = "Kept"
	trailerNote     = "Note"
	trailerHold     = "Hold"
	trailerLifted   = "Hold-Lifted"
	trailerInputs   = "Image-Inputs"
)

// pin makes the environment use those of the images that it can, as far as it does
// not yet, and says why of the others. Beside is where images belong that have not
// the name of a service.
func pin(ctx context.Context, dir, environment string, images []kustomize.Image, beside map[string]string) (Outcome, error) {
	if len(images) == 0 {
		return Outcome{}, nil
	}
	pins, err := kustomize.Pins(dir, environment)
	if err != nil {
		return Outcome{}, err
	}
	change, left, err := kustomize.BumpEach(ctx, dir, environment, images, beside)
	if err != nil {
		return Outcome{}, err
	}
	outcome := Outcome{Change: gitrepo.Change{Files: change.Files}, Diff: change.Diff, Notes: change.Notes}
	for _, image := range images {
		if why := left[image.Name]; why != nil {
			outcome.Left = append(outcome.Left, fmt.Sprintf("%s is left out: %s", image.Name, oneLine(why.Error())))
		} else if pins[image.Name] != image {
			outcome.Images = append(outcome.Images, image)
		}
	}
	outcome.Kept = slices.Clone(outcome.Left)
	if len(left) == len(images) {
		return outcome, fmt.Errorf("update the images of %s: %w", environment, left)
	}
	return outcome, nil
}

// chosen adds what is said of the images by what ran before.
func (o *Outcome) chosen(c choice) {
	o.Kept = append(c.kept, o.Kept...)
	for _, note := range c.notes {
		name, _, _ := strings.Cut(note, " ")
		if slices.ContainsFunc(o.Images, func(i kustomize.Image) bool { return i.Name == name }) {
			o.Notes = append(o.Notes, note)
		}
	}
}

// describe says what changed, line by line, and records it for machines.
func (o *Outcome) describe(subject string, before map[string]kustomize.Image, trailers ...gitrepo.Trailer) {
	o.Subject = subject
	var lines []string
	for _, image := range o.Images {
		old := before[image.Name].NewTag
		if old == "" {
			old = "nothing"
		}
		lines = append(lines, fmt.Sprintf("%s: %s -> %s", image.Name, old, image.NewTag))
	}
	o.Body = strings.Join(lines, "\n")
	for _, t := range trailers {
		if t.Value != "" {
			o.Trailers = append(o.Trailers, t)
		}
	}
	for _, image := range o.Images {
		if image.Digest != "" {
			o.Trailers = append(o.Trailers, gitrepo.Trailer{Key: trailerDigest, Value: image.Name + "@" + image.Digest})
		}
	}
	for _, kept := range o.Kept {
		o.Trailers = append(o.Trailers, gitrepo.Trailer{Key: trailerKept, Value: oneLine(kept)})
	}
	for _, note := range o.Notes {
		o.Trailers = append(o.Trailers, gitrepo.Trailer{Key: trailerNote, Value: oneLine(note)})
	}
}

// oneLine is a text as a trailer can have it.
func oneLine(text string) string { return strings.Join(strings.Fields(text), " ") }
