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
	long(t, "TestGitops")
	t.Parallel()
	w := harness.NewServiceWorld(t)
	repository := w.Registry.Host() + "/user-service"
	empty := func(commit, arch string) string { return pushed(t, w, commit, arch) }
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

// pushed is an image of the user service of which nobody can tell anything.
func pushed(t *testing.T, w *harness.World, commit, arch string) string {
	t.Helper()
	image, err := mutate.ConfigFile(must(random.Image(64, 1)), &v1.ConfigFile{OS: "linux", Architecture: arch, RootFS: v1.RootFS{Type: "layers"}})
	require.NoError(t, err)
	reference := w.Registry.Host() + "/user-service:" + commit
	require.NoError(t, crane.Push(image, reference, crane.WithAuth(&authn.Basic{Username: w.Registry.Username, Password: w.Registry.Password})))
	return reference + "@" + must(image.Digest()).String()
}

// TestRollbackSticks delivers the service, rolls it back, and runs again: of the same
// commit, and of a later one that leaves it as it is. Nothing is built for that, and
// nothing delivered before a person says so.
func TestRollbackSticks(t *testing.T) {
	long(t, "TestGitops")
	t.Parallel()
	w := harness.NewServiceWorld(t)
	gitops := func(args string, more ...string) []string {
		return slices.Concat(w.Ends(), words("gitops "+args), more)
	}
	const of = " --component user-service --environment dev"
	before := commitOf("c")
	came := w.Batch(t,
		gitops("bump --component user-service --image "+pushed(t, w, before, "arm64"), "commit"),
		w.Delivery(),
		gitops("rollback"+of+" --accept-findings", "--reason", "the site is down", "json"),
		w.Delivery(),
		gitops("pins"),
		gitops("history"+of+" table"),
	)
	came[0].Must(t)
	bad := harness.JSON[harness.Report](t, came[1]).Commit
	came[2].Must(t)
	again := harness.JSON[harness.Report](t, came[3])
	held := bad + " was rolled back on "
	require.Len(t, again.Held, 1)
	assert.Contains(t, again.Held[0], "user-service stays at "+before+": "+held)
	assert.Contains(t, again.Held[0], "(the site is down). Nothing of it has changed since")
	assert.Empty(t, again.Affected)
	assert.Empty(t, again.Components)
	assert.Contains(t, came[4].Must(t), held)
	assert.Contains(t, came[5].Must(t), "Held: "+held)

	w.Write("README.md", "for people\n")
	w.Commit(t)
	calls := [][]string{w.Delivery(), gitops("lift-hold"+of, "--reason", "it was the database", "json"), w.Delivery()}
	if testing.Short() {
		calls = calls[:2]
	}
	came = w.Batch(t, calls...)
	assert.Len(t, harness.JSON[harness.Report](t, came[0]).Held, 1, "a later commit that leaves it as it is")
	lifted := harness.JSON[harness.Change](t, came[1])
	assert.NotEmpty(t, lifted.Commit)
	assert.Equal(t, []string{"user-service " + bad + " may be delivered again: its hold is lifted"}, lifted.Notes)
	if testing.Short() {
		return
	}
	last := harness.JSON[harness.Report](t, came[2])
	assert.Empty(t, last.Held)
	assert.Len(t, last.Components, 1)
	assert.Contains(t, w.Gitops("show", "main:"+manifests), last.Commit)
}
