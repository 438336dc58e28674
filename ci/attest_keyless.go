package main

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
	// +private
	Identity *JobIdentity
	// +private
	SigningConfig *dagger.File
	// +private
	TrustedRoot *dagger.File
	// +private
	Service *dagger.Service
}

// WithKeylessSigning signs what is published as who runs the job: no key is kept.
//
// Each image gets what with-signing gives it, in Sigstore's bundles. Sigstore
// certifies the job's OIDC token, and logs publicly that it signed, with the
// names of image and workflow: for a private repository, use an instance of your
// own. Verify it with verify --certificate-identity, or with cosign.
func (m *PingvasCi) WithKeylessSigning(
	// GitHub's ACTIONS_ID_TOKEN_REQUEST_URL.
	// +optional
	oidcUrl *dagger.Secret,
	// GitHub's ACTIONS_ID_TOKEN_REQUEST_TOKEN.
	// +optional
	oidcToken *dagger.Secret,
	// Another host than GitHub's that the request's token may be sent to.
	// +optional
	oidcHost string,
	// An OIDC token for the audience sigstore, made by another CI.
	// +optional
	identityToken *dagger.Secret,
	// Who builds, as a URI: the workflow, or the machine.
	// +default="https://github.com/pingvas/pingvas-ci"
	builder string,
	// The source's repository, as a URI without credentials.
	// +optional
	repository string,
	// The signing config, in Sigstore's JSON, of an instance of your own. The
	// default is the public one's, as its update framework tells it.
	// +optional
	signingConfig *dagger.File,
	// The trusted root that goes with it.
	// +optional
	trustedRoot *dagger.File,
	// What answers for the instance's services, where the engine cannot reach
	// their addresses by itself: tcp://127.0.0.1:8080 for one on this machine.
	// +optional
	service *dagger.Service,
) (*PingvasCi, error) {
	identity, err := newJobIdentity(oidcUrl, oidcToken, identityToken, oidcHost)
	if err == nil && identity == nil {
		err = errors.New("nothing says who runs the job. Give --oidc-url and --oidc-token on GitHub, or --identity-token")
	}
	if err == nil && (signingConfig == nil) != (trustedRoot == nil) {
		err = errors.New("a signing config and a trusted root belong together. Give both, or none for Sigstore's public services")
	}
	if err != nil {
		return nil, fmt.Errorf("keyless signing: %w", err)
	}
	return m.signedBy(&Signing{Builder: builder, Repository: repository, Keyless: &Keyless{
		Identity: identity, SigningConfig: signingConfig, TrustedRoot: trustedRoot, Service: service,
	}})
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
