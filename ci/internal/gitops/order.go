package gitops

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
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
	// Force lets an older build replace a newer one.
	Force bool
}

// newer splits the images: those to be pinned, and the reasons why the others
// stay as they are.
func (o Order) newer(ctx context.Context, dir, environment string, before map[string]kustomize.Image, images []kustomize.Image) (wanted []kustomize.Image, kept []string, err error) {
	for _, image := range images {
		reason := ""
		if now := before[image.Name]; now != image && !o.Force {
			if reason, err = o.older(ctx, dir, environment, now, image); err != nil {
				return nil, nil, fmt.Errorf("compare %s with the running %s: %w", image.Reference(), now.NewTag, err)
			}
		}
		if reason != "" {
			kept = append(kept, fmt.Sprintf("%s stays at %s: %s", image.Name, before[image.Name].NewTag, reason))
			continue
		}
		wanted = append(wanted, image)
	}
	return wanted, kept, nil
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
		at, err := time.Parse(time.RFC3339, p.Commit.Trailer(trailerTime))
		if err == nil && !o.Time.IsZero() && sets(p.Commit, p.Image) {
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

func hasHistory(dir string) bool {
	_, err := os.Stat(filepath.Join(dir, ".git"))
	return !errors.Is(err, fs.ErrNotExist)
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
