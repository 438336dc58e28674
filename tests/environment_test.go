package tests

import (
	"regexp"
	"testing"

	"github.com/google/go-containerregistry/pkg/crane"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pingvas/pingvas-ci/tests/internal/harness"
)

// TestVerifiedEnvironment delivers a signed image, verifies the environment and
// releases what it runs; then somebody else's image is put in its place, and
// last one that is for other machines.
func TestVerifiedEnvironment(t *testing.T) {
	long(t, "TestSigned, TestGitops")
	t.Parallel()
	w := harness.NewServiceWorld(t)
	w.PinsOnlyUserService()
	key := harness.NewKey(t)
	public := harness.PublicHalf(t, key)
	w.Env = []string{"SIGNING_KEY=" + key}
	signing := []string{"with-signing", "--key", "env:SIGNING_KEY"}
	verify := append(w.Ends(), "verify", "--public-key", public, "--environment", "dev")
	release := append(w.Ends(), words("release --environment dev --version v1.4.0 images")...)
	repository := w.Registry.Host() + "/user-service"

	came := w.Batch(t, verify, w.Delivery(signing...), verify, release, release)
	came[0].Refused(t, "dev names it without a digest. Deliver it first")
	came[1].Must(t)
	said := came[2].Must(t)
	assert.Contains(t, said, "built from "+harness.Head(t, w.Dir))
	assert.Regexp(t, `linux/arm64 with [0-9]{2,} components`, said)
	digest := regexp.MustCompile(`sha256:[0-9a-f]{64}`).FindString(said)

	for _, released := range came[3:] { // The second time it is done already.
		assert.Contains(t, released.Must(t), repository+":v1.4.0@"+digest)
	}
	held, err := crane.Digest(repository + ":v1.4.0")
	require.NoError(t, err)
	assert.Equal(t, digest, held)

	changed := w.Registry.Tampered(t, digest)
	bump := words("gitops bump --component user-service --image " + repository + ":tampered@" + changed + " --force json")
	w.Replace(service+"/pyproject.toml", "linux/arm64", "linux/amd64")
	w.Commit(t)
	came = w.Batch(t, append(w.Ends(), bump...), verify, release, w.Delivery(signing...))
	bumped := harness.JSON[harness.Change](t, came[0])
	came[1].Refused(t, "user-service@"+changed+": no signature by this key among 1",
		"no https://slsa.dev/provenance/v1 by this key among 1")
	came[2].Refused(t, "Nothing was tagged now", "release what it runs as another version")
	came[3].Refused(t, "dev runs user-service on arm64 machines, for which the image was not built")
	assert.Equal(t, bumped.Commit, w.Gitops("rev-parse", "main"), "a manifest names what cannot run")
}
