// Package attest signs what is said of an image, and checks it: in the formats
// that cosign, policy controllers and GitHub read.
//
// A Signer is a key of one's own (ParseKey), or who runs the job, for a
// certificate of Sigstore's (package sigstore); a Verifier believes one of them.
//
// A signature by a key is made of the key and the content alone, with nothing
// random in it, so signing again gives the same bytes.
package attest

import (
	"context"
	"encoding/json"
)

// Signer says what is known of images.
type Signer interface {
	// Sign signs an image as a whole, by its digest.
	Sign(ctx context.Context, repository, digest string) (Document, error)
	// Attest signs that a predicate holds for the image of that digest.
	Attest(ctx context.Context, predicateType, repository, digest string, predicate []byte) (Document, error)
	// Verifier believes this signer and nobody else.
	Verifier(ctx context.Context) (Verifier, error)
}

// Verifier knows whom to believe. Its text names them, for messages.
type Verifier interface {
	String() string
	// Signature is the form that the signer's signatures have.
	Signature() Form
	// VerifySignature checks that a document signs the image of that digest.
	VerifySignature(d Document, digest string) error
	// VerifyAttestation checks that a document says what is asked for of the
	// image of that digest, and returns what it says.
	VerifyAttestation(d Document, predicateType, digest string) (json.RawMessage, error)
}

// Form is what documents of one kind are found by in a registry.
type Form struct {
	// Type is the artifact's.
	Type string
	// Predicate is what is said by a bundle; empty for what is none.
	Predicate string
}

// Attestation is the form of the bundles that say one kind of thing.
func Attestation(predicateType string) Form { return Form{BundleType, predicateType} }

// Document is a signature or an attestation as it lies beside an image.
type Document struct {
	Form
	// MediaType is the content's.
	MediaType string
	Content   []byte
	// Value is a signature that stands beside its content, in base64; empty
	// where the content has it.
	Value string
}

// Annotations are those of a document's manifest, by which it is found.
func (f Form) Annotations() map[string]string {
	if f.Predicate == "" {
		return nil
	}
	return map[string]string{ContentAnnotation: Content, PredicateAnnotation: f.Predicate}
}

// ContentAnnotations stand beside the content.
func (d Document) ContentAnnotations() map[string]string {
	if d.Value == "" {
		return nil
	}
	return map[string]string{SignatureAnnotation: d.Value}
}

// Found is the document that an artifact of a registry is.
func Found(artifactType, mediaType string, content []byte, annotations, contentAnnotations map[string]string) Document {
	return Document{
		Form:      Form{artifactType, annotations[PredicateAnnotation]},
		MediaType: mediaType, Content: content, Value: contentAnnotations[SignatureAnnotation],
	}
}
