package gitops

import (
	"context"
	"fmt"
	"path"
	"slices"

	"sigs.k8s.io/kustomize/api/konfig"

	"github.com/pingvas/pingvas-ci/ci/internal/gitrepo"
	"github.com/pingvas/pingvas-ci/ci/internal/kustomize"
	"github.com/pingvas/pingvas-ci/ci/internal/names"
)

// Pin is what an environment ran of a component from one commit of the GitOps
// repository on.
type Pin struct {
	// Image is the pin; one without a tag and a digest says that there was none.
	Image kustomize.Image
	// Commit is the commit that set it: who, when, and its trailers.
	Commit gitrepo.Commit
}

// How says by which operation the pin came: rollback, promotion, bump, or edit
// for one by hand.
func (p Pin) How() string {
	switch {
	case p.Commit.Trailer(trailerRolled) != "":
		return "rollback"
	case p.Commit.Trailer(trailerPromoted) != "":
		return "promotion"
	case p.Commit.Trailer(trailerSource) != "":
		return "bump"
	}
	return "edit"
}

// Reason is why a rollback was made, or "".
func (p Pin) Reason() string { return p.Commit.Trailer(trailerReason) }

// Run is the address of the run that set it, or "".
func (p Pin) Run() string { return p.Commit.Trailer(trailerRun) }

// History returns what the environment ran of a component, newest first. The
// commits of other components are not in it, and a merge counts once.
func History(ctx context.Context, dir, environment, component string) ([]Pin, error) {
	fail := func(err error) ([]Pin, error) {
		return nil, fmt.Errorf("history of %s in %s: %w", component, environment, err)
	}
	if err := names.Environment(environment); err != nil {
		return fail(err)
	}
	if err := names.Repository(component); err != nil {
		return fail(err)
	}
	overlay := "apps/overlays/" + environment
	commits, err := gitrepo.Log(ctx, dir, overlay)
	if err != nil {
		return fail(err)
	}
	pins, err := pinsOf(ctx, dir, overlay, component, commits)
	if err != nil {
		return fail(err)
	}
	return pins, nil
}

// pinsOf are a component's pins by the commits that changed an overlay, newest first.
func pinsOf(ctx context.Context, dir, overlay, component string, commits []gitrepo.Commit) (pins []Pin, err error) {
	images, err := pinnedAt(ctx, dir, overlay, component, commits)
	if err != nil {
		return nil, err
	}
	for i := len(commits) - 1; i >= 0; i-- { // oldest first: a pin begins where it differs from what was before
		image := images[i]
		if n := len(pins); n == 0 && image.NewTag+image.Digest != "" || n > 0 && pins[n-1].Image != image {
			pins = append(pins, Pin{image, setting(commits[i], image)})
		}
	}
	slices.Reverse(pins)
	return pins, nil
}

// setting is a commit with the trailers that are of an image: a merge brings
// those of everything that waited for the same review.
func setting(c gitrepo.Commit, image kustomize.Image) gitrepo.Commit {
	for _, part := range slices.Backward(c.Merged) {
		if sets(part, image) {
			c.Trailers = part.Trailers
			return c
		}
	}
	return c
}

// sets tells whether a commit's trailers are of an image: a squashed pull
// request has only those of its last commit.
func sets(c gitrepo.Commit, image kustomize.Image) bool {
	return image.Digest != "" && slices.Contains(c.Trailers, gitrepo.Trailer{Key: trailerDigest, Value: image.Name + "@" + image.Digest})
}

// pinnedAt returns what a component was pinned to at each of the commits.
func pinnedAt(ctx context.Context, dir, overlay, component string, commits []gitrepo.Commit) ([]kustomize.Image, error) {
	files := candidates(overlay, component)
	if now, err := kustomize.FileOf(dir, path.Base(overlay), component); err == nil && !slices.Contains(files, now) {
		files = append(files, now) // beside another service
	}
	var wanted []gitrepo.File
	for _, c := range commits {
		for _, file := range files {
			wanted = append(wanted, gitrepo.File{Commit: c.Hash, Path: file})
		}
	}
	contents, err := gitrepo.Files(ctx, dir, wanted)
	if err != nil {
		return nil, err
	}
	images := make([]kustomize.Image, len(commits))
	for i, c := range commits {
		images[i] = kustomize.Image{Name: component}
		for _, file := range files {
			if found, ok := pinned(contents[gitrepo.File{Commit: c.Hash, Path: file}], component); ok {
				images[i] = found
			}
		}
	}
	return images, nil
}

// candidates are the files that can pin a component: the environment's own or,
// when each service has a folder, the component's.
func candidates(overlay, component string) []string {
	var files []string
	for _, name := range konfig.RecognizedKustomizationFileNames() {
		files = append(files, path.Join(overlay, name), path.Join(overlay, component, name))
	}
	return files
}

// pinned reads a component's pin from a file of the history. One that cannot be
// read, which somebody repaired later, pins nothing.
func pinned(content []byte, component string) (kustomize.Image, bool) {
	if content == nil {
		return kustomize.Image{}, false
	}
	images, err := kustomize.PinsIn(content)
	if err != nil {
		return kustomize.Image{}, false
	}
	for _, image := range images {
		if image.Name == component {
			return image, true
		}
	}
	return kustomize.Image{}, false
}
