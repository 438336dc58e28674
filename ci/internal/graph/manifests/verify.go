package manifests

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/pingvas/pingvas-ci/ci/internal/dagger"
	"github.com/pingvas/pingvas-ci/ci/internal/graph/publishing"
	"github.com/pingvas/pingvas-ci/ci/internal/registry"
	"github.com/pingvas/pingvas-ci/ci/internal/sigstore"
)

// Trust is whom to believe what is said of an image: a key, or an identity by
// the word of a root.
type Trust struct {
	// PublicKey is of what was signed with a key, in PEM.
	PublicKey *dagger.File
	// TrustedRoot certifies and logs; that of Sigstore's public services when nil.
	TrustedRoot *dagger.File
	// Signer is who signed without a key.
	Signer sigstore.Identity
}

// Verify checks that images of the first target are what was delivered: the one
// that is asked for by its digest, or all that an environment runs. It returns a
// line an image, and says of each what is wrong. The repository may be nil where
// an image is given.
func (r *Repository) Verify(ctx context.Context, targets []publishing.Target, trust Trust, image, environment string) ([]string, error) {
	if len(targets) == 0 {
		return nil, errors.New("no registry is known. Name one with with-registry --address")
	}
	by, err := publishing.Believed(ctx, trust.PublicKey, trust.TrustedRoot, trust.Signer)
	if err != nil {
		return nil, fmt.Errorf("verify: %w", err)
	}
	wanted, err := r.delivered(ctx, targets[0].Address, image, environment)
	if err != nil {
		return nil, err
	}
	registries, err := opened(ctx, targets[:1])
	if err != nil {
		return nil, err
	}
	var lines []string
	var failures []error
	for _, name := range slices.Sorted(maps.Keys(wanted)) {
		line, err := registries[0].Verify(ctx, by, name, wanted[name])
		if err != nil {
			failures = append(failures, fmt.Errorf("%s@%s: %w", name, wanted[name], err))
		}
		lines = append(lines, line)
	}
	return lines, errors.Join(failures...)
}

// delivered are digests by the image's name: of the one that is asked for, or of
// all that an environment runs.
func (r *Repository) delivered(ctx context.Context, address, image, environment string) (map[string]string, error) {
	switch {
	case image != "":
		name, digest, err := registry.Named(address, image)
		if err != nil {
			return nil, fmt.Errorf("verify: %w", err)
		}
		return map[string]string{name: digest}, nil
	case r == nil:
		return nil, errors.New("verify what? Give --image, or the GitOps repository with with-gitops")
	}
	running, err := r.digests(ctx, environment)
	if err != nil {
		return nil, fmt.Errorf("verify: %w", err)
	}
	return running, nil
}
