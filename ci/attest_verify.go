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
)

// Verify checks that images are what was delivered.
//
// The signature, the provenance and each platform's bill of materials, all by
// one key and for that digest. It returns a line an image, and fails when
// anything is missing or has been changed. Without an image it checks those
// that an environment runs.
// +cache="never"
func (m *PingvasCi) Verify(
	ctx context.Context,
	// The public key, in PEM.
	publicKey *dagger.File,
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
	text, err := publicKey.Contents(ctx)
	if err != nil {
		return nil, fmt.Errorf("read the public key: %w", err)
	}
	key, err := attest.ParsePublicKey([]byte(text))
	if err != nil {
		return nil, err
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
		line, err := verified(ctx, client, name, wanted[name], key)
		if err != nil {
			failures = append(failures, fmt.Errorf("%s@%s: %w", name, wanted[name], err))
		}
		lines = append(lines, line)
	}
	return lines, errors.Join(failures...)
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
func verified(ctx context.Context, client registryClient, name, digest string, key attest.PublicKey) (string, error) {
	proven, err := client.notary(name).Verify(ctx, key, name, digest)
	if err != nil {
		return "", err
	}
	var parts []string
	for _, platform := range slices.Sorted(maps.Keys(proven.Platforms)) {
		parts = append(parts, fmt.Sprintf("%s with %d components", platform, proven.Platforms[platform]))
	}
	return fmt.Sprintf("%s@%s built from %s by %s: %s", name, digest, proven.Build.Commit, proven.Build.Builder, strings.Join(parts, ", ")), nil
}
