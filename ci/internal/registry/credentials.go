package registry

import (
	"fmt"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/google/go-containerregistry/pkg/name"
	"golang.org/x/net/publicsuffix"
)

// TokenHosts are hosts, with or without a port, that a registry's credentials
// may be sent to for a token, besides the registry itself and its site.
func TokenHosts(hosts ...string) Option {
	return func(o *options) { o.tokenHosts = append(o.tokenHosts, hosts...) }
}

// AstrayError says that a registry wants its credentials, or what is sent to it,
// sent to where nobody has agreed to.
type AstrayError struct{ Registry, To, Why, Advice string }

func (e *AstrayError) Error() string {
	return fmt.Sprintf("%s asks for requests to %s, %s. %s", e.Registry, e.To, e.Why, e.Advice)
}

// guarded sends a registry's credentials to the registry, and to hosts that may
// give tokens for it. The library sends them to whichever host the registry
// names, and believes the one that it is redirected to.
type guarded struct {
	http.RoundTripper
	registry   name.Registry
	tokenHosts []string
}

func (g guarded) RoundTrip(r *http.Request) (*http.Response, error) {
	if err := g.check(r); err != nil {
		if r.Body != nil {
			_ = r.Body.Close() // It is not sent.
		}
		return nil, err
	}
	return g.RoundTripper.RoundTrip(r)
}

func (g guarded) check(r *http.Request) error {
	own := g.registry.RegistryStr()
	if g.registry.Scheme() == "https" && r.URL.Scheme != "https" {
		return &AstrayError{own, r.URL.Host, "without encryption", "Have its operator name an address with https"}
	}
	// A refresh token is a form's value.
	secret := r.Header.Get("Authorization") != "" || r.Header.Get("Content-Type") == "application/x-www-form-urlencoded"
	if !secret || g.trusts(r.URL) {
		return nil
	}
	return &AstrayError{
		own, r.URL.Host, "with its credentials, and that is another site",
		"If its credentials are meant for that host, name it with --token-host " + r.URL.Host,
	}
}

// trusts tells whether a registry's credentials may go to an address.
func (g guarded) trusts(to *url.URL) bool {
	own := url.URL{Host: g.registry.RegistryStr()}
	switch host := to.Hostname(); {
	case withPort(to, to.Scheme) == withPort(&own, to.Scheme):
		return true
	case slices.Contains(g.tokenHosts, host), slices.Contains(g.tokenHosts, to.Host):
		return true
	case net.ParseIP(host) != nil, host == "localhost", strings.HasSuffix(host, ".localhost"):
		return false // Another port of a machine can be somebody else's.
	default:
		return host == own.Hostname() || site(host) != "" && site(host) == site(own.Hostname())
	}
}

func withPort(u *url.URL, scheme string) string {
	port := u.Port()
	if port == "" {
		port = map[string]string{"https": "443", "http": "80"}[scheme]
	}
	return strings.ToLower(net.JoinHostPort(u.Hostname(), port))
}

// site is the part of a host's name that one owner registered: docker.io of both
// index.docker.io and auth.docker.io; empty where the name is no more than a
// domain under which everybody registers.
func site(host string) string {
	registered, err := publicsuffix.EffectiveTLDPlusOne(strings.ToLower(host))
	if err != nil {
		return ""
	}
	return registered
}

// CheckTokenHost refuses what is no host with an optional port.
func CheckTokenHost(host string) error {
	if host == "" || CheckAddress(host) == nil && !strings.Contains(host, "/") {
		return nil
	}
	return fmt.Errorf("the token host %q: give a host and an optional port, such as auth.example:8443", host)
}
