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
)

// Topic is the branch on which an environment's changes wait for their review.
func Topic(environment string) string { return "pingvas-ci/" + environment }

// Pending are the pins that wait on a topic branch, of which dir is a checkout:
// what its last commit changed. Images maps each to what it replaces.
func Pending(ctx context.Context, dir, environment string) (waiting []Waiting, err error) {
	before, err := os.MkdirTemp("", "pending-*")
	if err != nil {
		return nil, fmt.Errorf("read what waits for review: %w", err)
	}
	defer func() { err = errors.Join(err, os.RemoveAll(before)) }()
	base := filepath.Join(before, "base")
	if err := os.Mkdir(base, 0o700); err != nil {
		return nil, fmt.Errorf("read what waits for review: %w", err)
	}
	if err := gitrepo.Extract(ctx, dir, "HEAD~1", base); err != nil {
		return nil, fmt.Errorf("read what waits for review: %w", err)
	}
	was, err := kustomize.Pins(base, environment)
	if err != nil {
		return nil, fmt.Errorf("read what waits for review: %w", err)
	}
	is, err := kustomize.Pins(dir, environment)
	if err != nil {
		return nil, fmt.Errorf("read what waits for review: %w", err)
	}
	for name, image := range is {
		if was[name] != image {
			waiting = append(waiting, Waiting{Image: image, Replaces: was[name]})
		}
	}
	return waiting, nil
}

// Waiting is a pin that waits for review.
type Waiting struct{ Image, Replaces kustomize.Image }

// WithWaiting is an operation and what waits for the same review: one pull
// request has both. What was changed on the branch meanwhile, or is changed by
// the operation itself, no longer waits.
type WithWaiting struct {
	Operation
	Waiting []Waiting
}

// Apply applies the operation, and then what waits.
func (w WithWaiting) Apply(ctx context.Context, dir string) (Outcome, error) {
	before, err := kustomize.Pins(dir, w.Target())
	if err != nil {
		return Outcome{}, err
	}
	outcome, err := w.Operation.Apply(ctx, dir)
	if err != nil {
		return Outcome{}, err
	}
	changed := map[string]bool{}
	for _, image := range outcome.Images {
		changed[image.Name] = true
	}
	var images []kustomize.Image
	for _, x := range w.Waiting {
		if !changed[x.Image.Name] && before[x.Image.Name] == x.Replaces {
			images = append(images, x.Image)
		}
	}
	more, err := pin(dir, w.Target(), images)
	if err != nil {
		return Outcome{}, fmt.Errorf("take along what waits for review: %w", err)
	}
	return outcome.with(more, before), nil
}

// with adds what another outcome changed.
func (o Outcome) with(more Outcome, before map[string]kustomize.Image) Outcome {
	if len(more.Files) == 0 {
		return o
	}
	more.describe("chore: what waits for review", before)
	if len(o.Files) == 0 {
		more.Kept = o.Kept
		return more
	}
	for _, file := range more.Files {
		if !slices.Contains(o.Files, file) {
			o.Files = append(o.Files, file)
		}
	}
	o.Diff += more.Diff
	o.Images = append(o.Images, more.Images...)
	o.Body = strings.TrimSpace(o.Body + "\n" + more.Body)
	o.Trailers = append(o.Trailers, more.Trailers...)
	return o
}

// most is a little less than what GitHub takes as a pull request's body.
const most = 60000

// Review is the body of a pull request for an outcome: what changes, what was
// found in the images, the rendered difference, and where it comes from.
func Review(o Outcome, environment, run string, notes map[string]string) string {
	var text strings.Builder
	fmt.Fprintf(&text, "Merging this changes what **%s** runs. Argo CD deploys it from the merged commit.\n\n", environment)
	text.WriteString("| Component | Tag | Digest | Scan |\n|---|---|---|---|\n")
	for _, image := range o.Images {
		fmt.Fprintf(&text, "| %s | `%s` | `%s` | %s |\n", image.Name, image.NewTag, image.Digest, orDash(notes[image.Name]))
	}
	for _, kept := range o.Kept {
		fmt.Fprintf(&text, "\n- %s", kept)
	}
	if run != "" {
		fmt.Fprintf(&text, "\n\nRun: %s\n", run)
	}
	diff := o.Diff
	if len(diff) > most {
		diff = diff[:strings.LastIndex(diff[:most], "\n")+1] + "(cut: see the commit for the rest)\n"
	}
	fmt.Fprintf(&text, "\n<details><summary>Rendered manifests</summary>\n\n````diff\n%s````\n\n</details>\n", diff)
	return text.String()
}

func orDash(text string) string {
	if text == "" {
		return "–"
	}
	return strings.ReplaceAll(text, "|", `\|`)
}
