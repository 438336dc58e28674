package registry_test

import (
	"context"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pingvas/pingvas-ci/ci/internal/registry"
)

func TestPing(t *testing.T) {
	ctx := context.Background()
	require.NoError(t, registry.Ping(ctx, start(t, asIs), registry.Plain()), "an empty registry answers")

	closed := start(t, func(http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if user, password, _ := r.BasicAuth(); user != "AWS" || password != "secret" {
				w.Header().Set("WWW-Authenticate", "Basic")
				w.WriteHeader(http.StatusUnauthorized)
			}
		})
	})
	login := func(password string) registry.Option {
		return registry.WithAuth(registry.Auth{Username: "AWS", Password: password})
	}
	require.NoError(t, registry.Ping(ctx, closed, login("secret")))
	err := registry.Ping(ctx, closed, login("wrong-password"))
	require.ErrorContains(t, err, "it refuses the credentials")
	assert.NotContains(t, err.Error(), "wrong-password")
	require.ErrorContains(t, registry.Ping(ctx, "127.0.0.1:1"), "it does not answer")
}

func TestCheckAddress(t *testing.T) {
	for _, address := range []string{
		"123456789012.dkr.ecr.ap-northeast-2.amazonaws.com", "127.0.0.1:5000", "localhost:5000/team", "registry.example:5000/a/b_c-d",
	} {
		assert.NoError(t, registry.CheckAddress(address), address)
	}
	for _, address := range []string{
		"", "https://registry.example", "user:password@registry.example", "registry.example/App", "registry.example/a:tag",
		"registry.example/", "-registry.example", "registry.example:port", "registry.example/a b", "registry.example/" + strings.Repeat("/", 3),
	} {
		assert.Error(t, registry.CheckAddress(address), address)
	}
}

func TestTagsOfASourceWithoutHistory(t *testing.T) {
	tags, err := registry.Tags("-cuda", "tree-0123456789ab", "", false)
	require.NoError(t, err)
	assert.Equal(t, []string{"tree-0123456789ab-cuda"}, tags)
}

func TestAServersWordsAreShownAsText(t *testing.T) {
	at := start(t, func(http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.URL.Path != "/v2/" {
				w.WriteHeader(http.StatusBadRequest)
				_, _ = w.Write([]byte(`{"errors":[{"code":"DENIED","message":"\u001b[2K\u0007all good\u202e"}]}`))
			}
		})
	})
	_, err := registry.Resolve(context.Background(), at+"/a:tag")
	require.ErrorContains(t, err, `DENIED: \x07all good\u202e`)
}
