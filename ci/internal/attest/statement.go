package attest

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
)

// What can be said of an image.
const (
	Provenance = "https://slsa.dev/provenance/v1"
	CycloneDX  = "https://cyclonedx.org/bom"
	SPDX       = "https://spdx.dev/Document"
)

// The names that attestations go by in a registry.
const (
	BundleType          = "application/vnd.dev.sigstore.bundle.v0.3+json"
	ContentAnnotation   = "dev.sigstore.bundle.content"
	PredicateAnnotation = "dev.sigstore.bundle.predicateType"
	// Content says what a bundle holds.
	Content = "dsse-envelope"
)

const (
	inToto        = "application/vnd.in-toto+json"
	statementType = "https://in-toto.io/Statement/v1"
)

// Subject is an image that something is said of.
type Subject struct {
	Name   string            `json:"name"`
	Digest map[string]string `json:"digest"`
}

type statement struct {
	Type          string          `json:"_type"`
	Subject       []Subject       `json:"subject"`
	PredicateType string          `json:"predicateType"`
	Predicate     json.RawMessage `json:"predicate"`
}

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

// Attest signs that the predicate holds for the image of that digest, and
// returns Sigstore's bundle of it.
func (k Key) Attest(predicateType, repository, digest string, predicate []byte) ([]byte, error) {
	fail := func(err error) ([]byte, error) {
		return nil, fmt.Errorf("attest %s of %s@%s: %w", predicateType, repository, digest, err)
	}
	algorithm, hex, _ := strings.Cut(digest, ":")
	payload, err := json.Marshal(statement{
		Type: statementType, PredicateType: predicateType, Predicate: predicate,
		Subject: []Subject{{repository, map[string]string{algorithm: hex}}},
	})
	if err != nil {
		return fail(err)
	}
	value, err := k.sign(authenticated(inToto, payload))
	if err != nil {
		return fail(err)
	}
	b := bundle{MediaType: BundleType, Envelope: envelope{
		Payload:     base64.StdEncoding.EncodeToString(payload),
		PayloadType: inToto,
		Signatures:  []signature{{base64.StdEncoding.EncodeToString(value)}},
	}}
	b.Material.PublicKey.Hint = k.Public().hint()
	raw, err := json.Marshal(b)
	if err != nil {
		return fail(err)
	}
	return raw, nil
}

// Attested checks that a bundle is this key's, and says what is asked for of
// the image of that digest. It returns what is said.
func (p PublicKey) Attested(raw []byte, predicateType, digest string) (json.RawMessage, error) {
	var b bundle
	if err := json.Unmarshal(raw, &b); err != nil {
		return nil, fmt.Errorf("read the bundle: %w", err)
	}
	payload, err := base64.StdEncoding.DecodeString(b.Envelope.Payload)
	if err != nil {
		return nil, fmt.Errorf("read the bundle's payload: %w", err)
	}
	if b.Envelope.PayloadType != inToto || !p.signed(b.Envelope, payload) {
		return nil, errors.New("the signature is not by this key, or what was signed has been changed")
	}
	var said statement
	if err := json.Unmarshal(payload, &said); err != nil {
		return nil, fmt.Errorf("read what was signed: %w", err)
	}
	if said.Type != statementType || said.PredicateType != predicateType {
		return nil, fmt.Errorf("it states %s, not %s", said.PredicateType, predicateType)
	}
	algorithm, hex, _ := strings.Cut(digest, ":")
	for _, subject := range said.Subject {
		if hex != "" && subject.Digest[algorithm] == hex {
			return said.Predicate, nil
		}
	}
	return nil, fmt.Errorf("it is not said of %s", digest)
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
