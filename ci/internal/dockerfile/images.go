package dockerfile

import (
	"maps"
	"slices"
	"strings"
)

// Image is an image that a Dockerfile takes files from.
type Image struct {
	// Reference is as the Dockerfile has it, with the variables' values. Where
	// one is not known, it is the word itself, such as python:${TAG}.
	Reference string
	// Line is where it is named.
	Line int
	// Base says that a stage begins with it, and Platform for which one, where the
	// Dockerfile says.
	Base     bool
	Platform string
}

// Pinned tells whether the reference names the same bytes for ever.
func (i Image) Pinned() bool { return strings.Contains(i.Reference, "@sha256:") }

// Images returns the images that a build is made from: those in FROM, in COPY
// --from and in mounts that are no stages of the file. An image that is named
// twice in the same way is there once.
func (f *File) Images(b Build) ([]Image, error) {
	stages, err := f.needed(b)
	if err != nil {
		return nil, err
	}
	var all []Image
	for _, s := range stages {
		for _, image := range s.images {
			if !slices.ContainsFunc(all, image.within) {
				all = append(all, image)
			}
		}
	}
	return all, nil
}

// within tells whether an image that is listed says all that this one does.
func (i Image) within(listed Image) bool {
	return listed.Reference == i.Reference && (!i.Base || listed.Base && listed.Platform == i.Platform)
}

// Materials returns the references of the images that builds for several
// platforms are made from, as Pin leaves them: those that lookup does not know
// are there too, pinned or not.
func (f *File) Materials(b Build, platforms []string, lookup func(name string) (string, bool)) ([]string, error) {
	found := map[string]bool{}
	for _, b.Platform = range platforms {
		pinned, err := f.Pin(b, lookup)
		if err != nil {
			return nil, err
		}
		file, err := Parse(f.name, pinned)
		if err != nil {
			return nil, err
		}
		images, err := file.Images(b)
		if err != nil {
			return nil, err
		}
		for _, image := range images {
			found[image.Reference] = true
		}
	}
	return slices.Sorted(maps.Keys(found)), nil
}
