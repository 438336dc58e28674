package github

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"

	"github.com/pingvas/pingvas-ci/ci/internal/plain"
	"github.com/pingvas/pingvas-ci/ci/internal/retry"
)

// Option changes how GitHub is spoken to.
type Option func(*client)

type client struct {
	http  *http.Client
	hosts []string
	base  string
	plain bool
	retry retry.Policy
}

func newClient(opts []Option) client {
	c := client{
		http: &http.Client{Timeout: time.Minute}, base: "https://api.github.com", hosts: []string{".actions.githubusercontent.com"},
		// For about half a minute, or for as long as GitHub says.
		retry: retry.Policy{Tries: 6, First: time.Second, Longest: 15 * time.Second, Limit: 3 * time.Minute},
	}
	for _, set := range opts {
		set(&c)
	}
	return c
}

// question is a request of GitHub.
type question struct {
	method, address, token string
	// accept is the type that the answer is to have.
	accept string
	// contentType is that of the body; JSON's where it is empty.
	contentType string
	body        []byte
}

// ask sends a request until GitHub answers it, and returns the answer. Redirects
// are not followed: the token stays here.
//
// It may be sent twice, when the first answer is lost, so it must be one that
// does no harm then.
func (c client) ask(ctx context.Context, q question) ([]byte, error) {
	limit := c.retry.Limit
	ctx, cancel := context.WithTimeoutCause(ctx, limit, fmt.Errorf("GitHub gave no answer within %s. Run again when it is up", limit))
	defer cancel()
	direct := *c.http
	direct.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	return retry.Do(ctx, c.retry, func() ([]byte, error) {
		request, err := http.NewRequestWithContext(ctx, q.method, q.address, bytes.NewReader(q.body))
		if err != nil {
			return nil, retry.Final(err)
		}
		request.Header.Set("Authorization", "Bearer "+q.token)
		request.Header.Set("Accept", q.accept)
		if q.contentType != "" {
			request.Header.Set("Content-Type", q.contentType)
		}
		request.Header.Set("X-GitHub-Api-Version", "2022-11-28")
		response, err := direct.Do(request)
		if err != nil {
			return nil, retry.Unanswered(err)
		}
		defer func() { _ = response.Body.Close() }()
		return read(response, q.token)
	})
}

// refusal is what GitHub says when it does not do something.
type refusal struct {
	status  string
	message string
}

func (e *refusal) Error() string {
	return strings.TrimSuffix("GitHub answered "+plain.Line(e.status)+": "+plain.Text(e.message), ": ")
}

func read(response *http.Response, token string) ([]byte, error) {
	answer, err := io.ReadAll(io.LimitReader(response.Body, 8<<20))
	if err != nil {
		return nil, err
	}
	if response.StatusCode < 200 || response.StatusCode > 299 {
		said := strings.ReplaceAll(string(answer), token, "***")
		return nil, retry.Refused(response, &refusal{response.Status, strings.TrimSpace(said[:min(len(said), 500)])})
	}
	return answer, nil
}
