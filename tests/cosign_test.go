package tests

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-containerregistry/pkg/authn"
	"github.com/google/go-containerregistry/pkg/name"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/remote"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pingvas/pingvas-ci/internal/lab"
)

// registryAlias is the registry's name to cosign, which asks names that end so
// without TLS. Its own flag for that is forgotten on the way to the referrers.
const registryAlias = "registry.local"

// cosign is what others verify with: Debian 13's program, in a container of the
// engine. It works in a directory of files that it is given.
type cosign struct {
	t        *testing.T
	registry *lab.Server
	files    string
}

// newCosign gives cosign a directory, to be filled.
func newCosign(t *testing.T, registry *lab.Server) cosign {
	t.Helper()
	c := cosign{t, registry, t.TempDir()}
	// Without one it asks the internet, even where a key is all that counts.
	c.give("no-root.json", `{"mediaType": "application/vnd.dev.sigstore.trustedroot+json;version=0.1"}`)
	return c
}

// give writes a file, which arguments name as it is.
func (c cosign) give(file, text string) {
	c.t.Helper()
	require.NoError(c.t, os.WriteFile(filepath.Join(c.files, file), []byte(text), 0o600))
}

// image is how cosign names an image of the registry.
func (c cosign) image(reference string) string {
	return registryAlias + ":" + port(c.registry) + "/" + reference
}

// ran is what came of one run: what was printed, and whether it succeeded.
type ran struct {
	said string
	ok   bool
}

// run runs cosign with each of the lists of arguments, in one container, which
// is most of what a run takes.
func (c cosign) run(runs ...[]string) (results []ran) {
	c.t.Helper()
	for i, args := range runs {
		c.give(fmt.Sprintf("%d.run", i), strings.Join(args, "\n"))
	}
	out := c.t.TempDir()
	command := exec.CommandContext(c.t.Context(), "dagger", "--progress=plain", "core",
		"container", "from", "--address", pinned(c.t, "python:3.13-slim"),
		"with-exec", "--args", "sh,-ec,apt-get update -q && apt-get install -q -y --no-install-recommends cosign=2.5.0*",
		"with-service-binding", "--alias", registryAlias, "--service", "tcp://"+c.registry.Address,
		"with-directory", "--path", "/files", "--source", c.files, "with-workdir", "--path", "/files",
		"with-exec", "--args", `sh,-c,for run in *.run; do xargs -d '\n' -a $run cosign > $run.said 2>&1 && touch $run.ok; done; true`,
		"directory", "--path", "/files", "export", "--path", out)
	output, err := command.CombinedOutput()
	require.NoError(c.t, err, string(output))
	for i := range runs {
		said, err := os.ReadFile(filepath.Join(out, fmt.Sprintf("%d.run.said", i)))
		require.NoError(c.t, err)
		_, err = os.Stat(filepath.Join(out, fmt.Sprintf("%d.run.ok", i)))
		results = append(results, ran{string(said), err == nil})
	}
	return results
}

// pinned is the reference of an image of the module's table on this machine.
func pinned(t *testing.T, image string) string {
	t.Helper()
	lock, err := os.ReadFile(os.Getenv("PINGVAS_IMAGE_LOCK"))
	if err != nil {
		return image
	}
	var known struct{ Images map[string]string }
	require.NoError(t, json.Unmarshal(lock, &known))
	require.Contains(t, known.Images, image)
	return known.Images[image]
}

// agrees has cosign verify what is said of an image, and refuse all of it where
// somebody says it of another image, which has all of it but what is said of the
// platforms' images.
func (c cosign) agrees(t *testing.T, key, digest, evil string) {
	t.Helper()
	platform := platformDigest(t, c.registry, digest)
	impersonate(t, c.registry, platform, evil)
	with := func(args ...string) []string { return append(args, "--key", key, "--insecure-ignore-tlog") }
	attested := func(what string) []string {
		return with("verify-attestation", "--new-bundle-format", "--trusted-root", "no-root.json", "--type", what)
	}
	ways := []struct {
		what, of string
		args     []string
		refuses  string
	}{
		{"the signature under its tag", digest, with("verify"), "invalid or missing digest in claim: " + digest},
		{"the signature as a referrer", digest, with("verify", "--experimental-oci11", "--verbose"), "invalid or missing digest in claim: " + digest},
		{"the provenance", digest, attested("slsaprovenance1"), "provided artifact digest does not match any digest in statement"},
		{"a platform's bill of materials", platform, attested("cyclonedx"), "provided artifact digest does not match any digest in statement"},
	}
	var runs [][]string
	for _, way := range ways {
		runs = append(runs, append(slices.Clone(way.args), c.image("user-service@"+way.of)), append(slices.Clone(way.args), c.image("user-service@"+evil)))
	}
	results := c.run(runs...)
	for i, way := range ways {
		t.Run("cosign verifies "+way.what, func(t *testing.T) {
			own, other := results[2*i], results[2*i+1]
			assert.True(t, own.ok, own.said)
			assert.Contains(t, own.said, "The signatures were verified against the specified public key")
			assert.False(t, other.ok, "it is said of another image")
			assert.Contains(t, other.said, way.refuses)
		})
	}
	// It would take the signature under the tag, had it found no referrer.
	assert.Contains(t, results[2].said, "/user-service/referrers/"+digest)
	assert.NotContains(t, results[2].said, signatureTag(digest))
}

// impersonate copies all that is said of one image of user-service to another.
func impersonate(t *testing.T, registry *lab.Server, digest, evil string) {
	t.Helper()
	login := remote.WithAuth(&authn.Basic{Username: registry.Username, Password: registry.Password})
	repository, err := name.NewRepository(registry.Address + "/user-service")
	require.NoError(t, err)
	other, err := remote.Head(repository.Digest(evil), login)
	require.NoError(t, err)
	referrers, err := remote.Referrers(repository.Digest(digest), login)
	require.NoError(t, err)
	said, err := referrers.IndexManifest()
	require.NoError(t, err)
	require.NotEmpty(t, said.Manifests)
	for _, artifact := range said.Manifests {
		original, err := remote.Image(repository.Digest(artifact.Digest.String()), login)
		require.NoError(t, err)
		copied := mutate.Subject(original, *other).(remote.Taggable)
		require.NoError(t, remote.Put(repository.Tag("copied-"+artifact.Digest.Hex), copied, login))
	}
	signature, err := remote.Get(repository.Tag(signatureTag(digest)), login)
	if err == nil { // Only the index is signed.
		require.NoError(t, remote.Put(repository.Tag(signatureTag(evil)), signature, login))
	}
}

// signatureTag is where a signature is found without referrers.
func signatureTag(digest string) string { return strings.Replace(digest, ":", "-", 1) + ".sig" }

// platformDigest is the digest of an image of user-service for its first platform.
func platformDigest(t *testing.T, registry *lab.Server, digest string) string {
	t.Helper()
	reference, err := name.NewDigest(registry.Address + "/user-service@" + digest)
	require.NoError(t, err)
	index, err := remote.Index(reference)
	require.NoError(t, err)
	manifest, err := index.IndexManifest()
	require.NoError(t, err)
	require.NotEmpty(t, manifest.Manifests)
	return manifest.Manifests[0].Digest.String()
}
