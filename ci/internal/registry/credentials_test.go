package registry_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pingvas/pingvas-ci/ci/internal/registry"
)

func TestTrusts(t *testing.T) {
	for address, trusted := range map[string]bool{
		"https://registry.example.com/v2/":        true,
		"https://registry.example.com:443/token":  true,
		"https://registry.example.com:8443/token": true,
		"https://auth.example.com/token":          true,
		"https://example.com/jwt/auth":            true,
		"https://AUTH.EXAMPLE.COM/token":          true,
		"http://registry.example.com/token":       false,
		"http://auth.example.com/token":           false,
		"https://auth.example.org/token":          false,
		"https://evil-example.com/token":          false,
		"https://com/token":                       false,
		"https://169.254.169.254/token":           false,
		"https://localhost/token":                 false,
		"https://[::1]/token":                     false,
	} {
		assert.Equal(t, trusted, registry.Trusts("registry.example.com", address), address)
	}
	for _, test := range []struct {
		registry, address string
		tokenHosts        []string
		trusted           bool
	}{
		{"docker.io", "https://auth.docker.io/token", nil, true},
		{"ghcr.io", "https://ghcr.io/token", nil, true},
		{"registry.gitlab.com", "https://gitlab.com/jwt/auth", nil, true},
		{"one.github.io", "https://two.github.io/token", nil, false}, // everybody registers there
		{"registry.corp", "https://auth.corp/token", nil, false},
		{"registry.corp", "https://auth.corp/token", []string{"auth.corp"}, true},
		{"registry.corp", "https://auth.corp:8443/token", []string{"auth.corp"}, true},
		{"registry.corp", "https://auth.corp:8443/token", []string{"auth.corp:8443"}, true},
		{"registry.corp", "https://auth.corp/token", []string{"auth.corp:8443"}, false},
		{"registry.corp", "http://auth.corp/token", []string{"auth.corp"}, false},
		{"127.0.0.1:5000", "http://127.0.0.1:5000/token", nil, true},
		{"127.0.0.1:5000", "http://127.0.0.1:5001/token", nil, false},
		{"localhost:5000", "http://localhost:5001/token", nil, false},
	} {
		assert.Equal(t, test.trusted, registry.Trusts(test.registry, test.address, test.tokenHosts...), test)
	}
}

// witness is a server that takes everything, and remembers who said what.
type witness struct {
	mu   sync.Mutex
	seen []string
}

func (w *witness) serve(t *testing.T) string {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(to http.ResponseWriter, r *http.Request) {
		w.mu.Lock()
		w.seen = append(w.seen, fmt.Sprint(r.Method, " ", r.URL, " ", r.Header.Get("Authorization")))
		w.mu.Unlock()
		if strings.HasPrefix(r.URL.Path, "/token") {
			_, _ = fmt.Fprint(to, `{"token":"t0ken"}`)
			return
		}
		to.WriteHeader(http.StatusCreated)
	}))
	t.Cleanup(server.Close)
	return strings.Replace(strings.TrimPrefix(server.URL, "http://"), "127.0.0.1", "localhost", 1)
}

func (w *witness) said() string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return strings.Join(w.seen, "\n")
}

var login = registry.WithAuth(registry.Auth{Username: "ci", Password: "registry-password"})

func TestCredentialsGoToNoOtherRealm(t *testing.T) {
	var elsewhere witness
	host := elsewhere.serve(t)
	at := start(t, func(http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.Header.Get("Authorization") != "Bearer t0ken" {
				w.Header().Set("WWW-Authenticate", `Bearer realm="http://`+host+`/token",service="x"`)
				w.WriteHeader(http.StatusUnauthorized)
			}
		})
	})
	err := registry.Ping(t.Context(), at, login)
	require.ErrorContains(t, err, at+" asks for requests to "+host+", with its credentials")
	require.ErrorContains(t, err, "--token-host "+host)
	assert.NotContains(t, err.Error(), "does not answer")
	assert.Empty(t, elsewhere.said())

	_, err = registry.Resolve(t.Context(), at+"/a:tag", login)
	require.ErrorContains(t, err, "--token-host "+host)
	assert.Empty(t, elsewhere.said())

	require.NoError(t, registry.Ping(t.Context(), at, login, registry.TokenHosts(host)), "the caller has agreed to it")
	assert.Contains(t, elsewhere.said(), "GET /token")
	require.NoError(t, registry.Ping(t.Context(), at), "without credentials there is nothing to keep")
}

func TestCredentialsGoAlongWithNoRedirection(t *testing.T) {
	for _, scheme := range []string{"Basic", "Bearer"} {
		var elsewhere witness
		host := elsewhere.serve(t)
		at := start(t, func(http.Handler) http.Handler {
			return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				switch {
				case r.URL.Path == "/token":
					_, _ = fmt.Fprint(w, `{"token":"t0ken"}`)
				case r.Header.Get("Authorization") == "":
					w.Header().Set("WWW-Authenticate", scheme+` realm="http://`+r.Host+`/token",service="x"`)
					w.WriteHeader(http.StatusUnauthorized)
				case r.URL.Path == "/v2/":
				default:
					http.Redirect(w, r, "http://"+host+r.URL.Path, http.StatusTemporaryRedirect)
				}
			})
		})
		_, err := registry.Resolve(t.Context(), at+"/a:tag", login)
		require.Error(t, err)
		assert.Contains(t, elsewhere.said(), "GET /v2/a/manifests/tag")
		assert.NotContains(t, elsewhere.said(), scheme)
	}
}

func TestCheckTokenHost(t *testing.T) {
	for _, host := range []string{"", "auth.example", "auth.example:8443", "10.0.0.1"} {
		require.NoError(t, registry.CheckTokenHost(host))
	}
	for _, host := range []string{"https://auth.example", "auth.example/token", "user@auth.example"} {
		require.ErrorContains(t, registry.CheckTokenHost(host), "give a host and an optional port")
	}
}
