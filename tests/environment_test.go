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
	t.Parallel()
	w := harness.NewWorld(t, service)
	w.PinsOnlyUserService()
	const settings = service + "/pyproject.toml"
	original := w.Read(settings)
	builtFor := func(platform string) {
		w.Write(settings, original+"\n[tool.pingvas-ci]\nplatforms = [\""+platform+"\"]\n")
	}
	key := harness.NewKey(t)
	public := harness.PublicHalf(t, key)
	w.Env = []string{"SIGNING_KEY=" + key}
	signing := []string{"with-signing", "--key", "env:SIGNING_KEY"}
	call := func(args ...string) harness.Result { return w.Call(append(w.Ends(), args...)...) }
	verify := []string{"verify", "--public-key", public, "--environment", "dev"}
	release := []string{"release", "--environment", "dev", "--version", "v1.4.0"}
	repository := w.Registry.Host() + "/user-service"

	call(verify...).Refused(t, "dev names it without a digest. Deliver it first")

	builtFor("linux/arm64")
	w.Deliver(signing...).Must(t)
	said := call(verify...).Must(t)
	assert.Contains(t, said, "built from "+harness.Head(t, w.Dir))
	assert.Regexp(t, `linux/arm64 with [0-9]{2,} components`, said)
	digest := regexp.MustCompile(`sha256:[0-9a-f]{64}`).FindString(said)

	for range 2 { // The second time it is done already.
		assert.Contains(t, call(release...).Must(t), repository+":v1.4.0@"+digest)
	}
	held, err := crane.Digest(repository + ":v1.4.0")
	require.NoError(t, err)
	assert.Equal(t, digest, held)

	changed := w.Registry.Tampered(t, digest)
	call("gitops", "bump", "--component", "user-service", "--image", repository+":tampered@"+changed, "--force", "json").Must(t)
	call(verify...).Refused(t, "user-service@"+changed+": no signature by this key among 1",
		"no https://slsa.dev/provenance/v1 by this key among 1")
	call(release...).Refused(t, "Nothing was tagged now", "release what it runs as another version")

	before := w.Gitops("rev-parse", "main")
	builtFor("linux/amd64")
	w.Deliver(signing...).Refused(t, "dev runs user-service on arm64 machines, for which the image was not built")
	assert.Equal(t, before, w.Gitops("rev-parse", "main"), "a manifest names what cannot run")
}
