package gitops

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/pingvas/pingvas-ci/ci/internal/gitrepo"
	"github.com/pingvas/pingvas-ci/ci/internal/kustomize"
)

// Bump makes an environment run the images of one build.
type Bump struct {
	Environment string
	// Images are what is to run: name, repository, tag and digest.
	Images []kustomize.Image
	// Commit is the source commit that they were built from.
	Commit string
	// Run is the address of the run that built them; it may be empty.
	Run string
	// Inputs are hashes of what the images are made of, by their names; they may be
	// unknown.
	Inputs map[string]string
	// Scans say in a line each what was found in the images, by their names.
	Scans map[string]string
	// Findings name the worst of that, by the images' names.
	Findings map[string]string
	// Order keeps a newer build from being replaced by an older one.
	Order Order
}

// Target is the environment that is bumped.
func (b Bump) Target() string { return b.Environment }

// Starts is false: an older build does not replace a newer one that waits.
func (b Bump) Starts(string) bool { return false }

// Apply pins the images that are not older than what is pinned. The subject is
// in the guide's words.
func (b Bump) Apply(ctx context.Context, dir string) (Outcome, error) {
	before, err := kustomize.Pins(dir, b.Environment)
	if err != nil {
		return Outcome{}, fmt.Errorf("bump %s: %w", b.Environment, err)
	}
	b = b.named(before)
	chosen, err := b.Order.newer(ctx, dir, b.Environment, before, b.Images, b.Inputs)
	if err != nil {
		return Outcome{}, fmt.Errorf("bump %s: %w", b.Environment, err)
	}
	outcome, err := pin(ctx, dir, b.Environment, chosen.wanted, nil)
	if err != nil {
		return Outcome{}, err
	}
	outcome.chosen(chosen)
	subject := "chore: update image tags to " + b.Commit
	if len(outcome.Images) == 1 {
		subject = fmt.Sprintf("chore: update %s image to %s", outcome.Images[0].Name, outcome.Images[0].NewTag)
	}
	trailers := []gitrepo.Trailer{
		{Key: trailerSource, Value: b.Commit},
		{Key: trailerTime, Value: stamp(b.Order.Time)},
		{Key: trailerRun, Value: b.Run},
	}
	for _, image := range outcome.Images {
		if scan := oneLine(b.Scans[image.Name]); scan != "" {
			trailers = append(trailers, gitrepo.Trailer{Key: trailerScan, Value: image.Name + " " + scan})
		}
		if found := oneLine(b.Findings[image.Name]); found != "" {
			trailers = append(trailers, gitrepo.Trailer{Key: trailerFindings, Value: image.Name + " " + found})
		}
		if made := b.Inputs[image.Name]; made != "" && image.Digest != "" {
			trailers = append(trailers, gitrepo.Trailer{Key: trailerInputs, Value: image.Name + "@" + image.Digest + " " + made})
		}
	}
	outcome.describe(subject, before, trailers...)
	return outcome, nil
}

// named is the bump with the images by the names that the manifests give them: where
// none is pinned by a component's name, but one by the repository that it is
// published to, that is the one.
func (b Bump) named(pins map[string]kustomize.Image) Bump {
	named := b
	named.Images, named.Inputs, named.Scans, named.Findings = nil, map[string]string{}, map[string]string{}, map[string]string{}
	for _, image := range b.Images {
		component := image.Name
		if image = nameIn(pins, image); image.Name == image.NewName && pins[image.Name].NewName == "" {
			image.NewName = ""
		}
		named.Images = append(named.Images, image)
		named.Inputs[image.Name], named.Scans[image.Name], named.Findings[image.Name] = b.Inputs[component], b.Scans[component], b.Findings[component]
	}
	return named
}

// nameIn is the image by the name under which it is pinned.
func nameIn(pins map[string]kustomize.Image, image kustomize.Image) kustomize.Image {
	if _, pinned := pins[image.Name]; pinned || image.NewName == "" {
		return image
	}
	for _, name := range slices.Sorted(maps.Keys(pins)) {
		if name == image.NewName || pins[name].NewName == image.NewName {
			image.Name = name
			return image
		}
	}
	return image
}

func stamp(at time.Time) string {
	if at.IsZero() {
		return ""
	}
	return at.UTC().Format(time.RFC3339)
}
