package publishing

import (
	"context"
	"errors"
	"fmt"

	"golang.org/x/sync/errgroup"

	"github.com/pingvas/pingvas-ci/ci/internal/attest"
	"github.com/pingvas/pingvas-ci/ci/internal/dagger"
	"github.com/pingvas/pingvas-ci/ci/internal/graph/ground"
	"github.com/pingvas/pingvas-ci/ci/internal/graph/scanning"
	"github.com/pingvas/pingvas-ci/ci/internal/notary"
)

// Signing is what is said of published images, and who says it, as the caller
// gave it. Where there is none, nothing is said.
type Signing struct {
	// Builder is who builds, and Repository where the source comes from, as URIs.
	Builder, Repository string
	// Key signs, in PEM; Password is its own, where cosign encrypted it.
	Key, Password *dagger.Secret
	// Keyless signs instead: who runs the job.
	Keyless *Keyless
}

// Check refuses what provenance cannot name, and a signer that cannot be.
func (s *Signing) Check() error {
	if err := s.Keyless.check(); err != nil {
		return fmt.Errorf("keyless signing: %w", err)
	}
	return attest.Build{Builder: s.Builder, Source: s.Repository}.Check()
}

// Open makes the signer of a call; nil where nobody signs. It is certified once
// for all that the call signs, when it is first needed: see Verifier.
func (s *Signing) Open(ctx context.Context) (*Signer, error) {
	if s == nil {
		return nil, nil
	}
	signer := &Signer{builder: s.Builder, source: s.Repository}
	var err error
	if s.Keyless != nil {
		signer.by, err = s.Keyless.signer(ctx)
	} else {
		signer.by, err = s.key(ctx)
	}
	if err != nil {
		return nil, err
	}
	return signer, nil
}

// PublicKey is what others verify with.
func (s *Signing) PublicKey(ctx context.Context) (*dagger.File, error) {
	if s == nil || s.Key == nil {
		return nil, errors.New("no signing key is known. Give one with with-signing --key. What was signed without one is verified by --certificate-identity")
	}
	key, err := s.key(ctx)
	if err != nil {
		return nil, err
	}
	text, err := key.Public().PEM()
	if err != nil {
		return nil, err
	}
	return ground.File("pingvas.pub", text), nil
}

func (s *Signing) key(ctx context.Context) (attest.Key, error) {
	text, err := ground.Plaintext(ctx, s.Key, "the signing key")
	if err != nil {
		return attest.Key{}, err
	}
	password, err := ground.Plaintext(ctx, s.Password, "the signing key's password")
	if err != nil {
		return attest.Key{}, err
	}
	return attest.ParseKey([]byte(text), []byte(password))
}

// Signer signs all that one call publishes. None signs nothing.
type Signer struct {
	by              attest.Signer
	builder, source string
}

// Verifier believes who signs; nil where nobody does. It finds out early
// whether the key can be used, or the job's identity be certified.
func (s *Signer) Verifier(ctx context.Context) (attest.Verifier, error) {
	if s == nil {
		return nil, nil
	}
	return s.by.Verifier(ctx)
}

// attests adds to a publication what is known of its images, and who says it: a
// bill of materials for each, and how they were built, by whom and from where
// the signer knows.
func (s *Signer) attests(ctx context.Context, p *notary.Publication, scans scanning.Scans, build attest.Build) error {
	if s == nil {
		return nil
	}
	build.Builder, build.Source = s.builder, s.source
	provenance, err := build.Predicate()
	if err != nil {
		return err
	}
	p.Signer, p.Provenance, p.Bills = s.by, provenance, make([]notary.Bill, len(scans))
	group, together := errgroup.WithContext(ctx)
	for i, scan := range scans {
		group.Go(func() (err error) {
			p.Bills[i], err = scan.Bill(together)
			return err
		})
	}
	return group.Wait()
}
