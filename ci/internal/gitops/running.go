package gitops

import (
	"context"
	"fmt"
	"maps"
	"path"
	"slices"
	"strings"

	"github.com/pingvas/pingvas-ci/ci/internal/kustomize"
)

// Wanted is an image as a manifest names it, of a reference that a person gives:
// repository:tag@sha256:digest. Commit is the source commit that its tag names,
// or else the tag.
func Wanted(component, reference string) (image kustomize.Image, commit string, err error) {
	named, digest, _ := strings.Cut(reference, "@")
	at := strings.LastIndex(named, ":")
	// A colon before a slash is that of a registry's port.
	if at < 0 || strings.Contains(named[at:], "/") || digest == "" {
		return image, "", fmt.Errorf("image %q: a manifest needs a tag and a digest. Give repository:tag@sha256:digest", reference)
	}
	image = kustomize.Image{Name: component, NewName: named[:at], NewTag: named[at+1:], Digest: digest}
	if commit = SourceOf(image); commit == "" {
		commit = image.NewTag
	}
	return image, commit, nil
}

// Running lists what an environment runs: the name that the manifests give each
// image, its reference, and what of it is held.
func Running(ctx context.Context, dir, environment string) ([]string, error) {
	pins, err := kustomize.Pins(dir, environment)
	if err != nil {
		return nil, err
	}
	held, err := Holds(ctx, dir, environment)
	var lines []string
	for _, name := range slices.Sorted(maps.Keys(pins)) {
		line := name + " " + pins[name].Reference()
		for _, h := range held[name] {
			line += fmt.Sprintf(" (%s)", h)
		}
		lines = append(lines, line)
	}
	return lines, err
}

// Tags are the tags that an environment runs, by the images' names, and by the last
// part of those that have more and whose last part is no other's name.
func Tags(dir, environment string) (map[string]string, error) {
	pins, err := kustomize.Pins(dir, environment)
	tags := map[string]string{}
	for name, pin := range pins {
		tags[name] = pin.NewTag
	}
	byLastPart(tags)
	return tags, err
}

// byLastPart adds what has a name of several parts by its last one, where that is
// nobody else's.
func byLastPart[T any](named map[string]T) {
	whole := map[string][]string{}
	for name := range named {
		whole[path.Base(name)] = append(whole[path.Base(name)], name)
	}
	for last, names := range whole {
		if len(names) == 1 {
			named[last] = named[names[0]]
		}
	}
}

// Digests are the digests that an environment runs, by the images' names. A tag
// alone is an error: it can be another image tomorrow.
func Digests(dir, environment string) (map[string]string, error) {
	pins, err := kustomize.Pins(dir, environment)
	if err != nil {
		return nil, err
	}
	digests := map[string]string{}
	for _, name := range slices.Sorted(maps.Keys(pins)) {
		if digests[name] = pins[name].Digest; digests[name] == "" {
			return nil, fmt.Errorf("%s: %s names it without a digest. Deliver it first", name, environment)
		}
	}
	return digests, nil
}
