package attest

import (
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

// Signature is an image's signature: cosign's, in Red Hat's simple signing.
type Signature struct {
	// Payload is what was signed: the image's digest and name.
	Payload []byte
	// Value is the signature in base64.
	Value string
}

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

// Sign signs an image by its digest.
func (k Key) Sign(repository, digest string) (Signature, error) {
	var payload simpleSigning
	payload.Critical.Identity.Reference = repository
	payload.Critical.Image.Digest = digest
	payload.Critical.Type = simpleSigningType
	raw, err := json.Marshal(payload)
	if err != nil {
		return Signature{}, fmt.Errorf("sign %s@%s: %w", repository, digest, err)
	}
	value, err := k.sign(raw)
	if err != nil {
		return Signature{}, fmt.Errorf("sign %s@%s: %w", repository, digest, err)
	}
	return Signature{raw, base64.StdEncoding.EncodeToString(value)}, nil
}

// Verify checks that the signature is this key's, and for this image.
func (p PublicKey) Verify(s Signature, digest string) error {
	value, err := base64.StdEncoding.DecodeString(s.Value)
	if err != nil || !p.verifies(s.Payload, value) {
		return errors.New("the signature is not by this key, or what was signed has been changed")
	}
	var payload simpleSigning
	if err := json.Unmarshal(s.Payload, &payload); err != nil {
		return fmt.Errorf("read what was signed: %w", err)
	}
	if payload.Critical.Type != simpleSigningType || payload.Critical.Image.Digest != digest {
		return fmt.Errorf("the signature is for %s, not for %s", payload.Critical.Image.Digest, digest)
	}
	return nil
}
