package tests

import (
	"testing"

	"github.com/google/go-containerregistry/pkg/authn"
	"github.com/google/go-containerregistry/pkg/crane"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/random"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pingvas/pingvas-ci/tests/internal/harness"
)

// TestRollbackAsksTheRegistry rolls back between a delivered image and one of
// which a scanner cannot tell anything. What is not in the registry, for the
// machines that run it, no manifest gets to name.
func TestRollbackAsksTheRegistry(t *testing.T) {
	t.Parallel()
	w := harness.NewWorld(t, service)
	delivered := harness.JSON[harness.Report](t, w.Deliver())
	require.Len(t, delivered.Components, 1)
	good := delivered.Components[0]
	empty := func(commit, arch string) string {
		t.Helper()
		image, err := mutate.ConfigFile(must(random.Image(64, 1)), &v1.ConfigFile{OS: "linux", Architecture: arch, RootFS: v1.RootFS{Type: "layers"}})
		require.NoError(t, err)
		reference := good.Repository + ":" + commit
		require.NoError(t, crane.Push(image, reference, crane.WithAuth(&authn.Basic{Username: w.Registry.Username, Password: w.Registry.Password})))
		return reference + "@" + must(image.Digest()).String()
	}
	first, second := commitOf("a"), commitOf("b")
	gitops := func(args ...string) harness.Result {
		return w.Call(append(append(append(w.Ends(), "gitops"), args...), "json")...)
	}
	bump := func(image string) harness.Result {
		return gitops("bump", "--component", "user-service", "--image", image)
	}
	runs := func() string { return w.Gitops("show", "main:"+manifests) }

	bump(good.Repository+":"+first+"@sha256:"+first+first[:24]).Refused(t, "dev runs nothing that is not there")
	bump(empty(second, "amd64")).Refused(t, "dev runs user-service on arm64 machines, for which the image was not built")
	assert.Equal(t, 2, w.Commits(), "only the delivery's")

	bump(empty(first, "arm64")).Must(t)
	back := []string{"rollback", "--component", "user-service", "--environment", "dev"}
	require.NoError(t, gitops(back...).Err, "the delivered image passes today's scan")
	assert.Contains(t, runs(), good.Digest)

	back = append(back, "--to", first)
	gitops(back...).Refused(t, "would run again what a scan of today stops")
	assert.Contains(t, runs(), good.Digest)
	back = append(back, "--accept-findings")
	gitops(back...).Refused(t, "accepted for a reason")
	gitops(append(back, "--reason", "the site is down")...).Must(t)
	assert.Contains(t, runs(), `newTag: "`+first+`"`)
}
