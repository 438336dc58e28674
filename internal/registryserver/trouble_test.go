package registryserver_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/google/go-containerregistry/pkg/authn"
	"github.com/google/go-containerregistry/pkg/name"
	"github.com/google/go-containerregistry/pkg/v1/random"
	"github.com/google/go-containerregistry/pkg/v1/remote"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pingvas/pingvas-ci/internal/registryserver"
)

// TestTroubleCanBeLivedWith pushes with the library's own retries.
func TestTroubleCanBeLivedWith(t *testing.T) {
	for what, options := range map[string][]registryserver.Option{
		"refused and dropped":    {registryserver.WithTrouble(5)},
		"tokens end in a push":   {registryserver.WithTokens("ci", "secret", 15)},
		"tags that cannot move":  {registryserver.Immutable()},
		"all of it, one by one ": {registryserver.WithTrouble(7), registryserver.WithTokens("ci", "secret", 17), registryserver.Immutable()},
	} {
		t.Run(what, func(t *testing.T) {
			requests := 0
			options = append(options, registryserver.Observe(func(*http.Request) { requests++ }))
			handler, err := registryserver.New(t.TempDir(), options...)
			require.NoError(t, err)
			server := httptest.NewServer(handler)
			defer server.Close()
			image, err := random.Image(1024, 6)
			require.NoError(t, err)
			tag, err := name.NewTag(strings.TrimPrefix(server.URL, "http://") + "/x:y")
			require.NoError(t, err)
			opts := []remote.Option{
				remote.WithContext(t.Context()), remote.WithAuth(&authn.Basic{Username: "ci", Password: "secret"}), remote.WithJobs(2),
				remote.WithRetryBackoff(remote.Backoff{Duration: 10 * time.Millisecond, Factor: 2, Steps: 6}),
			}
			// A token that ends within a layer is more than the library bears: what
			// it has sent is there, so it is called again.
			for range 8 {
				if err = remote.Write(tag, image, opts...); err == nil {
					break
				}
			}
			require.NoError(t, err)
			assert.Greater(t, requests, 12)
			held, err := remote.Image(tag, opts...)
			require.NoError(t, err)
			want, err := image.Digest()
			require.NoError(t, err)
			got, err := held.Digest()
			require.NoError(t, err)
			assert.Equal(t, want, got)
		})
	}
}

func TestImmutableTags(t *testing.T) {
	handler, err := registryserver.New(t.TempDir(), registryserver.Immutable())
	require.NoError(t, err)
	server := httptest.NewServer(handler)
	defer server.Close()
	tag, err := name.NewTag(strings.TrimPrefix(server.URL, "http://") + "/x:y")
	require.NoError(t, err)
	first, err := random.Image(64, 1)
	require.NoError(t, err)
	require.NoError(t, remote.Write(tag, first))
	require.NoError(t, remote.Write(tag, first), "the same digest is success")
	second, err := random.Image(64, 1)
	require.NoError(t, err)
	require.ErrorContains(t, remote.Write(tag, second), "immutable")
}
