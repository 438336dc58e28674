package gitrepo

import (
	"encoding/base64"
	"errors"
	"fmt"
	"net/url"
	"strings"

	"github.com/pingvas/pingvas-ci/ci/internal/names"
	"github.com/pingvas/pingvas-ci/ci/internal/plain"
)

// Remote is a branch of a repository elsewhere, and the right to use it. It
// prints without its token and its key.
type Remote struct {
	// URL is an https, http, ssh or file address without credentials in it; an
	// ssh address has a user, as in ssh://git@github.com/pingvas/pingvas-gitops.git.
	URL string
	// Branch is the branch to read and to push to.
	Branch string
	// Username goes with Token; empty is "x-access-token", which GitHub wants.
	Username string
	// Token is a password or an access token; empty asks without credentials.
	Token string `json:"-"`
	// Key is the private key for an ssh address, as ssh-keygen writes it.
	Key string `json:"-"`
	// KnownHosts are the lines of a known_hosts file that name the server of an
	// ssh address. No other server is believed.
	KnownHosts string
	// KnownAs is the host, and its port if that is not 22, by which KnownHosts
	// names the server, when the address is that of a way to it; empty is the
	// address's own.
	KnownAs string
}

// String is the address and the branch.
func (r Remote) String() string {
	if strings.Contains(r.URL, "@") && !r.overSSH() {
		return "(an address with credentials)"
	}
	return plain.Redacted(r.URL) + " (" + r.Branch + ")"
}

// GoString is String, so that no verb prints the token.
func (r Remote) GoString() string { return r.String() }

// check refuses an address or branch that must not reach git. Its errors don't
// repeat the address, which could hold a secret.
func (r Remote) check() error {
	u, err := url.Parse(r.URL)
	if r.overSSH() {
		return errors.Join(r.checkSSH(), names.Branch(r.Branch))
	}
	switch {
	case strings.Contains(r.URL, "://") && strings.Contains(r.URL, "@"): // a token with a slash in it parses as a host and a path
		return errors.New("the address of the repository has credentials in it. Give them as username and token")
	case err != nil, u.Scheme == "", u.Scheme != "file" && u.Host == "":
		return errors.New("the address of the repository is not a URL. Give it as https://host/path or ssh://git@host/path")
	case u.Scheme != "https" && u.Scheme != "http" && u.Scheme != "file":
		return fmt.Errorf("the address of the repository has the scheme %q. Give it as https://host/path or ssh://git@host/path", u.Scheme)
	case u.RawQuery != "" || u.Fragment != "":
		return errors.New("the address of the repository has a query or a fragment. Give it as https://host/path")
	}
	return names.Branch(r.Branch)
}

// config is what git needs to know to use the remote. The header holds for this
// address alone, and redirects are off, lest it follow one to another host.
func (r Remote) config() []setting {
	header := r.header()
	if header == "" {
		return nil
	}
	return []setting{
		{"http.followRedirects", "false"},
		{"http." + r.URL + ".extraHeader", header},
	}
}

// secrets are the texts that no error may show.
func (r Remote) secrets() []string {
	token := strings.TrimSpace(r.Token)
	if token == "" || r.overSSH() {
		return nil
	}
	return []string{strings.TrimPrefix(r.header(), "Authorization: Basic "), token, url.QueryEscape(token), url.PathEscape(token)}
}

func (r Remote) header() string {
	token := strings.TrimSpace(r.Token) // a token from a file ends in a line break
	if token == "" || r.overSSH() {
		return ""
	}
	username := r.Username
	if username == "" {
		username = "x-access-token"
	}
	return "Authorization: Basic " + base64.StdEncoding.EncodeToString([]byte(username+":"+token))
}
