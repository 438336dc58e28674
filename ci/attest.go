package main

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"slices"

	"github.com/pingvas/pingvas-ci/ci/internal/attest"
	"github.com/pingvas/pingvas-ci/ci/internal/component"
	"github.com/pingvas/pingvas-ci/ci/internal/dagger"
	"github.com/pingvas/pingvas-ci/ci/internal/images"
	"github.com/pingvas/pingvas-ci/ci/internal/notary"
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
}

// WithSigning signs what is published.
//
// Each image gets, as referrers in its registry: a signature that cosign
// verifies, SLSA provenance, and a bill of materials in CycloneDX and in SPDX
// for each platform.
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
	for name, uri := range map[string]string{"builder": builder, "repository": repository} {
		parsed, err := url.Parse(uri)
		if err != nil || parsed.User != nil || uri != "" && parsed.Scheme == "" {
			return nil, fmt.Errorf("signing: the %s is no URI without credentials. Give one such as https://github.com/pingvas/pingvas-studio", name)
		}
	}
	with := *m
	with.Signing = &Signing{Key: key, Password: password, Builder: builder, Repository: repository}
	return &with, nil
}

// PublicKey returns the key that others verify with: that of with-signing.
// +cache="never"
func (m *PingvasCi) PublicKey(ctx context.Context) (*dagger.File, error) {
	if m.Signing == nil {
		return nil, errors.New("no signing key is known. Give one with with-signing --key")
	}
	key, err := m.Signing.key(ctx)
	if err != nil {
		return nil, err
	}
	text, err := key.Public().PEM()
	if err != nil {
		return nil, err
	}
	return dag.Directory().WithNewFile("pingvas.pub", string(text)).File("pingvas.pub"), nil
}

// check finds out early whether the key can be used.
func (s *Signing) check(ctx context.Context) error {
	if s == nil {
		return nil
	}
	_, err := s.key(ctx)
	return err
}

func (s *Signing) key(ctx context.Context) (attest.Key, error) {
	text, err := s.Key.Plaintext(ctx)
	if err != nil {
		return attest.Key{}, fmt.Errorf("read the signing key: %w", err)
	}
	password := ""
	if s.Password != nil {
		if password, err = s.Password.Plaintext(ctx); err != nil {
			return attest.Key{}, fmt.Errorf("read the signing key's password: %w", err)
		}
	}
	return attest.ParseKey([]byte(text), []byte(password))
}

// facts adds to a publication what is known of its images, and who says it.
func (d *delivery) facts(ctx context.Context, c candidate, to *notary.Publication) error {
	if d.ci.Signing == nil {
		return nil
	}
	key, err := d.ci.Signing.key(ctx)
	if err != nil {
		return err
	}
	for _, v := range c.variants {
		bill, err := v.scan.bill(ctx)
		if err != nil {
			return err
		}
		to.Bills = append(to.Bills, bill)
	}
	build, err := d.provenance(ctx, c.component)
	if err != nil {
		return err
	}
	to.Key = &key
	to.Provenance, err = build.Predicate()
	return err
}

// bill is the platform's bill of materials.
func (p *PlatformScan) bill(ctx context.Context) (notary.Bill, error) {
	cyclonedx, err := p.Cyclonedx.Contents(ctx)
	if err != nil {
		return notary.Bill{}, fmt.Errorf("%s %s: bill of materials in CycloneDX: %w", p.Component, p.Platform, err)
	}
	spdx, err := p.Spdx.Contents(ctx)
	if err != nil {
		return notary.Bill{}, fmt.Errorf("%s %s: bill of materials in SPDX: %w", p.Component, p.Platform, err)
	}
	return notary.Bill{CycloneDX: []byte(cyclonedx), SPDX: []byte(spdx)}, nil
}

// provenance is how a component's image came to be.
func (d *delivery) provenance(ctx context.Context, c component.Component) (attest.Build, error) {
	materials, err := d.ci.materials(ctx, c)
	return attest.Build{
		Builder: d.ci.Signing.Builder, Source: d.ci.Signing.Repository, Commit: d.commit,
		Parameters: map[string]any{
			"component": c.Name, "path": c.Path, "platforms": c.Settings.Platforms,
			"dockerfile": c.Settings.Dockerfile, "target": c.Settings.Target, "buildArgs": c.Settings.BuildArgs,
		},
		Materials: materials,
	}, err
}

// materials are the images that a component's image is built from.
func (m *PingvasCi) materials(ctx context.Context, c component.Component) ([]string, error) {
	table, err := m.images(ctx)
	if err != nil {
		return nil, err
	}
	if c.Settings.Dockerfile != "" {
		text, err := m.Source.File(c.Settings.Dockerfile).Contents(ctx)
		if err != nil {
			return nil, fmt.Errorf("%s: read %s: %w", c.Name, c.Settings.Dockerfile, err)
		}
		return images.DockerfileImages(images.PinDockerfile([]byte(text), table, "")), nil
	}
	names := []string{"python:" + c.Python.Value + "-slim"}
	if c.Kind == component.Frontend {
		names = []string{"node:" + c.Node.Value + "-slim", webServer}
	}
	var references []string
	for _, name := range names {
		reference, err := table.Reference(name)
		if err != nil {
			return nil, err
		}
		references = append(references, reference)
	}
	slices.Sort(references)
	return references, nil
}
