package tests

import (
	"slices"
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
	w := harness.NewServiceWorld(t)
	repository := w.Registry.Host() + "/user-service"
	empty := func(commit, arch string) string {
		t.Helper()
		image, err := mutate.ConfigFile(must(random.Image(64, 1)), &v1.ConfigFile{OS: "linux", Architecture: arch, RootFS: v1.RootFS{Type: "layers"}})
		require.NoError(t, err)
		reference := repository + ":" + commit
		require.NoError(t, crane.Push(image, reference, crane.WithAuth(&authn.Basic{Username: w.Registry.Username, Password: w.Registry.Password})))
		return reference + "@" + must(image.Digest()).String()
	}
	first, second := commitOf("a"), commitOf("b")
	gitops := func(args string, more ...string) []string {
		return slices.Concat(w.Ends(), words("gitops "+args), more, []string{"json"})
	}
	bump := func(image string) []string { return gitops("bump --component user-service --image " + image) }
	const back = "rollback --component user-service --environment dev"
	const to = back + " --to "
	came := w.Batch(t,
		w.Delivery(),
		bump(repository+":"+first+"@sha256:"+first+first[:24]),
		bump(empty(second, "amd64")),
		bump(empty(first, "arm64")),
		gitops(back),
		gitops(to+first),
		gitops(to+first+" --accept-findings"),
		gitops(to+first+" --accept-findings", "--reason", "the site is down"),
	)

	good := harness.JSON[harness.Report](t, came[0]).Components[0]
	came[1].Refused(t, "dev runs nothing that is not there")
	came[2].Refused(t, "dev runs user-service on arm64 machines, for which the image was not built")
	came[3].Must(t)
	came[4].Must(t) // The delivered image passes today's scan.
	came[5].Refused(t, "would run again what a scan of today stops")
	came[6].Refused(t, "accepted for a reason")
	came[7].Must(t)
	assert.Equal(t, 5, w.Commits(), "the delivery's, and those of what was not refused")
	assert.Contains(t, w.Gitops("show", "main~1:"+manifests), good.Digest)
	assert.Contains(t, w.Gitops("show", "main:"+manifests), `newTag: "`+first+`"`)
}
