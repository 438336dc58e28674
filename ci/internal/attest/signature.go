package attest

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"strings"

	"github.com/sigstore/sigstore/pkg/signature/payload"
)

// The names that cosign knows a signature of an image by.
const (
	SignatureType       = "application/vnd.dev.cosign.artifact.sig.v1+json"
	PayloadType         = "application/vnd.dev.cosign.simplesigning.v1+json"
	SignatureAnnotation = "dev.cosignproject.cosign/signature"
)

// Sign signs an image by its digest: as cosign does, in Red Hat's simple
// signing, for which a bundle has no place.
func (k Key) Sign(ctx context.Context, repository, digest string) (Document, error) {
	raw, err := json.Marshal(payload.SimpleContainerImage{Critical: payload.Critical{
		Identity: payload.Identity{DockerReference: repository},
		Image:    payload.Image{DockerManifestDigest: digest},
		Type:     payload.CosignSignatureType,
	}})
	if err != nil {
		return Document{}, fmt.Errorf("sign %s@%s: %w", repository, digest, err)
	}
	value, _, err := keypair{k}.SignData(ctx, raw)
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
	checker, err := p.checker()
	if err != nil {
		return err
	}
	value := base64.NewDecoder(base64.StdEncoding, strings.NewReader(d.Value))
	if err := checker.VerifySignature(value, bytes.NewReader(d.Content)); err != nil {
		return fmt.Errorf("%w: %w", errNotByKey, err)
	}
	var said payload.SimpleContainerImage
	if err := json.Unmarshal(d.Content, &said); err != nil {
		return fmt.Errorf("read what was signed: %w", err)
	}
	if said.Critical.Type != payload.CosignSignatureType || said.Critical.Image.DockerManifestDigest != digest {
		return fmt.Errorf("the signature is for %s, not for %s", said.Critical.Image.DockerManifestDigest, digest)
	}
	return nil
}
