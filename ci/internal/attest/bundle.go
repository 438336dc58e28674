package attest

import (
	"bytes"
	"encoding/json"
	"fmt"

	protobundle "github.com/sigstore/protobuf-specs/gen/pb-go/bundle/v1"
	"github.com/sigstore/sigstore-go/pkg/bundle"
	"github.com/sigstore/sigstore-go/pkg/verify"
	"google.golang.org/protobuf/encoding/protojson"
)

// Bundle is the document that one of Sigstore's bundles is.
func Bundle(predicateType string, b *protobundle.Bundle) (Document, error) {
	spaced, err := protojson.Marshal(b)
	if err != nil {
		return Document{}, fmt.Errorf("write the bundle: %w", err)
	}
	// The library's spaces differ from one build of this program to the next.
	var raw bytes.Buffer
	if err := json.Compact(&raw, spaced); err != nil {
		return Document{}, fmt.Errorf("write the bundle: %w", err)
	}
	return Document{Form: Attestation(predicateType), MediaType: BundleType, Content: raw.Bytes()}, nil
}

// Signed is the statement in a bundle that the verifier believes, as the policy
// demands.
func (d Document) Signed(by *verify.Verifier, policy verify.PolicyBuilder) ([]byte, error) {
	var b bundle.Bundle
	if err := b.UnmarshalJSON(d.Content); err != nil {
		return nil, fmt.Errorf("read the bundle: %w", err)
	}
	if _, err := by.Verify(&b, policy); err != nil {
		return nil, err
	}
	return b.GetDsseEnvelope().GetPayload(), nil
}
