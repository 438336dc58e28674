package main

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"

	"github.com/pingvas/pingvas-ci/ci/internal/attest"
	"github.com/pingvas/pingvas-ci/ci/internal/component"
	"github.com/pingvas/pingvas-ci/ci/internal/dagger"
	"github.com/pingvas/pingvas-ci/ci/internal/images"
	"github.com/pingvas/pingvas-ci/ci/internal/registry"
)

// Signing is what is said of published images, and who says it.
type Signing struct {
	// Builder is who builds, as a URI.
	Builder string
	// Repository is where the source comes from, as a URI.
	Repository string
	// +private
	Key *dagger.Secret
}

// WithSigning signs what is published. Each image gets, as referrers in its
// registry: a signature that cosign verifies, SLSA provenance, and a bill of
// materials in CycloneDX and in SPDX for each platform.
func (m *PingvasCi) WithSigning(
	// An ECDSA P-256 key in PEM: openssl ecparam -name prime256v1 -genkey -noout.
	key *dagger.Secret,
	// Who builds, as a URI: the workflow, or the machine.
	// +default="https://github.com/pingvas/pingvas-ci"
	builder string,
	// The source's repository, as a URI without credentials.
	// +optional
	repository string,
) (*PingvasCi, error) {
	for name, uri := range map[string]string{"builder": builder, "repository": repository} {
		parsed, err := url.Parse(uri)
		if err != nil || parsed.User != nil || uri != "" && parsed.Scheme == "" {
			return nil, fmt.Errorf("signing: the %s is no URI without credentials. Give one such as https://github.com/pingvas/pingvas-studio", name)
		}
	}
	with := *m
	with.Signing = &Signing{Key: key, Builder: builder, Repository: repository}
	return &with, nil
}

// PublicKey returns the key that others verify with.
// +cache="never"
func (s *Signing) PublicKey(ctx context.Context) (*dagger.File, error) {
	key, err := s.key(ctx)
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
	return attest.ParseKey([]byte(text))
}

// attest says of a published image what is known of it. The signature comes
// last: where it is, everything else is.
func (d *delivery) attest(ctx context.Context, target *RegistryTarget, c candidate, published *Delivered, images []registry.Image) error {
	if d.ci.Signing == nil {
		return nil
	}
	key, err := d.ci.Signing.key(ctx)
	if err != nil {
		return err
	}
	client, err := target.client(ctx)
	if err != nil {
		return err
	}
	n := notary{key: key, client: client, name: c.component.Name, repository: published.Repository}
	for i, v := range c.variants {
		if err := n.materials(ctx, v.scan, images[i].Digest); err != nil {
			return err
		}
	}
	build, err := d.provenance(ctx, c.component)
	if err != nil {
		return err
	}
	if err := n.attest(ctx, attest.Provenance, published.Digest, build.Predicate); err != nil {
		return err
	}
	return n.sign(ctx, published.Digest)
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

// notary says things of one repository's images.
type notary struct {
	key        attest.Key
	client     registryClient
	name       string
	repository string
}

func (n notary) at(digest string) string { return n.client.repository(n.name) + "@" + digest }

// materials attests the bills of materials of one platform's image.
func (n notary) materials(ctx context.Context, scan *PlatformScan, digest string) error {
	contents := func(file *dagger.File) func() ([]byte, error) {
		return func() ([]byte, error) {
			text, err := file.Contents(ctx)
			return []byte(text), err
		}
	}
	return errors.Join(
		n.attest(ctx, attest.CycloneDX, digest, contents(scan.Cyclonedx)),
		n.attest(ctx, attest.SPDX, digest, contents(scan.Spdx)),
	)
}

// attest attests once: what this key has said already is not said again.
func (n notary) attest(ctx context.Context, predicateType, digest string, predicate func() ([]byte, error)) error {
	if _, err := attested(ctx, n.client, n.at(digest), predicateType, digest, n.key.Public()); err == nil {
		return nil
	}
	said, err := predicate()
	if err != nil {
		return fmt.Errorf("%s: %s: %w", n.name, predicateType, err)
	}
	bundle, err := n.key.Attest(predicateType, n.repository, digest, said)
	if err != nil {
		return err
	}
	return registry.Attach(ctx, n.at(digest), registry.Artifact{
		Type: attest.BundleType, MediaType: attest.BundleType, Content: bundle,
		Annotations: map[string]string{attest.ContentAnnotation: attest.Content, attest.PredicateAnnotation: predicateType},
	}, nil, n.client.options...)
}

// sign signs an image, as a referrer and under the tag where older verifiers
// look for it.
func (n notary) sign(ctx context.Context, digest string) error {
	if err := signed(ctx, n.client, n.at(digest), digest, n.key.Public()); err == nil {
		return nil
	}
	signature, err := n.key.Sign(n.repository, digest)
	if err != nil {
		return err
	}
	tag := strings.Replace(digest, ":", "-", 1) + ".sig"
	err = registry.Attach(ctx, n.at(digest), registry.Artifact{
		Type: attest.SignatureType, MediaType: attest.PayloadType, Content: signature.Payload,
		ContentAnnotations: map[string]string{attest.SignatureAnnotation: signature.Value},
	}, []string{tag}, n.client.options...)
	var taken *registry.TakenError
	if errors.As(err, &taken) {
		// Another key has signed before. As a referrer both signatures stand.
		return nil
	}
	return err
}
