// Package sigstore signs without a key that anybody keeps: who runs the job is
// proven by its OIDC token, Fulcio certifies a key that lives for minutes, and a
// transparency log or a timestamp authority says when it was used.
//
//	services, err := sigstore.Public()        // or Read, for an instance of one's own
//	signer := sigstore.NewSigner(services, token)
//	document, err := signer.Attest(ctx, attest.Provenance, repository, digest, predicate)
//
//	verifier, err := sigstore.NewVerifier(services.Root, sigstore.Identity{Subject: workflow, Issuer: issuer})
//
// The protocols and the verification are those of Sigstore's own library.
package sigstore

import (
	"errors"
	"fmt"
	"net/url"
	"time"

	trustroot "github.com/sigstore/protobuf-specs/gen/pb-go/trustroot/v1"
	"github.com/sigstore/sigstore-go/pkg/root"
	"github.com/sigstore/sigstore-go/pkg/sign"
	"github.com/sigstore/sigstore-go/pkg/tuf"
)

// Audience is whom a job's OIDC token must be for.
const Audience = "sigstore"

// Root is what verification trusts: certificate authorities, logs and timestamp
// authorities with their keys.
type Root = root.TrustedRoot

// Services are the instances of Sigstore that certify and log, and the root
// that verifies what they say.
type Services struct {
	Root   *Root
	config *root.SigningConfig
	// base replaces scheme and host of the services' addresses.
	base *url.URL
}

// Public are Sigstore's public services, as its own update framework tells
// them: its root of trust is in the library.
func Public() (Services, error) {
	fail := func(err error) (Services, error) {
		return Services{}, fmt.Errorf("ask %s for Sigstore's public services: %w. "+
			"Where it cannot be reached, give --signing-config and --trusted-root of an instance that can", tuf.DefaultMirror, err)
	}
	client, err := tuf.New(tuf.DefaultOptions().WithDisableLocalCache())
	if err != nil {
		return fail(err)
	}
	config, err := root.GetSigningConfig(client)
	if err != nil {
		return fail(err)
	}
	trusted, err := root.GetTrustedRoot(client)
	if err != nil {
		return fail(err)
	}
	return Services{Root: trusted, config: config}, nil
}

// PublicRoot is what verifies signatures by Sigstore's public services.
func PublicRoot() (*Root, error) {
	trusted, err := root.FetchTrustedRootWithOptions(tuf.DefaultOptions().WithDisableLocalCache())
	if err != nil {
		return nil, fmt.Errorf("ask %s for Sigstore's trusted root: %w. Where it cannot be reached, give --trusted-root", tuf.DefaultMirror, err)
	}
	return trusted, nil
}

// Read takes an instance's signing config and trusted root, in Sigstore's JSON.
func Read(signingConfig, trustedRoot []byte) (Services, error) {
	config, err := readConfig(signingConfig)
	if err != nil {
		return Services{}, fmt.Errorf("the signing config is none of Sigstore's (version 0.2, JSON): %w", err)
	}
	trusted, err := ReadRoot(trustedRoot)
	return Services{Root: trusted, config: config}, err
}

// readConfig wants it said how many of the services are used, where there are
// some: the library would break off without.
func readConfig(text []byte) (*root.SigningConfig, error) {
	config, err := root.NewSigningConfigProtobuf(text)
	if err != nil {
		return nil, err
	}
	if config.RekorTlogConfig == nil {
		config.RekorTlogConfig = &trustroot.ServiceConfiguration{}
	}
	if config.TsaConfig == nil {
		config.TsaConfig = &trustroot.ServiceConfiguration{}
	}
	return root.NewSigningConfigFromProtobuf(config)
}

// ReadRoot takes a trusted root, in Sigstore's JSON.
func ReadRoot(trustedRoot []byte) (*Root, error) {
	trusted, err := root.NewTrustedRootFromJSON(trustedRoot)
	if err == nil && len(trusted.FulcioCertificateAuthorities()) == 0 {
		err = errors.New("it names no certificate authority")
	}
	if err != nil {
		return nil, fmt.Errorf("the trusted root is none of Sigstore's (version 0.1, JSON): %w", err)
	}
	return trusted, nil
}

// Through has the services reached by another address, such as
// http://10.87.0.5:8080, with their paths.
func (s Services) Through(endpoint string) (Services, error) {
	base, err := url.Parse(endpoint)
	if err != nil {
		return s, fmt.Errorf("reach Sigstore's services: %w", err)
	}
	s.base = base
	return s, nil
}

// Services answer slowly at times, and with 429 and 500 when many ask.
const (
	retries = 3
	timeout = 30 * time.Second
)

// fulcio is what certifies.
func (s Services) fulcio() (*sign.Fulcio, error) {
	one := root.ServiceConfiguration{Selector: trustroot.ServiceSelector_ANY}
	chosen, err := s.chosen("certificate authority", s.config.FulcioCertificateAuthorityURLs(), one, sign.FulcioAPIVersions)
	if err != nil {
		return nil, err
	}
	if len(chosen) == 0 {
		return nil, errors.New("the signing config names no certificate authority. Add one")
	}
	return sign.NewFulcio(&sign.FulcioOptions{BaseURL: chosen[0].URL, Timeout: timeout, Retries: retries}), nil
}

// witnesses are the logs and timestamp authorities that say when something was
// signed. There must be one: a certificate has ended before anybody verifies.
func (s Services) witnesses() (options sign.BundleOptions, err error) {
	logs, err := s.chosen("transparency log", s.config.RekorLogURLs(), s.config.RekorLogURLsConfig(), sign.RekorAPIVersions)
	if err != nil {
		return options, err
	}
	authorities, err := s.chosen("timestamp authority", s.config.TimestampAuthorityURLs(), s.config.TimestampAuthorityURLsConfig(), sign.TimestampAuthorityAPIVersions)
	if err != nil {
		return options, err
	}
	if len(logs)+len(authorities) == 0 {
		return options, errors.New("the signing config names neither a transparency log nor a timestamp authority: nothing would say when an image was signed. Add one")
	}
	for _, l := range logs {
		options.TransparencyLogs = append(options.TransparencyLogs, sign.NewRekor(&sign.RekorOptions{
			BaseURL: l.URL, Version: l.MajorAPIVersion, Timeout: timeout, Retries: retries,
		}))
	}
	for _, a := range authorities {
		options.TimestampAuthorities = append(options.TimestampAuthorities, sign.NewTimestampAuthority(&sign.TimestampAuthorityOptions{
			URL: a.URL, Timeout: timeout, Retries: retries,
		}))
	}
	return options, nil
}

// chosen are services of one kind, chosen as the signing config says, with the
// addresses by which this process reaches them.
func (s Services) chosen(kind string, all []root.Service, how root.ServiceConfiguration, versions []uint32) ([]root.Service, error) {
	if len(all) == 0 {
		return nil, nil
	}
	some, err := root.SelectServices(all, how, versions, time.Now())
	if err != nil {
		return nil, fmt.Errorf("choose a %s of the signing config: %w", kind, err)
	}
	for i, service := range some {
		address, err := url.Parse(service.URL)
		if err != nil {
			return nil, fmt.Errorf("the signing config's %s %q has no URL: %w", kind, service.URL, err)
		}
		if s.base != nil {
			address.Scheme, address.Host = s.base.Scheme, s.base.Host
		}
		some[i].URL = address.String()
	}
	return some, nil
}
