package attest

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
)

// bundle is Sigstore's, with a public key instead of a certificate.
type bundle struct {
	MediaType string   `json:"mediaType"`
	Material  material `json:"verificationMaterial"`
	Envelope  envelope `json:"dsseEnvelope"`
}

type material struct {
	PublicKey struct {
		Hint string `json:"hint"`
	} `json:"publicKey"`
}

// envelope is a DSSE.
type envelope struct {
	Payload     string      `json:"payload"`
	PayloadType string      `json:"payloadType"`
	Signatures  []signature `json:"signatures"`
}

type signature struct {
	Sig string `json:"sig"`
}

// Attest signs that the predicate holds for the image of that digest.
func (k Key) Attest(_ context.Context, predicateType, repository, digest string, predicate []byte) (Document, error) {
	payload, err := Statement(predicateType, repository, digest, predicate)
	if err != nil {
		return Document{}, err
	}
	fail := func(err error) (Document, error) {
		return Document{}, fmt.Errorf("attest %s of %s@%s: %w", predicateType, repository, digest, err)
	}
	value, err := k.sign(authenticated(InToto, payload))
	if err != nil {
		return fail(err)
	}
	b := bundle{MediaType: BundleType, Envelope: envelope{
		Payload:     base64.StdEncoding.EncodeToString(payload),
		PayloadType: InToto,
		Signatures:  []signature{{base64.StdEncoding.EncodeToString(value)}},
	}}
	b.Material.PublicKey.Hint = k.Public().hint()
	raw, err := json.Marshal(b)
	if err != nil {
		return fail(err)
	}
	return Bundle(predicateType, raw), nil
}

// VerifyAttestation checks that a bundle is this key's, and says what is asked
// for of the image of that digest. It returns what is said.
func (p PublicKey) VerifyAttestation(d Document, predicateType, digest string) (json.RawMessage, error) {
	var b bundle
	if err := json.Unmarshal(d.Content, &b); err != nil {
		return nil, fmt.Errorf("read the bundle: %w", err)
	}
	payload, err := base64.StdEncoding.DecodeString(b.Envelope.Payload)
	if err != nil {
		return nil, fmt.Errorf("read the bundle's payload: %w", err)
	}
	if b.Envelope.PayloadType != InToto || !p.signed(b.Envelope, payload) {
		return nil, errors.New("the signature is not by this key, or what was signed has been changed")
	}
	return Stated(payload, predicateType, digest)
}

func (p PublicKey) signed(e envelope, payload []byte) bool {
	for _, s := range e.Signatures {
		value, err := base64.StdEncoding.DecodeString(s.Sig)
		if err == nil && p.verifies(authenticated(e.PayloadType, payload), value) {
			return true
		}
	}
	return false
}

// authenticated is what a DSSE's signature is of.
func authenticated(payloadType string, payload []byte) []byte {
	return fmt.Appendf(nil, "DSSEv1 %d %s %d %s", len(payloadType), payloadType, len(payload), payload)
}
