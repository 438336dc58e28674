package tests

import (
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pingvas/pingvas-ci/tests/internal/harness"
)

// cosignKey is a pair of files, of which cosign encrypted the one.
const cosignKey = "../ci/internal/attest/testdata/cosign"

// TestSigned publishes a signed image, verifies it as a cluster would, and then
// an image that somebody else put in its place.
func TestSigned(t *testing.T) {
	t.Parallel()
	w := harness.NewWorkshop(t)
	registry := harness.NewRegistry(t)
	signed := w.Publish(t.Context(), registry)
	signed.Must(t)
	digest := signed.Image.Digest
	for _, secret := range []string{registry.Password, strings.Split(w.Key, "\n")[1]} {
		assert.NotContains(t, signed.Output, secret, "a secret was printed")
		assert.Empty(t, registry.Holding(t, digest, secret), "a secret was published")
	}
	public := harness.PublicHalf(t, w.Key)
	verify := func(digest string) harness.Result {
		return w.Call(slices.Concat([]string{"with-registry"}, registry.At(),
			[]string{"verify", "--public-key", public, "--image", "user-service@" + digest})...)
	}
	said := verify(digest).Must(t)
	assert.Contains(t, said, "built from "+harness.SourceCommit)
	assert.Regexp(t, `linux/arm64 with [0-9]{2,} components`, said)

	evil := registry.Tampered(t, digest)
	verify(evil).Refused(t, "no signature by this key among 1", "the signature is for "+digest,
		"no https://slsa.dev/provenance/v1 by this key")

	cosign := harness.NewCosign(t, registry)
	require.NoError(t, os.Rename(public, cosign.At("pingvas.pub")))
	cosign.Agrees(t, "pingvas.pub", digest, evil)
}

// TestEncryptedSigningKey takes a key as cosign keeps it.
func TestEncryptedSigningKey(t *testing.T) {
	t.Parallel()
	public := func(password string) []string {
		return words("--source " + t.TempDir() + " with-signing --key file:" + cosignKey + ".key --password env:" + password + " public-key contents")
	}
	came := harness.Batch(t, []string{"RIGHT=correct horse", "WRONG=wrong horse"}, public("RIGHT"), public("WRONG"))
	want, err := os.ReadFile(cosignKey + ".pub")
	require.NoError(t, err)
	assert.Equal(t, strings.TrimSpace(string(want)), strings.TrimSpace(came[0].Must(t)))
	came[1].Refused(t, "the password does not open the key")
	assert.NotContains(t, came[1].Output, "wrong horse")
}
