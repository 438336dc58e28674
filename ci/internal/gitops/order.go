package gitops

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"time"

	"github.com/pingvas/pingvas-ci/ci/internal/gitrepo"
	"github.com/pingvas/pingvas-ci/ci/internal/kustomize"
)

// Order tells which of two builds is the newer, so that a slow run does not
// replace what a later one delivered meanwhile.
type Order struct {
	// Source is a clone of the application repository; empty asks the trailers
	// of the GitOps repository alone.
	Source string
	// Time is when the commit to be delivered was made; zero is unknown.
	Time time.Time
	// Force lets an older build replace a newer one, and what was rolled back run
	// again.
	Force bool
	// Differs tells whether what is delivered is made of other files than a commit
	// has for the component; nil where the source is not known.
	Differs func(ctx context.Context, component, commit string) (bool, error)
}

// choice is what of the images is to be pinned, and what is to be said.
type choice struct {
	wanted      []kustomize.Image
	kept, notes []string
}

// newer splits the images: those to be pinned, and the reasons why the others
// stay as they are. Inputs are the hashes of what they are made of, by their names.
func (o Order) newer(ctx context.Context, dir, environment string, before map[string]kustomize.Image, images []kustomize.Image, inputs map[string]string) (c choice, err error) {
	if o.Force {
		return choice{wanted: images}, nil
	}
	past, err := remember(ctx, dir, environment)
	if err != nil {
		return c, err
	}
	for _, image := range images {
		now := before[image.Name]
		if now == image {
			c.wanted = append(c.wanted, image)
			continue
		}
		verdict, err := o.judge(ctx, past, environment, now, image, inputs[image.Name])
		if err != nil {
			return c, fmt.Errorf("compare %s with the running %s: %w", image.Reference(), now.NewTag, err)
		}
		if verdict.kept != "" {
			c.kept = append(c.kept, fmt.Sprintf("%s stays at %s: %s", image.Name, version(now), verdict.kept))
			continue
		}
		c.wanted = append(c.wanted, image)
		if verdict.note != "" {
			c.notes = append(c.notes, verdict.note)
		}
	}
	return c, nil
}

// judge says whether an image may replace the one that runs.
func (o Order) judge(ctx context.Context, past memory, environment string, now, image kustomize.Image, inputs string) (judged, error) {
	verdict, err := o.held(ctx, past, image, inputs)
	if err != nil || verdict.kept != "" {
		return verdict, err
	}
	verdict.kept, err = o.older(ctx, past.dir, environment, now, image)
	return verdict, err
}

// older returns why the image is older than the one that runs, or "". The
// history of the source decides. Where it does not know the running commit,
// which is so when that is newer than the clone, the recorded times do; and
// where there are none, that the image ran before and was replaced.
func (o Order) older(ctx context.Context, dir, environment string, now, image kustomize.Image) (string, error) {
	running, built := SourceOf(now), SourceOf(image)
	if running == built {
		return "", nil
	}
	if o.Source != "" && running != "" && built != "" {
		older, err := gitrepo.IsAncestor(ctx, o.Source, built, running)
		switch {
		case err == nil && older:
			return fmt.Sprintf("commit %s is an ancestor of it", short(built)), nil
		case err == nil:
			return "", nil
		case !errors.Is(err, gitrepo.ErrNoCommit) && !errors.Is(err, gitrepo.ErrShallow):
			return "", err
		}
	}
	if !hasHistory(dir) {
		return "", nil
	}
	ran, err := History(ctx, dir, environment, image.Name)
	if err != nil {
		return "", err
	}
	return o.olderThan(ran, now, image), nil
}

func (o Order) olderThan(ran []Pin, now, image kustomize.Image) string {
	for _, p := range ran {
		if p.Image != now {
			continue
		}
		if at, known := timed(p); known && !o.Time.IsZero() {
			if o.Time.Before(at) {
				return fmt.Sprintf("its commit is of %s, the image's of %s", stamp(at), stamp(o.Time))
			}
			return ""
		}
		break
	}
	for _, p := range ran {
		if p.Image == image {
			return fmt.Sprintf("%s ran before, and was replaced", image.NewTag)
		}
	}
	return ""
}

// timed is when the commit was made that a pin's image is of, as was recorded.
func timed(p Pin) (time.Time, bool) {
	at, err := time.Parse(time.RFC3339, p.Commit.Trailer(trailerTime))
	return at, err == nil && sets(p.Commit, p.Image)
}

func hasHistory(dir string) bool {
	info, err := os.Stat(filepath.Join(dir, ".git"))
	return err == nil && info.IsDir()
}

var commitTag = regexp.MustCompile(`^([0-9a-f]{7,64})(-[a-z0-9]+)?$`)

// SourceOf returns the source commit that an image's tag names, or "": tags are
// a commit, for CUDA with -cuda behind it.
func SourceOf(image kustomize.Image) string {
	if match := commitTag.FindStringSubmatch(image.NewTag); match != nil {
		return match[1]
	}
	return ""
}

func short(commit string) string { return strings.TrimSpace(commit[:min(len(commit), 12)]) }
