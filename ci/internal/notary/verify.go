package notary

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/pingvas/pingvas-ci/ci/internal/attest"
	"github.com/pingvas/pingvas-ci/ci/internal/registry"
)

// Verified is what is proven of an image.
type Verified struct {
	// Build is how it came to be.
	Build attest.Build
	// Platforms counts what is in the image of each platform.
	Platforms map[string]int
}

// Verify checks that a component's image is what was delivered: signature,
// provenance and each platform's bill of materials, all by one key and for that
// digest.
func (r Repository) Verify(ctx context.Context, key attest.PublicKey, component, digest string) (Verified, error) {
	image, err := registry.Resolve(ctx, r.image(digest), r.Options...)
	if err != nil {
		return Verified{}, err
	}
	_, unsigned := r.signed(ctx, key, digest)
	build, unproven := r.provenance(ctx, key, component, digest)
	failures := []error{unsigned, unproven}
	verified := Verified{build, map[string]int{}}
	for _, platform := range slices.Sorted(maps.Keys(image.Platforms)) {
		count, err := r.billed(ctx, key, image.Platforms[platform])
		if err != nil {
			failures = append(failures, fmt.Errorf("%s: %w", platform, err))
		}
		verified.Platforms[platform] = count
	}
	return verified, errors.Join(failures...)
}

// provenance checks how an image came to be, and that it is the component's.
func (r Repository) provenance(ctx context.Context, key attest.PublicKey, component, digest string) (attest.Build, error) {
	predicate, err := r.attested(ctx, key, attest.Provenance, digest)
	if err != nil {
		return attest.Build{}, err
	}
	build, err := attest.ReadBuild(predicate)
	if of := build.Parameters["component"]; err == nil && of != component {
		err = fmt.Errorf("its provenance is that of %v", of)
	}
	return build, err
}

// billed checks a platform's bills of materials, and counts what is in them.
func (r Repository) billed(ctx context.Context, key attest.PublicKey, digest string) (int, error) {
	cyclonedx, err := r.attested(ctx, key, attest.CycloneDX, digest)
	if err != nil {
		return 0, err
	}
	if _, err := r.attested(ctx, key, attest.SPDX, digest); err != nil {
		return 0, err
	}
	var bom struct{ Components []json.RawMessage }
	if err := json.Unmarshal(cyclonedx, &bom); err != nil || len(bom.Components) == 0 {
		return 0, errors.New("the bill of materials is empty")
	}
	return len(bom.Components), nil
}

// signed finds the key's signature of an image, and returns its digest.
func (r Repository) signed(ctx context.Context, key attest.PublicKey, digest string) (string, error) {
	found, err := registry.Attached(ctx, r.image(digest), attest.SignatureType, r.Options...)
	if err != nil {
		return "", err
	}
	var failures []error
	for _, artifact := range found {
		err := key.Verify(attest.Signature{Payload: artifact.Content, Value: artifact.ContentAnnotations[attest.SignatureAnnotation]}, digest)
		if err == nil {
			return artifact.Digest, nil
		}
		failures = append(failures, err)
	}
	return "", &MissingError{"signature", len(found), errors.Join(failures...)}
}

// attested finds what the key has said of an image.
func (r Repository) attested(ctx context.Context, key attest.PublicKey, predicateType, digest string) (json.RawMessage, error) {
	found, err := registry.Attached(ctx, r.image(digest), attest.BundleType, r.Options...)
	if err != nil {
		return nil, err
	}
	var failures []error
	for _, artifact := range found {
		if artifact.Annotations[attest.PredicateAnnotation] != predicateType {
			continue
		}
		predicate, err := key.Attested(artifact.Content, predicateType, digest)
		if err == nil {
			return predicate, nil
		}
		failures = append(failures, err)
	}
	return nil, &MissingError{predicateType, len(found), errors.Join(failures...)}
}
