// Package github speaks to GitHub Actions and to GitHub's interface.
package github

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
)

// TokenRequest is what GitHub Actions gives a job with the permission
// id-token: write.
type TokenRequest struct {
	// URL is ACTIONS_ID_TOKEN_REQUEST_URL.
	URL string
	// Bearer is ACTIONS_ID_TOKEN_REQUEST_TOKEN, a secret.
	Bearer string
	// Audience is whom the token is for, sts.amazonaws.com for AWS.
	Audience string
}

// AllowHost lets the bearer be sent to another host, such as a company's own
// GitHub. A leading dot allows the hosts below it.
func AllowHost(host string) Option { return func(c *client) { c.hosts = append(c.hosts, host) } }

// OIDCToken fetches the job's OIDC token. The bearer goes to an allowed host
// over https and nowhere else, and no message holds it.
func OIDCToken(ctx context.Context, request TokenRequest, opts ...Option) (string, error) {
	c := newClient(opts)
	address, err := c.address(request)
	if err != nil {
		return "", fmt.Errorf("fetch OIDC token: %w", err)
	}
	fail := func(err error) (string, error) {
		return "", fmt.Errorf("fetch OIDC token from %s: %w", address.Host, err)
	}
	answer, err := c.ask(ctx, question{method: http.MethodGet, address: address.String(), token: request.Bearer, accept: "application/json"})
	if err != nil {
		return fail(fmt.Errorf("%w. Give the job the permission id-token: write, and run it again", err))
	}
	var body struct{ Value string }
	if err := json.Unmarshal(answer, &body); err != nil {
		return fail(fmt.Errorf("read the answer: %w", err))
	}
	if body.Value == "" {
		return fail(errors.New("the answer holds no token. Run the job again"))
	}
	return body.Value, nil
}

// address checks where the bearer would go.
func (c client) address(request TokenRequest) (*url.URL, error) {
	if request.URL == "" || request.Bearer == "" {
		return nil, errors.New("GitHub Actions gave no request URL and token. Give the job the permission id-token: write (a fork's pull request never has it)")
	}
	if request.Audience == "" {
		return nil, errors.New("no audience is given. Name sts.amazonaws.com for AWS")
	}
	address, err := url.Parse(request.URL)
	if err != nil {
		return nil, errors.New("the request URL is no URL; pass ACTIONS_ID_TOKEN_REQUEST_URL as it is")
	}
	if address.Scheme != "https" {
		return nil, fmt.Errorf("the request URL has the scheme %q; the bearer is only sent over https", address.Scheme)
	}
	if !slices.ContainsFunc(c.hosts, func(allowed string) bool { return matches(allowed, address.Hostname()) }) {
		return nil, fmt.Errorf("the host %q is not among the allowed %s. Allow it if it is your GitHub", address.Hostname(), strings.Join(c.hosts, ", "))
	}
	query := address.Query()
	query.Set("audience", request.Audience)
	address.RawQuery = query.Encode()
	return address, nil
}

func matches(allowed, host string) bool {
	host = strings.ToLower(host)
	return host == allowed || strings.HasPrefix(allowed, ".") && strings.HasSuffix(host, allowed)
}
