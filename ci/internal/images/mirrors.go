package images

import (
	"errors"
	"fmt"
	"strings"

	"github.com/google/go-containerregistry/pkg/name"
)

// Mirrors are where the images of registries are found instead: an address for
// each registry's host.
type Mirrors map[string]string

// hub is the registry of names without a host.
const hub = "docker.io"

// ParseMirrors reads what a caller says: HOST=ADDRESS, or an address alone, which
// is Docker Hub's mirror.
func ParseMirrors(given []string) (Mirrors, error) {
	mirrors := Mirrors{}
	var failures []error
	for _, text := range given {
		host, address, named := strings.Cut(text, "=")
		if !named {
			host, address = hub, text
		}
		address = strings.TrimSuffix(address, "/")
		if _, err := name.NewRepository(address + "/image"); err != nil || host == "" || !strings.ContainsAny(address, ".:") {
			failures = append(failures, fmt.Errorf("mirror %q is none. Write HOST=ADDRESS, such as docker.io=mirror.example/hub", text))
		}
		if mirrors[host] != "" {
			failures = append(failures, fmt.Errorf("%s has two mirrors. Give it one", host))
		}
		mirrors[host] = address
	}
	return mirrors, errors.Join(failures...)
}

// Find is where an image is asked for: the reference with its registry's host, or
// the mirror of that in its place.
func (m Mirrors) Find(reference string) (string, error) {
	parsed, err := name.ParseReference(reference)
	if err != nil {
		return "", fmt.Errorf("image %q: %w. Write REPOSITORY:TAG", reference, err)
	}
	host := parsed.Context().RegistryStr()
	if host == name.DefaultRegistry {
		host = hub
	}
	address, mirrored := m[host]
	if !mirrored {
		address = host
	}
	place := address + "/" + parsed.Context().RepositoryStr()
	tagged, digest, pinned := strings.Cut(reference, "@")
	if tag, err := name.NewTag(tagged); err == nil {
		place += ":" + tag.TagStr()
	}
	if pinned {
		place += "@" + digest
	}
	return place, nil
}
