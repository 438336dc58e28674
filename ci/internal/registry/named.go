package registry

import (
	"errors"
	"fmt"
	"strings"

	"github.com/pingvas/pingvas-ci/ci/internal/names"
)

// Named takes an image of a registry apart, with or without the registry's
// address before it: user-service@sha256:... or user-service:tag@sha256:...
func Named(address, image string) (name, digest string, err error) {
	name, digest, _ = strings.Cut(strings.TrimPrefix(image, address+"/"), "@")
	name, _, _ = strings.Cut(name, ":")
	if err := errors.Join(names.Repository(name), names.Digest(digest)); err != nil {
		return "", "", fmt.Errorf("an image goes by its digest, as a tag may move: %w", err)
	}
	return name, digest, nil
}
