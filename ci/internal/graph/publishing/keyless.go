package publishing

import (
	"context"
	"errors"
	"fmt"

	"github.com/pingvas/pingvas-ci/ci/internal/attest"
	"github.com/pingvas/pingvas-ci/ci/internal/dagger"
	"github.com/pingvas/pingvas-ci/ci/internal/sigstore"
)

// Keyless is how a job signs by its identity.
type Keyless struct {
	Identity *Identity
	// SigningConfig and TrustedRoot are those of an instance of Sigstore's
	// services, in its JSON; none are the public ones.
	SigningConfig, TrustedRoot *dagger.File
	// Service answers for the instance's services.
	Service *dagger.Service
}

func (k *Keyless) check() error {
	if k == nil {
		return nil
	}
	if err := k.Identity.Check(); err != nil {
		return err
	}
	switch {
	case !k.Identity.given():
		return errors.New("nothing says who runs the job. Give it with with-job-identity, before with-keyless-signing")
	case (k.SigningConfig == nil) != (k.TrustedRoot == nil):
		return errors.New("a signing config and a trusted root belong together. Give both, or none for Sigstore's public services")
	}
	return nil
}

func (k *Keyless) signer(ctx context.Context) (attest.Signer, error) {
	services, err := k.services(ctx)
	if err != nil {
		return nil, err
	}
	return sigstore.NewSigner(services, func(ctx context.Context) (string, error) {
		return k.Identity.token(ctx, sigstore.Audience)
	}), nil
}

// services are Sigstore's public ones, or the instance's.
func (k *Keyless) services(ctx context.Context) (s sigstore.Services, err error) {
	if k.SigningConfig == nil {
		return sigstore.Public()
	}
	config, err := k.SigningConfig.Contents(ctx)
	if err != nil {
		return s, fmt.Errorf("read the signing config: %w", err)
	}
	trusted, err := k.TrustedRoot.Contents(ctx)
	if err != nil {
		return s, fmt.Errorf("read the trusted root: %w", err)
	}
	if s, err = sigstore.Read([]byte(config), []byte(trusted)); err != nil || k.Service == nil {
		return s, err
	}
	endpoint, err := k.Service.Endpoint(ctx, dagger.ServiceEndpointOpts{Scheme: "http"})
	if err != nil {
		return s, fmt.Errorf("find Sigstore's services: %w", err)
	}
	return s.Through(endpoint)
}
