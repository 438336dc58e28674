package registry_test

import (
	"fmt"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pingvas/pingvas-ci/ci/internal/registry"
)

// TestSharedSignIn: calls that share it ask a registry twice how to sign in, to read and to
// write, whatever they do there, also where each token is good for few requests.
func TestSharedSignIn(t *testing.T) {
	const uses = 8
	var pings, tokens, layers atomic.Int64
	var used sync.Map // how often each token was
	var host string
	host = start(t, func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.URL.Path == "/token" {
				token := fmt.Sprint("t", tokens.Add(1))
				used.Store(token, new(atomic.Int64))
				_, _ = fmt.Fprintf(w, `{"token": %q}`, token)
				return
			}
			if r.URL.Path == "/v2/" {
				pings.Add(1)
			}
			of, known := used.Load(strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer "))
			ends := r.Method == http.MethodPatch && layers.Add(1) == 1 // Before a layer of it is read.
			if !known || of.(*atomic.Int64).Add(1) > uses || ends {
				w.Header().Set("WWW-Authenticate", `Bearer realm="http://`+host+`/token",service="x",scope="repository:x:pull,push"`)
				w.WriteHeader(http.StatusUnauthorized)
				return
			}
			next.ServeHTTP(w, r)
		})
	})
	image, _ := scanned(t, "linux/arm64")
	publish := func(repository string, opts ...registry.Option) (asked int64) {
		before := pings.Load()
		pushed, err := registry.Push(t.Context(), host+"/"+repository, []registry.Image{image}, []string{"a"}, opts...)
		require.NoError(t, err)
		for _, said := range []string{"one", "two"} {
			_, err = registry.Attach(t.Context(), pushed.Reference, registry.Artifact{Type: "application/x", MediaType: "application/y", Content: []byte(said)}, opts...)
			require.NoError(t, err)
		}
		attached, err := registry.Attached(t.Context(), pushed.Reference, "application/x", nil, opts...)
		require.NoError(t, err)
		assert.Len(t, attached, 2)
		require.NoError(t, registry.Tag(t.Context(), pushed, []string{"a", "b"}, opts...))
		tagged, err := registry.Resolve(t.Context(), host+"/"+repository+":b", opts...)
		require.NoError(t, err)
		assert.Equal(t, pushed, tagged)
		return pings.Load() - before
	}
	assert.Equal(t, int64(2), publish("x", registry.Shared()))
	assert.Greater(t, tokens.Load(), int64(3), "a token that ends is taken anew")
	assert.Greater(t, publish("x/y"), int64(15))
}
