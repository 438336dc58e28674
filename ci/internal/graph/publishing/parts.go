package publishing

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/pingvas/pingvas-ci/ci/internal/attest"
	"github.com/pingvas/pingvas-ci/ci/internal/notary"
	"github.com/pingvas/pingvas-ci/ci/internal/record"
)

// partName is what a signed record says that it is of.
const partName = "pingvas-ci/delivery"

// SignPart writes the record of a part: a bundle of the signer's, or the bare
// statement where nobody signs.
func (s *Signer) SignPart(ctx context.Context, part record.Part) ([]byte, error) {
	said, err := part.JSON()
	if err != nil {
		return nil, err
	}
	if s == nil {
		return attest.Statement(record.PartType, partName, part.Digest(), said)
	}
	document, err := s.by.Attest(ctx, record.PartType, partName, part.Digest(), said)
	return document.Content, err
}

// ReadPart reads the record of a part of a delivery. Where the call signs, it
// believes its own signer and nobody else.
func (s *Signer) ReadPart(ctx context.Context, text []byte, of record.Target) (record.Part, error) {
	said, err := s.stated(ctx, text, of.Digest())
	if err != nil {
		return record.Part{}, err
	}
	return record.ReadPart(said, of)
}

func (s *Signer) stated(ctx context.Context, text []byte, digest string) (json.RawMessage, error) {
	signed, err := attest.Enveloped(text)
	if err != nil {
		return nil, err
	}
	if s == nil {
		return attest.Stated(signed, record.PartType, digest)
	}
	by, err := s.Verifier(ctx)
	if err != nil {
		return nil, err
	}
	document := attest.Document{Form: attest.Attestation(record.PartType), MediaType: attest.BundleType, Content: text}
	said, err := by.VerifyAttestation(document, record.PartType, digest)
	if err != nil && string(signed) == string(text) {
		return nil, errors.New("it is not signed, and this call signs. Give every shard the same with-signing or with-keyless-signing as the last call")
	}
	return said, err
}

// Confirm finds a recorded image in every registry, under the commit's tag: what
// a record says of an image's bytes is looked up, and not believed. It returns the
// image of the first of them.
func Confirm(ctx context.Context, registries []*Registry, image *record.Image, claim notary.Claim) (*Kept, error) {
	var failures []error
	var kept *Kept
	for i, r := range registries {
		held, err := r.Notary(claim.Component).Earlier(ctx, claim)
		name := r.Name(claim.Component) + ":" + claim.Tag
		switch {
		case err != nil:
			failures = append(failures, err)
		case held == nil:
			failures = append(failures, fmt.Errorf("%s is not there", name))
		case held.Digest != image.Digest:
			failures = append(failures, fmt.Errorf("%s is %s, and the record says %s", name, held.Digest, image.Digest))
		case i == 0 && (image.Repository != r.Name(claim.Component) || len(image.Tags) == 0 || image.Tags[0] != claim.Tag):
			failures = append(failures, fmt.Errorf("the record names it %s:%s, not %s", image.Repository, first(image.Tags), name))
		case i == 0:
			kept = &Kept{Registry: r, Image: *held, component: claim.Component}
		}
	}
	if err := errors.Join(failures...); err != nil {
		return nil, fmt.Errorf("the record of %s is not what the registry holds: %w", claim.Component, err)
	}
	return kept, nil
}

func first(tags []string) string {
	if len(tags) == 0 {
		return ""
	}
	return tags[0]
}
