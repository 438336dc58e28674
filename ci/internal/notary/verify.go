package notary

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

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

// String says how an image came to be, and what is in it.
func (v Verified) String() string {
	var parts []string
	for _, platform := range slices.Sorted(maps.Keys(v.Platforms)) {
		parts = append(parts, fmt.Sprintf("%s with %d components", platform, v.Platforms[platform]))
	}
	return fmt.Sprintf("built from %s by %s: %s", v.Build.Commit, v.Build.Builder, strings.Join(parts, ", "))
}

// Verify checks that a component's image is what was delivered: signature,
// provenance and each platform's bill of materials, all by one signer and for
// that digest.
func (r Repository) Verify(ctx context.Context, by attest.Verifier, component, digest string) (Verified, error) {
	image, err := registry.Resolve(ctx, r.image(digest), r.Options...)
	if err != nil {
		return Verified{}, err
	}
	_, unsigned := r.signed(ctx, by, digest)
	build, unproven := r.provenance(ctx, by, component, digest)
	failures := []error{unsigned, unproven}
	verified := Verified{build, map[string]int{}}
	for _, platform := range slices.Sorted(maps.Keys(image.Platforms)) {
		count, err := r.billed(ctx, by, image.Platforms[platform])
		if err != nil {
			failures = append(failures, fmt.Errorf("%s: %w", platform, err))
		}
		verified.Platforms[platform] = count
	}
	return verified, errors.Join(failures...)
}

// provenance checks how an image came to be, and that it is the component's.
func (r Repository) provenance(ctx context.Context, by attest.Verifier, component, digest string) (attest.Build, error) {
	predicate, err := r.attested(ctx, by, attest.Provenance, digest)
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
func (r Repository) billed(ctx context.Context, by attest.Verifier, digest string) (int, error) {
	cyclonedx, err := r.attested(ctx, by, attest.CycloneDX, digest)
	if err != nil {
		return 0, err
	}
	if _, err := r.attested(ctx, by, attest.SPDX, digest); err != nil {
		return 0, err
	}
	var bom struct{ Components []json.RawMessage }
	if err := json.Unmarshal(cyclonedx, &bom); err != nil || len(bom.Components) == 0 {
		return 0, errors.New("the bill of materials is empty")
	}
	return len(bom.Components), nil
}

// signed finds the signer's signature of an image, and returns its digest.
func (r Repository) signed(ctx context.Context, by attest.Verifier, digest string) (string, error) {
	signature := ""
	err := r.find(ctx, by, "signature", by.Signature(), digest, func(artifact registry.Artifact, d attest.Document) error {
		signature = artifact.Digest
		return by.VerifySignature(d, digest)
	})
	return signature, err
}

// attested finds what the signer has said of an image.
func (r Repository) attested(ctx context.Context, by attest.Verifier, predicateType, digest string) (predicate json.RawMessage, err error) {
	err = r.find(ctx, by, predicateType, attest.Attestation(predicateType), digest, func(_ registry.Artifact, d attest.Document) (err error) {
		predicate, err = by.VerifyAttestation(d, predicateType, digest)
		return err
	})
	return predicate, err
}

// find goes through the documents of one form that are attached to an image,
// until one is verified.
func (r Repository) find(ctx context.Context, by attest.Verifier, what string, form attest.Form, digest string,
	verify func(registry.Artifact, attest.Document) error,
) error {
	attached, err := registry.Attached(ctx, r.image(digest), form.Type, form.Annotations(), r.Options...)
	if err != nil {
		return err
	}
	var failures []error
	for _, a := range attached {
		if a.Unreadable != nil {
			failures = append(failures, a.Unreadable)
			continue
		}
		d := attest.Found(a.Type, a.MediaType, a.Content, a.Annotations, a.ContentAnnotations)
		if d.Form != form {
			continue
		}
		if err = verify(a, d); err == nil {
			return nil
		}
		failures = append(failures, err)
	}
	return &MissingError{what, by, len(failures), errors.Join(failures...)}
}
