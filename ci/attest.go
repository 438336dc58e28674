package main

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"sync"

	"github.com/pingvas/pingvas-ci/ci/internal/attest"
	"github.com/pingvas/pingvas-ci/ci/internal/component"
	"github.com/pingvas/pingvas-ci/ci/internal/dagger"
	"github.com/pingvas/pingvas-ci/ci/internal/dockerfile"
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
	// +private
	Keyless *Keyless
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

// signedBy is the pipeline with a signer.
func (m *PingvasCi) signedBy(s *Signing) (*PingvasCi, error) {
	for name, uri := range map[string]string{"builder": s.Builder, "repository": s.Repository} {
		parsed, err := url.Parse(uri)
		if err != nil || parsed.User != nil || uri != "" && parsed.Scheme == "" {
			return nil, fmt.Errorf("signing: the %s is no URI without credentials. Give one such as https://github.com/pingvas/pingvas-studio", name)
		}
	}
	with := *m
	with.Signing = s
	return &with, nil
}

// PublicKey returns the key that others verify with: that of with-signing.
// +cache="never"
func (m *PingvasCi) PublicKey(ctx context.Context) (*dagger.File, error) {
	if m.Signing == nil || m.Signing.Key == nil {
		return nil, errors.New("no signing key is known. Give one with with-signing --key. What was signed without one is verified by --certificate-identity")
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

// signers are those that this process has made already: one is certified once
// for all that a run signs.
var signers sync.Map

// signer is who signs; nil where nobody does.
func (s *Signing) signer(ctx context.Context) (attest.Signer, error) {
	if s == nil {
		return nil, nil
	}
	made, _ := signers.LoadOrStore(s, sync.OnceValues(func() (attest.Signer, error) {
		if s.Keyless != nil {
			return s.Keyless.signer(ctx)
		}
		return s.key(ctx)
	}))
	return made.(func() (attest.Signer, error))()
}

// verifier believes who signs; nil where nobody does. It finds out early
// whether the key can be used, or the job's identity be certified.
func (s *Signing) verifier(ctx context.Context) (attest.Verifier, error) {
	signer, err := s.signer(ctx)
	if signer == nil || err != nil {
		return nil, err
	}
	return signer.Verifier(ctx)
}

func (s *Signing) key(ctx context.Context) (attest.Key, error) {
	text, err := plaintext(ctx, s.Key, "the signing key")
	if err != nil {
		return attest.Key{}, err
	}
	password, err := plaintext(ctx, s.Password, "the signing key's password")
	if err != nil {
		return attest.Key{}, err
	}
	return attest.ParseKey([]byte(text), []byte(password))
}

// facts adds to a publication what is known of its images, and who says it.
func (d *delivery) facts(ctx context.Context, c candidate, to *notary.Publication) error {
	signer, err := d.ci.Signing.signer(ctx)
	if signer == nil || err != nil {
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
	to.Signer = signer
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
		file, err := dockerfile.Parse(c.Settings.Dockerfile, []byte(text))
		if err != nil {
			return nil, fmt.Errorf("%s: %w", c.Name, err)
		}
		return file.Materials(dockerfile.Build{Target: c.Settings.Target, Args: c.Settings.BuildArgs}, c.Settings.Platforms, table.Lookup)
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
