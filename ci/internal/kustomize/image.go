package kustomize

import (
	"errors"
	"fmt"

	"github.com/pingvas/pingvas-ci/ci/internal/names"
)

// Image is what an entry of a kustomization's images list says. An empty field
// stands for an absent key, so an Image read by Pins and written by Edit
// restores the entry it came from.
type Image struct {
	// Name is the logical image name in the manifests, such as "user-service".
	Name string
	// NewName is the repository to pull from; empty keeps the logical name.
	NewName string
	// NewTag and Digest pin the version. At least one of them is needed.
	NewTag, Digest string
}

// Reference is the image reference that kustomize renders for the image.
func (i Image) Reference() string {
	ref := i.Name
	if i.NewName != "" {
		ref = i.NewName
	}
	if i.NewTag != "" {
		ref += ":" + i.NewTag
	}
	if i.Digest != "" {
		ref += "@" + i.Digest
	}
	return ref
}

// The keys of an entry, in the order in which they are written.
const (
	keyName    = "name"
	keyNewName = "newName"
	keyNewTag  = "newTag"
	keyDigest  = "digest"

	keyTagSuffix = "tagSuffix" // which kustomize applies where there is no pin
)

var pinKeys = []string{keyNewName, keyNewTag, keyDigest}

func (i Image) value(key string) string {
	switch key {
	case keyNewName:
		return i.NewName
	case keyNewTag:
		return i.NewTag
	case keyDigest:
		return i.Digest
	default:
		return i.Name
	}
}

// checkImages refuses what must never reach a manifest.
func checkImages(images []Image) error {
	var errs []error
	seen := map[string]bool{}
	for _, image := range images {
		if seen[image.Name] {
			errs = append(errs, fmt.Errorf("image %q is given twice. Give every image once", image.Name))
		}
		seen[image.Name] = true
		if err := image.check(); err != nil {
			errs = append(errs, fmt.Errorf("image %q: %w", image.Name, err))
		}
	}
	return errors.Join(errs...)
}

func (i Image) check() error {
	errs := []error{names.Repository(i.Name)}
	if i.NewName != "" {
		errs = append(errs, names.Repository(i.NewName))
	}
	if i.NewTag != "" {
		errs = append(errs, names.Tag(i.NewTag))
	}
	if i.Digest != "" {
		errs = append(errs, names.Digest(i.Digest))
	}
	if i.NewTag == "" && i.Digest == "" {
		errs = append(errs, errors.New("it has neither a tag nor a digest. Give both"))
	}
	return errors.Join(errs...)
}
