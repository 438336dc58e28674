package attest

import (
	"encoding/json"
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

// InToto is the type of what a bundle's envelope holds: a statement.
const InToto = "application/vnd.in-toto+json"

const statementType = "https://in-toto.io/Statement/v1"

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

// Statement writes that the predicate holds for the image of that digest.
func Statement(predicateType, repository, digest string, predicate []byte) ([]byte, error) {
	algorithm, hex, _ := strings.Cut(digest, ":")
	payload, err := json.Marshal(statement{
		Type: statementType, PredicateType: predicateType, Predicate: predicate,
		Subject: []Subject{{repository, map[string]string{algorithm: hex}}},
	})
	if err != nil {
		return nil, fmt.Errorf("state %s of %s@%s: %w", predicateType, repository, digest, err)
	}
	return payload, nil
}

// Stated reads a statement that somebody has verified: what it says, if it is
// what is asked for and of the image of that digest.
func Stated(payload []byte, predicateType, digest string) (json.RawMessage, error) {
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

// Enveloped is the statement in a bundle, or the text itself where it is none. By
// whom a bundle is nobody has looked at.
func Enveloped(text []byte) ([]byte, error) {
	var bundle struct {
		Envelope *struct {
			Payload []byte `json:"payload"`
		} `json:"dsseEnvelope"`
	}
	if err := json.Unmarshal(text, &bundle); err != nil {
		return nil, fmt.Errorf("it is neither a statement nor a bundle: %w", err)
	}
	if bundle.Envelope == nil {
		return text, nil
	}
	return bundle.Envelope.Payload, nil
}
