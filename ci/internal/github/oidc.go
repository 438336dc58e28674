// Package github speaks to GitHub Actions and to GitHub's interface.
package github

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"
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

// Option changes how GitHub is spoken to.
type Option func(*client)

type client struct {
	http  *http.Client
	hosts []string
	pause time.Duration
	base  string
	plain bool
}

// AllowHost lets the bearer be sent to another host, such as a company's own
// GitHub. A leading dot allows the hosts below it.
func AllowHost(host string) Option { return func(c *client) { c.hosts = append(c.hosts, host) } }

// WithClient sets the HTTP client, for a private certificate authority. Its
// redirects are not followed all the same.
func WithClient(h *http.Client) Option { return func(c *client) { c.http = h } }

// WithPause sets how long to wait before the first further try. Default: one
// second, doubled each time.
func WithPause(d time.Duration) Option { return func(c *client) { c.pause = d } }

// attempts is how often a token is asked for.
const attempts = 4

// OIDCToken fetches the job's OIDC token. The bearer goes to an allowed host
// over https and nowhere else, and no message holds it.
func OIDCToken(ctx context.Context, request TokenRequest, opts ...Option) (string, error) {
	c := client{http: http.DefaultClient, hosts: []string{".actions.githubusercontent.com"}, pause: time.Second}
	for _, set := range opts {
		set(&c)
	}
	address, err := c.address(request)
	if err != nil {
		return "", fmt.Errorf("fetch OIDC token: %w", err)
	}
	for try := 1; ; try++ {
		token, retry, err := c.fetch(ctx, address, request.Bearer)
		if err == nil {
			return token, nil
		}
		if !retry || try == attempts {
			return "", fmt.Errorf("fetch OIDC token from %s: %w", address.Host, err)
		}
		select {
		case <-ctx.Done():
			return "", fmt.Errorf("fetch OIDC token from %s: %w", address.Host, errors.Join(ctx.Err(), err))
		case <-time.After(c.pause << (try - 1)):
		}
	}
}

// address checks where the bearer would go.
func (c client) address(request TokenRequest) (*url.URL, error) {
	if request.URL == "" || request.Bearer == "" {
		return nil, errors.New("GitHub Actions gave no request URL and token; give the job the permission id-token: write (a fork's pull request never has it)")
	}
	if request.Audience == "" {
		return nil, errors.New("no audience is given; name sts.amazonaws.com for AWS")
	}
	address, err := url.Parse(request.URL)
	if err != nil {
		return nil, errors.New("the request URL is no URL; pass ACTIONS_ID_TOKEN_REQUEST_URL as it is")
	}
	if address.Scheme != "https" {
		return nil, fmt.Errorf("the request URL has the scheme %q; the bearer is only sent over https", address.Scheme)
	}
	if !slices.ContainsFunc(c.hosts, func(allowed string) bool { return matches(allowed, address.Hostname()) }) {
		return nil, fmt.Errorf("the host %q is not among the allowed %s; allow it if it is your GitHub", address.Hostname(), strings.Join(c.hosts, ", "))
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

// fetch asks once, and says whether asking again may help.
func (c client) fetch(ctx context.Context, address *url.URL, bearer string) (token string, retry bool, err error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, address.String(), nil)
	if err != nil {
		return "", false, err
	}
	request.Header.Set("Authorization", "Bearer "+bearer)
	request.Header.Set("Accept", "application/json")
	direct := *c.http
	direct.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	response, err := direct.Do(request)
	if err != nil {
		return "", ctx.Err() == nil, err
	}
	defer func() { _ = response.Body.Close() }()
	if response.StatusCode != http.StatusOK {
		retry = response.StatusCode >= 500 || response.StatusCode == http.StatusTooManyRequests
		return "", retry, fmt.Errorf("it answered %s; give the job the permission id-token: write, and run it again", response.Status)
	}
	var body struct{ Value string }
	if err := json.NewDecoder(io.LimitReader(response.Body, 1<<20)).Decode(&body); err != nil {
		return "", false, fmt.Errorf("read the answer: %w", err)
	}
	if body.Value == "" {
		return "", false, errors.New("the answer holds no token; run the job again")
	}
	return body.Value, false, nil
}
