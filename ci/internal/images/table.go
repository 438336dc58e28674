// Package images holds every image of somebody else's that the pipeline uses,
// each pinned by digest. A machine with its own base images gives a lock,
// which replaces entries of the table and keeps the graph the same.
package images

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/google/go-containerregistry/pkg/name"
	"golang.org/x/mod/semver"
)

// Image is an entry of the table.
type Image struct {
	// Name is what the pipeline asks for, such as python:3.13-slim.
	Name string
	// Reference is what it gets: repository, tag and digest.
	Reference string
	// Source says where the digest was published, and when.
	Source string
	// Unpinned says why Reference has no digest; empty where it has one.
	Unpinned string
}

// Table is a list of images, each name once.
type Table []Image

// Check refuses an image without digest, without source, or named twice, and
// reports all that is wrong.
func (t Table) Check() error {
	var failures []error
	seen := map[string]bool{}
	for _, image := range t {
		if image.Name == "" || seen[image.Name] {
			failures = append(failures, fmt.Errorf("image %q stands in the table twice or has no name. Name it once", image.Name))
		}
		seen[image.Name] = true
		if err := image.check(); err != nil {
			failures = append(failures, fmt.Errorf("image %q: %w", image.Name, err))
		}
		if image.Source == "" {
			failures = append(failures, fmt.Errorf("image %q has no source. Say where its digest was published, and when", image.Name))
		}
	}
	return errors.Join(failures...)
}

// check refuses a reference that is not pinned and does not say so, and one that
// is and says that it is not.
func (i Image) check() error {
	if i.Unpinned == "" {
		return pinned(i.Reference)
	}
	if strings.Contains(i.Reference, "@") {
		return fmt.Errorf("reference %q has a digest. Delete that it is unpinned", i.Reference)
	}
	return nil
}

// Pinned are the images that have a digest.
func (t Table) Pinned() Table {
	return slices.DeleteFunc(slices.Clone(t), func(image Image) bool { return image.Unpinned != "" })
}

// Lookup returns the reference of the name, and whether there is one. Docker Hub's
// images go by their short names as well: docker.io/library/python:3.13-slim.
func (t Table) Lookup(name string) (string, bool) {
	for _, known := range []string{name, strings.TrimPrefix(strings.TrimPrefix(name, hub+"/"), "library/")} {
		if at := slices.IndexFunc(t, func(image Image) bool { return image.Name == known }); at >= 0 {
			return t[at].Reference, true
		}
	}
	return "", false
}

// Instead is another version of an image, the newest that is pinned here; false for none.
func (t Table) Instead(name string) (Image, bool) {
	var found Table
	for _, image := range t.Pinned() {
		if repository(image.Name) == repository(name) {
			found = append(found, image)
		}
	}
	if len(found) == 0 {
		return Image{}, false
	}
	return slices.MaxFunc(found, func(a, b Image) int { return semver.Compare(line(a.Name), line(b.Name)) }), true
}

// line is the version that an image's tag begins with; no version where it has none.
func line(name string) string {
	tag, _, _ := strings.Cut(name[strings.LastIndex(name, ":")+1:], "-")
	return "v" + tag
}

// repository is that of an image's name, as Docker Hub's own go by.
func repository(name string) string {
	name, _, _ = strings.Cut(strings.TrimPrefix(strings.TrimPrefix(name, hub+"/"), "library/"), "@")
	if at := strings.LastIndex(name, ":"); at > strings.LastIndex(name, "/") {
		name = name[:at]
	}
	return name
}

// Reference returns the reference of the name. For an unknown one the
// error lists those that exist.
func (t Table) Reference(name string) (string, error) {
	reference, known := t.Lookup(name)
	if !known {
		return "", fmt.Errorf("image %q is not in the table. Use one of %s, or add it to the image lock", name, strings.Join(t.Names(), ", "))
	}
	return reference, nil
}

// OfVersion returns the reference of the slim image of a version, such as 3.12.4
// of python. Where none of that very version is known, that of its line is taken:
// the same interpreter with newer fixes.
func (t Table) OfVersion(repository, version string) (string, error) {
	named := func(line string) string { return repository + ":" + line + "-slim" }
	for line := version; line != ""; line = line[:max(strings.LastIndex(line, "."), 0)] {
		if reference, known := t.Lookup(named(line)); known {
			return reference, nil
		}
	}
	return t.Reference(named(version))
}

// Names lists the table's names in order.
func (t Table) Names() []string {
	list := make([]string, 0, len(t))
	for _, image := range t {
		list = append(list, image.Name)
	}
	slices.Sort(list)
	return list
}

// With returns the table with the lock's images in place of its own. Names
// that only the lock has are added: they are what a component may ask for that
// the table does not know, such as another version of Python. Nothing unpinned
// comes out of it.
func (t Table) With(lock Lock) (Table, error) {
	merged := slices.DeleteFunc(slices.Clone(t), func(image Image) bool {
		_, replaced := lock.Images[image.Name]
		return replaced
	})
	for _, n := range slices.Sorted(maps.Keys(lock.Images)) {
		merged = append(merged, Image{Name: n, Reference: lock.Images[n], Source: "image lock"})
	}
	if err := merged.Check(); err != nil {
		return nil, fmt.Errorf("use the image lock: %w", err)
	}
	return merged, nil
}

// pinned says why a reference does not name the same bytes for ever.
func pinned(reference string) error {
	if !strings.Contains(reference, "@") {
		return fmt.Errorf("reference %q has no digest; append @sha256: and the digest", reference)
	}
	if _, err := name.NewDigest(reference); err != nil {
		return fmt.Errorf("reference %q: %w. Write REPOSITORY:TAG@sha256:DIGEST", reference, err)
	}
	return nil
}
