package main

import (
	"context"

	"github.com/pingvas/pingvas-ci/ci/internal/dagger"
	"github.com/pingvas/pingvas-ci/ci/internal/graph/publishing"
)

// Signing is what is said of published images, and who says it.
type Signing struct {
	// Builder is who builds, as a URI.
	Builder string
	// Repository is where the source comes from, as a URI.
	Repository string
	// +private
	Key *dagger.Secret
	// +private
	Password *dagger.Secret
	// +private
	Keyless *Keyless
}

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

// WithSigning signs what is published, with a key.
//
// Each image gets, as referrers in its registry: a signature that cosign
// verifies, SLSA provenance, and a bill of materials in CycloneDX and in SPDX
// for each platform. Without a key to keep: with-keyless-signing.
func (m *PingvasCi) WithSigning(
	// An ECDSA P-256 key in PEM: openssl ecparam -name prime256v1 -genkey -noout;
	// or the one of cosign generate-key-pair, with its password.
	key *dagger.Secret,
	// Who builds, as a URI: the workflow, or the machine.
	// +default="https://github.com/pingvas/pingvas-ci"
	builder string,
	// The source's repository, as a URI without credentials.
	// +optional
	repository string,
	// The password of a key that cosign encrypted.
	// +optional
	password *dagger.Secret,
) (*PingvasCi, error) {
	return m.signedBy(&Signing{Key: key, Password: password, Builder: builder, Repository: repository})
}

// WithKeylessSigning signs what is published as who runs the job: no key is kept.
//
// Each image gets what with-signing gives it, in Sigstore's bundles. Sigstore
// certifies the job's OIDC token, and logs publicly that it signed, with the
// names of image and workflow: for a private repository, use an instance of your
// own. Say who runs the job with with-job-identity, before this. Verify what was
// signed with verify --certificate-identity, or with cosign.
// +cache="session"
func (m *PingvasCi) WithKeylessSigning(
	// Deprecated: use with-job-identity --oidc-url.
	// +optional
	// +deprecated="use with-job-identity --oidc-url"
	oidcUrl *dagger.Secret,
	// Deprecated: use with-job-identity --oidc-token.
	// +optional
	// +deprecated="use with-job-identity --oidc-token"
	oidcToken *dagger.Secret,
	// Deprecated: use with-job-identity --oidc-host.
	// +optional
	// +deprecated="use with-job-identity --oidc-host"
	oidcHost string,
	// Deprecated: use with-job-identity --identity-token --audience sigstore.
	// +optional
	// +deprecated="use with-job-identity --identity-token --audience sigstore"
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
	given := publishing.Identity{RequestURL: oidcUrl, RequestToken: oidcToken, Token: identityToken, Host: oidcHost}
	return m.signedBy(&Signing{Builder: builder, Repository: repository, Keyless: &Keyless{
		Identity: identityOf(m.identities().ForSigning(given)), SigningConfig: signingConfig, TrustedRoot: trustedRoot, Service: service,
	}})
}

// PublicKey returns the key that others verify with: that of with-signing.
// +cache="never"
func (m *PingvasCi) PublicKey(ctx context.Context) (*dagger.File, error) {
	return m.signing().PublicKey(ctx)
}

// signedBy is the pipeline with a signer.
func (m *PingvasCi) signedBy(s *Signing) (*PingvasCi, error) {
	with := *m
	with.Signing = s
	return &with, with.signing().Check()
}

// signing is who signs; nil where nobody does.
func (m *PingvasCi) signing() *publishing.Signing {
	s := m.Signing
	if s == nil {
		return nil
	}
	return &publishing.Signing{
		Builder: s.Builder, Repository: s.Repository, Key: s.Key, Password: s.Password, Keyless: s.Keyless.keyless(),
	}
}

func (k *Keyless) keyless() *publishing.Keyless {
	if k == nil {
		return nil
	}
	return &publishing.Keyless{
		Identity: k.Identity.identity(), SigningConfig: k.SigningConfig, TrustedRoot: k.TrustedRoot, Service: k.Service,
	}
}
