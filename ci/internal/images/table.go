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
)

// Image is an entry of the table.
type Image struct {
	// Name is what the pipeline asks for, such as python:3.13-slim.
	Name string
	// Reference is what it gets: repository, tag and digest.
	Reference string
	// Source says where the digest was published, and when.
	Source string
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
		if err := pinned(image.Reference); err != nil {
			failures = append(failures, fmt.Errorf("image %q: %w", image.Name, err))
		}
		if image.Source == "" {
			failures = append(failures, fmt.Errorf("image %q has no source. Say where its digest was published, and when", image.Name))
		}
	}
	return errors.Join(failures...)
}

// Lookup returns the pinned reference of the name, and whether there is one.
func (t Table) Lookup(name string) (string, bool) {
	at := slices.IndexFunc(t, func(image Image) bool { return image.Name == name })
	if at < 0 {
		return "", false
	}
	return t[at].Reference, true
}

// Reference returns the pinned reference of the name. For an unknown one the
// error lists those that exist.
func (t Table) Reference(name string) (string, error) {
	reference, known := t.Lookup(name)
	if !known {
		return "", fmt.Errorf("image %q is not in the table. Use one of %s, or add it to the image lock", name, strings.Join(t.Names(), ", "))
	}
	return reference, nil
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
