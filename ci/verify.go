package main

import (
	"context"

	"github.com/pingvas/pingvas-ci/ci/internal/dagger"
	"github.com/pingvas/pingvas-ci/ci/internal/graph/manifests"
	"github.com/pingvas/pingvas-ci/ci/internal/sigstore"
)

// Verify checks that images are what was delivered.
//
// The signature, the provenance and each platform's bill of materials, all by
// one signer and for that digest: a key, or who ran a job, by Sigstore's word.
// It returns a line an image, and fails when anything is missing or has been
// changed. Without an image it checks those that an environment runs.
// +cache="never"
func (m *PingvasCi) Verify(
	ctx context.Context,
	// The public key, in PEM, of what with-signing signed.
	// +optional
	publicKey *dagger.File,
	// Who ran the job that with-keyless-signing signed in: of GitHub's the
	// workflow, https://github.com/OWNER/REPOSITORY/.github/workflows/FILE@REF.
	// +optional
	certificateIdentity string,
	// A regular expression for all of it instead, where several may have.
	// +optional
	certificateIdentityRegexp string,
	// The OIDC issuer that said so.
	// +default="https://token.actions.githubusercontent.com"
	certificateOidcIssuer string,
	// What is trusted to certify and log, in Sigstore's JSON. The default is
	// the root of its public services.
	// +optional
	trustedRoot *dagger.File,
	// An image of the registry given by with-registry: user-service@sha256:...
	// +optional
	image string,
	// The environment whose images are checked, in the repository given by
	// with-gitops.
	// +default="prod"
	environment string,
) ([]string, error) {
	trust := manifests.Trust{PublicKey: publicKey, TrustedRoot: trustedRoot, Signer: sigstore.Identity{
		Subject: certificateIdentity, SubjectPattern: certificateIdentityRegexp, Issuer: certificateOidcIssuer,
	}}
	return m.gitops(nil).repository().Verify(ctx, m.targets(), trust, image, environment)
}
