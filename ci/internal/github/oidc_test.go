package github_test

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pingvas/pingvas-ci/ci/internal/github"
)

const bearer = "request-bearer"

// actions serves the token endpoint over https and returns a request for it.
func actions(t *testing.T, answer http.HandlerFunc) (github.TokenRequest, []github.Option) {
	t.Helper()
	server := httptest.NewTLSServer(answer)
	t.Cleanup(server.Close)
	return github.TokenRequest{URL: server.URL + "/token?api-version=2.0", Bearer: bearer, Audience: "sts.amazonaws.com"},
		[]github.Option{github.WithClient(server.Client()), github.AllowHost("127.0.0.1"), github.WithPause(time.Millisecond)}
}

func TestOIDCToken(t *testing.T) {
	request, opts := actions(t, func(w http.ResponseWriter, r *http.Request) {
		assert.Equal(t, "Bearer "+bearer, r.Header.Get("Authorization"))
		assert.Equal(t, "sts.amazonaws.com", r.URL.Query().Get("audience"))
		assert.Equal(t, "2.0", r.URL.Query().Get("api-version"))
		_, _ = io.WriteString(w, `{"count":1,"value":"a.b.c"}`)
	})
	token, err := github.OIDCToken(context.Background(), request, opts...)
	require.NoError(t, err)
	assert.Equal(t, "a.b.c", token)
}

func TestOIDCTokenIsAskedForAgain(t *testing.T) {
	calls := 0
	request, opts := actions(t, func(w http.ResponseWriter, _ *http.Request) {
		if calls++; calls < 3 {
			w.WriteHeader(http.StatusBadGateway)
			return
		}
		_, _ = io.WriteString(w, `{"value":"a.b.c"}`)
	})
	_, err := github.OIDCToken(context.Background(), request, opts...)
	require.NoError(t, err)
	assert.Equal(t, 3, calls)
}

func TestOIDCTokenAnswers(t *testing.T) {
	for name, test := range map[string]struct {
		status int
		body   string
		calls  int
		want   string
	}{
		"forbidden":      {http.StatusForbidden, "who are you, " + bearer, 1, "GitHub answered 403 Forbidden: who are you, ***. Give the job the permission id-token: write"},
		"always failing": {http.StatusInternalServerError, "", 6, "GitHub answered 500"},
		"no JSON":        {http.StatusOK, "<html>", 1, "read the answer"},
		"no token":       {http.StatusOK, "{}", 1, "the answer holds no token"},
	} {
		t.Run(name, func(t *testing.T) {
			calls := 0
			request, opts := actions(t, func(w http.ResponseWriter, _ *http.Request) {
				calls++
				w.WriteHeader(test.status)
				_, _ = io.WriteString(w, test.body)
			})
			_, err := github.OIDCToken(context.Background(), request, opts...)
			require.ErrorContains(t, err, test.want)
			assert.Equal(t, test.calls, calls)
			assert.NotContains(t, err.Error(), bearer)
		})
	}
}

func TestBearerGoesNowhereElse(t *testing.T) {
	asked := false
	elsewhere := httptest.NewTLSServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { asked = true }))
	t.Cleanup(elsewhere.Close)
	request, opts := actions(t, func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, elsewhere.URL, http.StatusFound)
	})
	_, err := github.OIDCToken(context.Background(), request, opts...)
	require.ErrorContains(t, err, "302")
	assert.False(t, asked)

	for url, want := range map[string]string{
		"http://x.actions.githubusercontent.com":           `the scheme "http"; the bearer is only sent over https`,
		"https://actions.githubusercontent.com.evil.test/": `the host "actions.githubusercontent.com.evil.test" is not among the allowed`,
		"https://evilactions.githubusercontent.com/":       "is not among the allowed",
		"https://x.actions.githubusercontent.com@evil/":    `the host "evil"`,
		"": "gave no request URL and token. Give the job the permission id-token: write",
		"https://x.actions.githubusercontent.com/\x7f": "is no URL",
	} {
		_, err := github.OIDCToken(context.Background(), github.TokenRequest{URL: url, Bearer: bearer, Audience: "a"})
		require.ErrorContains(t, err, want, url)
	}
	_, err = github.OIDCToken(context.Background(), github.TokenRequest{URL: "https://x.actions.githubusercontent.com", Bearer: bearer})
	require.ErrorContains(t, err, "no audience is given")
}

func TestOIDCTokenStopsWithItsContext(t *testing.T) {
	request, opts := actions(t, func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusBadGateway) })
	ctx, cancel := context.WithTimeout(context.Background(), 50*time.Millisecond)
	defer cancel()
	_, err := github.OIDCToken(ctx, request, append(opts, github.WithPause(time.Minute))...)
	require.ErrorIs(t, err, context.DeadlineExceeded)
}
