package attest

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
)

// The names that cosign knows a signature of an image by.
const (
	SignatureType       = "application/vnd.dev.cosign.artifact.sig.v1+json"
	PayloadType         = "application/vnd.dev.cosign.simplesigning.v1+json"
	SignatureAnnotation = "dev.cosignproject.cosign/signature"
)

type simpleSigning struct {
	Critical struct {
		Identity struct {
			Reference string `json:"docker-reference"`
		} `json:"identity"`
		Image struct {
			Digest string `json:"docker-manifest-digest"`
		} `json:"image"`
		Type string `json:"type"`
	} `json:"critical"`
	Optional map[string]any `json:"optional"`
}

const simpleSigningType = "cosign container image signature"

// Sign signs an image by its digest: as cosign does, in Red Hat's simple signing.
func (k Key) Sign(_ context.Context, repository, digest string) (Document, error) {
	var payload simpleSigning
	payload.Critical.Identity.Reference = repository
	payload.Critical.Image.Digest = digest
	payload.Critical.Type = simpleSigningType
	raw, err := json.Marshal(payload)
	if err != nil {
		return Document{}, fmt.Errorf("sign %s@%s: %w", repository, digest, err)
	}
	value, err := k.sign(raw)
	if err != nil {
		return Document{}, fmt.Errorf("sign %s@%s: %w", repository, digest, err)
	}
	return Document{
		Form: k.Public().Signature(), MediaType: PayloadType, Content: raw,
		Value: base64.StdEncoding.EncodeToString(value),
	}, nil
}

// Signature is the form that older verifiers read, too.
func (p PublicKey) Signature() Form { return Form{Type: SignatureType} }

// VerifySignature checks that the signature is this key's, and for this image.
func (p PublicKey) VerifySignature(d Document, digest string) error {
	value, err := base64.StdEncoding.DecodeString(d.Value)
	if err != nil || !p.verifies(d.Content, value) {
		return errors.New("the signature is not by this key, or what was signed has been changed")
	}
	var payload simpleSigning
	if err := json.Unmarshal(d.Content, &payload); err != nil {
		return fmt.Errorf("read what was signed: %w", err)
	}
	if payload.Critical.Type != simpleSigningType || payload.Critical.Image.Digest != digest {
		return fmt.Errorf("the signature is for %s, not for %s", payload.Critical.Image.Digest, digest)
	}
	return nil
}
