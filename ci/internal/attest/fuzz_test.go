package attest_test

import (
	"os"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/pingvas/pingvas-ci/ci/internal/attest"
)

// FuzzDocument has what a registry holds beside an image be anything: nothing is
// believed but what the key has signed, and of that image alone.
func FuzzDocument(f *testing.F) {
	read := func(name string) []byte {
		content, err := os.ReadFile("testdata/" + name)
		require.NoError(f, err)
		return content
	}
	public, err := attest.ParsePublicKey(read("cosign.pub"))
	require.NoError(f, err)
	signed := string(read("signed.json"))
	f.Add(read("attested.json"), "")
	f.Add([]byte(signed), string(read("signed.sig")))
	f.Add([]byte(`{"mediaType":"application/vnd.dev.sigstore.bundle.v0.3+json","verificationMaterial":{"publicKey":{"hint":""}},"messageSignature":{"messageDigest":{"algorithm":"SHA2_256","digest":""},"signature":""}}`), "")
	f.Add([]byte(`{"dsseEnvelope":{"payloadType":"application/vnd.in-toto+json","payload":"","signatures":[{"sig":""},{}]}}`), "=")
	f.Fuzz(func(t *testing.T, content []byte, value string) {
		d := attest.Found(attest.BundleType, attest.BundleType, content, nil, map[string]string{attest.SignatureAnnotation: value})
		for _, asked := range []struct{ predicate, digest string }{{attest.SPDX, digest}, {attest.Provenance, other}, {attest.Provenance, ""}} {
			_, err := public.VerifyAttestation(d, asked.predicate, asked.digest)
			require.Error(t, err)
		}
		require.Error(t, public.VerifySignature(d, other))
		if said, err := public.VerifyAttestation(d, attest.Provenance, digest); err == nil {
			require.JSONEq(t, predicate, string(said))
		}
		if public.VerifySignature(d, digest) == nil {
			require.Equal(t, signed, string(content))
		}
	})
}

// FuzzReadBuild checks that provenance is read the same twice, and is, written
// again, what it was.
func FuzzReadBuild(f *testing.F) {
	raw, err := attest.Build{
		Builder: "https://ci.example", Source: "https://github.com/pingvas/pingvas-studio", Commit: "0123456", Parameters: map[string]any{"component": "user-service", "n": 1.5},
		Materials: []string{"alpine", "docker.io/library/python:3.13-slim@" + digest},
		Downloads: []attest.Download{{Address: "https://a.example/x"}, {Address: "https://a.example/y", Digest: digest}, {Address: "https://a.example/z.git", Digest: "0123456"}},
	}.Predicate()
	require.NoError(f, err)
	f.Add(raw)
	raw, err = attest.Build{Commit: "tree-0123456"}.Predicate()
	require.NoError(f, err)
	f.Add(raw)
	f.Add([]byte(`{"buildDefinition":{"buildType":"` + attest.BuildType + `","resolvedDependencies":[{"digest":{"tree":"a","gitCommit":"b"}},{"uri":"https://a","digest":{"sha1":"a","sha256":"b","sha512":"c","gitCommit":"d"}}]}}`))
	f.Fuzz(func(t *testing.T, raw []byte) {
		build, err := attest.ReadBuild(raw)
		if err != nil || build.Commit == "tree-" {
			return
		}
		for range 3 {
			again, err := attest.ReadBuild(raw)
			require.NoError(t, err)
			require.Equal(t, build, again)
		}
		written, err := build.Predicate()
		if err != nil {
			require.ErrorContains(t, err, "provenance: material")
			return
		}
		read, err := attest.ReadBuild(written)
		require.NoError(t, err)
		require.Equal(t, build, read)
	})
}
