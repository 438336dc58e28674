package main

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/pingvas/pingvas-ci/ci/internal/attest"
	"github.com/pingvas/pingvas-ci/ci/internal/dagger"
	"github.com/pingvas/pingvas-ci/ci/internal/kustomize"
	"github.com/pingvas/pingvas-ci/ci/internal/names"
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
	if len(m.Registries) == 0 {
		return nil, errors.New("no registry is known. Name one with with-registry --address")
	}
	by, err := believed(ctx, publicKey, trustedRoot, sigstore.Identity{
		Subject: certificateIdentity, SubjectPattern: certificateIdentityRegexp, Issuer: certificateOidcIssuer,
	})
	if err != nil {
		return nil, fmt.Errorf("verify: %w", err)
	}
	wanted, err := m.deployedImages(ctx, image, environment)
	if err != nil {
		return nil, err
	}
	d := delivery{ci: m, registries: m.Registries[:1], gitops: &Gitops{}}
	if err := d.open(ctx); err != nil {
		return nil, err
	}
	client, err := m.Registries[0].client(ctx)
	if err != nil {
		return nil, err
	}
	var lines []string
	var failures []error
	for _, name := range slices.Sorted(maps.Keys(wanted)) {
		line, err := verified(ctx, client, name, wanted[name], by)
		if err != nil {
			failures = append(failures, fmt.Errorf("%s@%s: %w", name, wanted[name], err))
		}
		lines = append(lines, line)
	}
	return lines, errors.Join(failures...)
}

// believed is whom to believe: a key, or an identity.
func believed(ctx context.Context, publicKey, trustedRoot *dagger.File, who sigstore.Identity) (attest.Verifier, error) {
	if (publicKey != nil) == (who.Subject != "" || who.SubjectPattern != "") {
		return nil, errors.New("give whom to believe: either --public-key, or --certificate-identity or --certificate-identity-regexp")
	}
	if publicKey != nil {
		text, err := publicKey.Contents(ctx)
		if err != nil {
			return nil, fmt.Errorf("read the public key: %w", err)
		}
		return attest.ParsePublicKey([]byte(text))
	}
	root, err := trusted(ctx, trustedRoot)
	if err != nil {
		return nil, err
	}
	return sigstore.NewVerifier(root, who)
}

// trusted is the root of a file, or of Sigstore's public services.
func trusted(ctx context.Context, file *dagger.File) (*sigstore.Root, error) {
	if file == nil {
		return sigstore.PublicRoot()
	}
	text, err := file.Contents(ctx)
	if err != nil {
		return nil, fmt.Errorf("read the trusted root: %w", err)
	}
	return sigstore.ReadRoot([]byte(text))
}

// deployedImages are digests by the image's name: of the one that is asked for,
// or of all that an environment runs.
func (m *PingvasCi) deployedImages(ctx context.Context, image, environment string) (map[string]string, error) {
	if image != "" {
		name, digest, _ := strings.Cut(strings.TrimPrefix(image, m.Registries[0].Address+"/"), "@")
		name, _, _ = strings.Cut(name, ":")
		if err := errors.Join(names.Repository(name), names.Digest(digest)); err != nil {
			return nil, fmt.Errorf("verify: an image goes by its digest, as a tag may move: %w", err)
		}
		return map[string]string{name: digest}, nil
	}
	if m.Repository == nil {
		return nil, errors.New("verify what? Give --image, or the GitOps repository with with-gitops")
	}
	wanted := map[string]string{}
	err := m.Repository.read(ctx, func(dir string) error {
		pins, err := kustomize.Pins(dir, environment)
		if err != nil {
			return err
		}
		for name, pin := range pins {
			if pin.Digest == "" {
				return fmt.Errorf("verify %s: %s names it without a digest. Deliver it first", name, environment)
			}
			wanted[name] = pin.Digest
		}
		return nil
	})
	return wanted, err
}

// verified checks one image and says what it is.
func verified(ctx context.Context, client registryClient, name, digest string, by attest.Verifier) (string, error) {
	proven, err := client.notary(name).Verify(ctx, by, name, digest)
	if err != nil {
		return "", err
	}
	var parts []string
	for _, platform := range slices.Sorted(maps.Keys(proven.Platforms)) {
		parts = append(parts, fmt.Sprintf("%s with %d components", platform, proven.Platforms[platform]))
	}
	return fmt.Sprintf("%s@%s built from %s by %s: %s", name, digest, proven.Build.Commit, proven.Build.Builder, strings.Join(parts, ", ")), nil
}
