package tests

import (
	"testing"

	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/random"
	"github.com/google/go-containerregistry/pkg/v1/remote"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pingvas/pingvas-ci/tests/internal/harness"
)

// TestLockImages writes an image lock from a company's mirror, with a login and
// without: of an image of the table, and of what a Dockerfile names.
func TestLockImages(t *testing.T) {
	t.Parallel()
	registry := harness.NewRegistry(t)
	held := map[string]v1.Hash{}
	for _, place := range []string{"hub/library/python:3.14-slim", "hub/library/alpine:3.22", "ghcr/acme/tool:1"} {
		image, err := random.Image(64, 1)
		require.NoError(t, err)
		ref, err := name.ParseReference(registry.Host() + "/" + place)
		require.NoError(t, err)
		require.NoError(t, remote.Write(ref, image, registry.Login()))
		held[place], err = image.Digest()
		require.NoError(t, err)
	}
	r := harness.NewRepository(t, map[string]string{
		"services/a/requirements.txt": "",
		"services/a/Dockerfile":       "FROM alpine:3.22 AS base\nCOPY --from=ghcr.io/acme/tool:1@" + held["ghcr/acme/tool:1"].String() + " /tool /tool\n",
	})
	r.Env = []string{registry.Env()}
	mirrored := []string{"--mirror", registry.Host() + "/hub", "--mirror", "ghcr.io=" + registry.Host() + "/ghcr"}
	lock := func(options ...string) []string {
		return append(append(registry.With(), "lock-images"), append(mirrored, options...)...)
	}
	wanted := words("--image python:3.14-slim --image alpine:3.22 --image ghcr.io/acme/tool:1")

	said := r.Batch(t,
		append(lock(wanted...), "contents"),
		append(lock(words("--image node:26-slim")...), "contents"),
		append(lock(words("--image perl:5")...), "contents"),
		append(append(words("lock-images"), append(mirrored, wanted...)...), "contents"),
		words("lock-images --mirror localhost:1/hub --image alpine:3.22 contents"),
		words("lock-images --mirror hub contents"),
	)

	at := func(place string) string { return registry.Host() + "/" + place + "@" + held[place].String() }
	want := `{"version": 1, "images": {
		"python:3.14-slim": "` + at("hub/library/python:3.14-slim") + `",
		"alpine:3.22": "` + at("hub/library/alpine:3.22") + `",
		"ghcr.io/acme/tool:1": "` + at("ghcr/acme/tool:1") + `"
	}}`
	assert.JSONEq(t, want, said[0].Must(t))
	said[1].Refused(t, "node:26-slim lock: image "+registry.Host()+"/hub/library/node:26-slim at the registry "+registry.Host()+": ")
	said[2].Refused(t, `image "perl:5" is neither in the table nor in a component's Dockerfile. Name one of: alpine:3.22, `)
	assert.JSONEq(t, want, said[3].Must(t), "as the engine pulls: this registry lets everybody read")
	said[4].Refused(t, "image localhost:1/hub/library/alpine:3.22 at the registry localhost:1: the engine finds none. Log in where the engine is started")
	said[5].Refused(t, `mirror "hub" is none. Write HOST=ADDRESS`)
}
