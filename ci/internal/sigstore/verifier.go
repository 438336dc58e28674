package sigstore

import (
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"github.com/sigstore/sigstore-go/pkg/verify"

	"github.com/pingvas/pingvas-ci/ci/internal/attest"
)

// Identity is who may have signed.
type Identity struct {
	// Subject is whom the certificate is for: of a job of GitHub's the workflow,
	// https://github.com/OWNER/REPOSITORY/.github/workflows/FILE@REF.
	Subject string
	// SubjectPattern is a regular expression for it instead, of the whole.
	SubjectPattern string
	// Issuer is who says so: the OIDC issuer's URL.
	Issuer string
}

func (i Identity) String() string {
	subject := i.Subject
	if subject == "" {
		subject = "anybody like " + i.SubjectPattern
	}
	return subject + " (by the word of " + i.Issuer + ")"
}

// Certified is the identity as a certificate has it.
func (i Identity) Certified() (verify.CertificateIdentity, error) {
	pattern := i.SubjectPattern
	if pattern != "" {
		// A pattern that fits a part only would let others in.
		pattern = "^(?:" + pattern + ")$"
	}
	identity, err := verify.NewShortCertificateIdentity(i.Issuer, "", i.Subject, pattern)
	if err != nil {
		return identity, fmt.Errorf("whom to believe: %w", err)
	}
	return identity, nil
}

// Verifier believes one identity, by the word of a trusted root.
type Verifier struct {
	identity Identity
	policy   verify.PolicyOption
	verifier *verify.Verifier
}

// NewVerifier demands all that the root can tell of: that the certificate and
// the signature are logged, where it knows logs, and when it was signed.
func NewVerifier(trusted *Root, who Identity) (*Verifier, error) {
	if (who.Subject == "") == (who.SubjectPattern == "") || who.Issuer == "" {
		return nil, errors.New("whom to believe? Give the certificate's identity or a pattern of it, and its OIDC issuer")
	}
	identity, err := who.Certified()
	if err != nil {
		return nil, err
	}
	var demanded []verify.VerifierOption
	if len(trusted.CTLogs()) > 0 {
		demanded = append(demanded, verify.WithSignedCertificateTimestamps(1))
	}
	if len(trusted.RekorLogs()) > 0 {
		demanded = append(demanded, verify.WithTransparencyLog(1), verify.WithObserverTimestamps(1))
	} else {
		demanded = append(demanded, verify.WithSignedTimestamps(1))
	}
	verifier, err := verify.NewVerifier(trusted, demanded...)
	if err != nil {
		return nil, fmt.Errorf("use the trusted root: %w", err)
	}
	return &Verifier{who, verify.WithCertificateIdentity(identity), verifier}, nil
}

func (v *Verifier) String() string { return v.identity.String() }

// Signature is the form of a bundle.
func (v *Verifier) Signature() attest.Form { return attest.Attestation(signature) }

// VerifySignature checks that the bundle signs the image of that digest.
func (v *Verifier) VerifySignature(d attest.Document, digest string) error {
	_, err := v.VerifyAttestation(d, signature, digest)
	return err
}

// VerifyAttestation checks that a bundle is by the identity, and says what is
// asked for of the image of that digest. It returns what is said.
func (v *Verifier) VerifyAttestation(d attest.Document, predicateType, digest string) (json.RawMessage, error) {
	algorithm, text, _ := strings.Cut(digest, ":")
	sum, err := hex.DecodeString(text)
	if err != nil || text == "" {
		return nil, fmt.Errorf("%q is no digest", digest)
	}
	payload, err := d.Signed(v.verifier, verify.NewPolicy(verify.WithArtifactDigest(algorithm, sum), v.policy))
	if err != nil {
		return nil, fmt.Errorf("the bundle is not by %s for this image, or has been changed: %w", v, err)
	}
	return attest.Stated(payload, predicateType, digest)
}
