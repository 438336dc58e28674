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
	config, err := root.NewSigningConfigFromJSON(signingConfig)
	if err != nil {
		return Services{}, fmt.Errorf("the signing config is none of Sigstore's (version 0.2, JSON): %w", err)
	}
	trusted, err := ReadRoot(trustedRoot)
	return Services{Root: trusted, config: config}, err
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
	service, err := root.SelectService(s.config.FulcioCertificateAuthorityURLs(), sign.FulcioAPIVersions, time.Now())
	if err != nil {
		return nil, fmt.Errorf("choose a certificate authority of the signing config: %w", err)
	}
	address, err := s.at(service)
	return sign.NewFulcio(&sign.FulcioOptions{BaseURL: address, Timeout: timeout, Retries: retries}), err
}

// witnesses are the logs and timestamp authorities that say when something was
// signed. There must be one: a certificate has ended before anybody verifies.
func (s Services) witnesses() (options sign.BundleOptions, err error) {
	now := time.Now()
	if logs := s.config.RekorLogURLs(); len(logs) > 0 {
		chosen, err := root.SelectServices(logs, s.config.RekorLogURLsConfig(), sign.RekorAPIVersions, now)
		if err != nil {
			return options, fmt.Errorf("choose a transparency log of the signing config: %w", err)
		}
		for _, service := range chosen {
			address, err := s.at(service)
			if err != nil {
				return options, err
			}
			options.TransparencyLogs = append(options.TransparencyLogs, sign.NewRekor(&sign.RekorOptions{
				BaseURL: address, Version: service.MajorAPIVersion, Timeout: timeout, Retries: retries,
			}))
		}
	}
	if authorities := s.config.TimestampAuthorityURLs(); len(authorities) > 0 {
		chosen, err := root.SelectServices(authorities, s.config.TimestampAuthorityURLsConfig(), sign.TimestampAuthorityAPIVersions, now)
		if err != nil {
			return options, fmt.Errorf("choose a timestamp authority of the signing config: %w", err)
		}
		for _, service := range chosen {
			address, err := s.at(service)
			if err != nil {
				return options, err
			}
			options.TimestampAuthorities = append(options.TimestampAuthorities, sign.NewTimestampAuthority(&sign.TimestampAuthorityOptions{
				URL: address, Timeout: timeout, Retries: retries,
			}))
		}
	}
	if len(options.TransparencyLogs)+len(options.TimestampAuthorities) == 0 {
		err = errors.New("the signing config names neither a transparency log nor a timestamp authority: nothing would say when an image was signed. Add one")
	}
	return options, err
}

// at is a service's address, as this process reaches it.
func (s Services) at(service root.Service) (string, error) {
	address, err := url.Parse(service.URL)
	if err != nil {
		return "", fmt.Errorf("the signing config's service %q has no URL: %w", service.URL, err)
	}
	if s.base != nil {
		address.Scheme, address.Host = s.base.Scheme, s.base.Host
	}
	return address.String(), nil
}
