package sigstore

import (
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/sigstore/sigstore-go/pkg/fulcio/certificate"
	"github.com/sigstore/sigstore-go/pkg/sign"

	"github.com/pingvas/pingvas-ci/ci/internal/attest"
)

// Signer signs as who runs the job. It is certified once, and again when its
// certificate is about to end.
type Signer struct {
	services Services
	token    func(context.Context) (string, error)

	mu        sync.Mutex
	key       sign.Keypair
	certified *x509.Certificate
}

// NewSigner takes what fetches the job's OIDC token for the Audience. It is
// called for each certificate, as tokens end after minutes, too.
func NewSigner(services Services, token func(context.Context) (string, error)) *Signer {
	return &Signer{services: services, token: token}
}

// Sign signs an image by its digest: as cosign does, in a bundle.
func (s *Signer) Sign(ctx context.Context, repository, digest string) (attest.Document, error) {
	return s.Attest(ctx, signature, repository, digest, []byte("{}"))
}

// signature is what cosign's bundles say of an image that is signed.
const signature = "https://sigstore.dev/cosign/sign/v1"

// Attest signs that the predicate holds for the image of that digest. What
// Sigstore's services answer is verified before it is used.
func (s *Signer) Attest(ctx context.Context, predicateType, repository, digest string, predicate []byte) (attest.Document, error) {
	fail := func(err error) (attest.Document, error) {
		return attest.Document{}, fmt.Errorf("sign %s of %s@%s by Sigstore: %w", predicateType, repository, digest, err)
	}
	statement, err := attest.Statement(predicateType, repository, digest, predicate)
	if err != nil {
		return attest.Document{}, err
	}
	key, certified, err := s.identity(ctx)
	if err != nil {
		return fail(err)
	}
	options, err := s.services.witnesses()
	if err != nil {
		return fail(err)
	}
	options.Context = ctx
	options.TrustedRoot = s.services.Root
	options.CertificateProvider = known{certified.Raw}
	signed, err := sign.Bundle(&sign.DSSEData{Data: statement, PayloadType: attest.InToto}, key, options)
	if err != nil {
		return fail(err)
	}
	document, err := attest.Bundle(predicateType, signed)
	if err != nil {
		return fail(err)
	}
	return document, nil
}

// known is a certificate that is there already.
type known struct{ der []byte }

func (k known) GetCertificate(context.Context, sign.Keypair, *sign.CertificateProviderOptions) ([]byte, error) {
	return k.der, nil
}

// Verifier believes who runs the job.
func (s *Signer) Verifier(ctx context.Context) (attest.Verifier, error) {
	_, certified, err := s.identity(ctx)
	if err != nil {
		return nil, err
	}
	who, err := certificate.SummarizeCertificate(certified)
	if err != nil {
		return nil, fmt.Errorf("read whom Sigstore certified: %w", err)
	}
	return NewVerifier(s.services.Root, Identity{Subject: who.SubjectAlternativeName, Issuer: who.Issuer})
}

// spare is how much of its ten minutes a certificate must have left.
const spare = 2 * time.Minute

// identity is a key with a certificate that holds.
func (s *Signer) identity(ctx context.Context) (sign.Keypair, *x509.Certificate, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.certified != nil && time.Until(s.certified.NotAfter) > spare {
		return s.key, s.certified, nil
	}
	key, certified, err := s.certify(ctx)
	if err != nil {
		return nil, nil, fmt.Errorf("have Sigstore certify who runs this job: %w", err)
	}
	s.key, s.certified = key, certified
	return key, certified, nil
}

func (s *Signer) certify(ctx context.Context) (sign.Keypair, *x509.Certificate, error) {
	fulcio, err := s.services.fulcio()
	if err != nil {
		return nil, nil, err
	}
	token, err := s.token(ctx)
	if err != nil {
		return nil, nil, err
	}
	if err := checkToken(token, time.Now()); err != nil {
		return nil, nil, err
	}
	key, err := sign.NewEphemeralKeypair(nil)
	if err != nil {
		return nil, nil, err
	}
	der, err := fulcio.GetCertificate(ctx, key, &sign.CertificateProviderOptions{IDToken: token})
	if err != nil {
		return nil, nil, err
	}
	certified, err := x509.ParseCertificate(der)
	if err == nil && time.Until(certified.NotAfter) <= 0 {
		err = errors.New("the certificate has ended already: set this machine's clock")
	}
	return key, certified, err
}
