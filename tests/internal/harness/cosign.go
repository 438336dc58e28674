package harness

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
)

// registryAlias is the registry's name to cosign, which asks names that end so
// without TLS. Its own flag for that is forgotten on the way to the referrers.
const registryAlias = "registry.local"

// Cosign is what others verify with: Debian 13's program, in a container of the
// engine. It works in a directory of files that it is given.
type Cosign struct {
	Files
	registry Registry
}

// NewCosign gives cosign a directory, to be filled.
func NewCosign(t *testing.T, registry Registry) Cosign {
	t.Helper()
	return Cosign{NewFiles(t, map[string]string{
		// Without one it asks the internet, even where a key is all that counts.
		"no-root.json": `{"mediaType": "application/vnd.dev.sigstore.trustedroot+json;version=0.1"}`,
	}), registry}
}

// image is how cosign names an image of the registry.
func (c Cosign) image(reference string) string {
	return registryAlias + ":" + c.registry.Port() + "/" + reference
}

// ran is what came of one run: what was printed, and whether it succeeded.
type ran struct {
	said string
	ok   bool
}

// run runs cosign with each of the lists of arguments, in one container, which
// is most of what a run takes.
func (c Cosign) run(runs ...[]string) (results []ran) {
	c.t.Helper()
	for i, args := range runs {
		c.Write(fmt.Sprintf("%d.run", i), strings.Join(args, "\n"))
	}
	out := NewFiles(c.t, nil)
	Core(c.t, "container", "from", "--address", Pinned(c.t, "python:3.13-slim"),
		"with-exec", "--args", "sh,-ec,apt-get update -q && apt-get install -q -y --no-install-recommends cosign=2.5.0*",
		"with-service-binding", "--alias", registryAlias, "--service", "tcp://"+c.registry.Address,
		"with-directory", "--path", "/files", "--source", c.Dir, "with-workdir", "--path", "/files",
		"with-exec", "--args", `sh,-c,for run in *.run; do xargs -d '\n' -a $run cosign > $run.said 2>&1; echo $? > $run.status; done; true`,
		"directory", "--path", "/files", "export", "--path", out.Dir)
	for i := range runs {
		run := fmt.Sprintf("%d.run", i)
		results = append(results, ran{out.Read(run + ".said"), out.Read(run+".status") == "0\n"})
	}
	return results
}

// Agrees has cosign verify what is said of an image of user-service, and refuse
// all of it where somebody says it of another image, which has all of it but
// what is said of the platforms' images.
func (c Cosign) Agrees(t *testing.T, key, digest, evil string) {
	t.Helper()
	_, manifests := c.registry.platformImages(t, digest)
	platform := manifests[0].Digest.String()
	c.registry.impersonate(t, platform, evil)
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
		for _, image := range []string{way.of, evil} {
			runs = append(runs, append(slices.Clone(way.args), c.image("user-service@"+image)))
		}
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
