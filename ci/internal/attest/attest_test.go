package attest_test

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pingvas/pingvas-ci/ci/internal/attest"
)

const (
	repository = "registry.example/user-service"
	predicate  = `{"a":1}`
)

var (
	digest = "sha256:" + strings.Repeat("a", 64)
	other  = "sha256:" + strings.Repeat("b", 64)
)

func ec(t *testing.T) *ecdsa.PrivateKey {
	t.Helper()
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(t, err)
	return private
}

func newKey(t *testing.T) attest.Key {
	t.Helper()
	der, err := x509.MarshalPKCS8PrivateKey(ec(t))
	require.NoError(t, err)
	key, err := attest.ParseKey(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}), nil)
	require.NoError(t, err)
	return key
}

func TestSignature(t *testing.T) {
	key := newKey(t)
	signature, err := key.Sign(t.Context(), repository, digest)
	require.NoError(t, err)
	again, err := key.Sign(t.Context(), repository, digest)
	require.NoError(t, err)
	assert.Equal(t, signature, again, "nothing in it is random")
	require.NoError(t, key.Public().VerifySignature(signature, digest))
	require.ErrorContains(t, key.Public().VerifySignature(signature, other), "the signature is for "+digest)
	require.ErrorContains(t, newKey(t).Public().VerifySignature(signature, digest), "not by this key")
	signature.Content = bytes.Replace(signature.Content, []byte("aaa"), []byte("bbb"), 1)
	require.ErrorContains(t, key.Public().VerifySignature(signature, digest), "has been changed")
}

func TestAttestation(t *testing.T) {
	key := newKey(t)
	bundle, err := key.Attest(t.Context(), attest.Provenance, repository, digest, []byte(predicate))
	require.NoError(t, err)
	said, err := key.Public().VerifyAttestation(bundle, attest.Provenance, digest)
	require.NoError(t, err)
	assert.JSONEq(t, predicate, string(said))

	for what, test := range map[string]struct {
		bundle              []byte
		key                 attest.PublicKey
		predicate, of, want string
	}{
		"another image":     {bundle.Content, key.Public(), attest.Provenance, other, "not said of " + other},
		"no digest":         {bundle.Content, key.Public(), attest.Provenance, "", "not said of"},
		"another statement": {bundle.Content, key.Public(), attest.SPDX, digest, "not " + attest.SPDX},
		"another key":       {bundle.Content, newKey(t).Public(), attest.Provenance, digest, "not by this key"},
		"changed payload":   {changed(t, bundle.Content), key.Public(), attest.Provenance, digest, "has been changed"},
		"no JSON":           {[]byte("{"), key.Public(), attest.Provenance, digest, "read the bundle"},
		"no signature":      {[]byte(`{"dsseEnvelope":{"payloadType":"application/vnd.in-toto+json"}}`), key.Public(), attest.Provenance, digest, "not by this key"},
	} {
		t.Run(what, func(t *testing.T) {
			_, err := test.key.VerifyAttestation(attest.Document{Content: test.bundle}, test.predicate, test.of)
			require.ErrorContains(t, err, test.want)
		})
	}
}

// TestEarlierDocuments verifies what was signed before Sigstore's library did it,
// and signs the same bytes: what is published is not published anew.
func TestEarlierDocuments(t *testing.T) {
	read := func(name string) []byte {
		content, err := os.ReadFile("testdata/" + name)
		require.NoError(t, err)
		return content
	}
	key, err := attest.ParseKey(read("cosign.key"), []byte("correct horse"))
	require.NoError(t, err)

	signature, err := key.Sign(t.Context(), repository, digest)
	require.NoError(t, err)
	assert.Equal(t, string(read("signed.json")), string(signature.Content))
	assert.Equal(t, string(read("signed.sig")), signature.Value)
	require.NoError(t, key.Public().VerifySignature(signature, digest))

	bundle, err := key.Attest(t.Context(), attest.Provenance, repository, digest, []byte(predicate))
	require.NoError(t, err)
	assert.Equal(t, string(read("attested.json")), string(bundle.Content))
	_, err = key.Public().VerifyAttestation(bundle, attest.Provenance, digest)
	require.NoError(t, err)
}

// changed says another thing under the same signature.
func changed(t *testing.T, bundle []byte) []byte {
	t.Helper()
	var b map[string]any
	require.NoError(t, json.Unmarshal(bundle, &b))
	envelope, isObject := b["dsseEnvelope"].(map[string]any)
	require.True(t, isObject)
	text, isText := envelope["payload"].(string)
	require.True(t, isText)
	payload, err := base64.StdEncoding.DecodeString(text)
	require.NoError(t, err)
	envelope["payload"] = base64.StdEncoding.EncodeToString(bytes.Replace(payload, []byte(`"a":1`), []byte(`"a":2`), 1))
	raw, err := json.Marshal(b)
	require.NoError(t, err)
	return raw
}

func TestBadKeys(t *testing.T) {
	p384, err := ecdsa.GenerateKey(elliptic.P384(), rand.Reader)
	require.NoError(t, err)
	der, err := x509.MarshalECPrivateKey(p384)
	require.NoError(t, err)
	for text, want := range map[string]string{
		"secret": "it is no PEM",
		string(pem.EncodeToMemory(&pem.Block{Type: "RSA PRIVATE KEY", Bytes: der})):          `a PEM of "RSA PRIVATE KEY" is none`,
		string(pem.EncodeToMemory(&pem.Block{Type: "EC PRIVATE KEY", Bytes: der})):           "no ECDSA key on the curve P-256",
		string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: []byte("secret")})): "no ECDSA key on the curve P-256",
	} {
		_, err := attest.ParseKey([]byte(text), nil)
		require.ErrorContains(t, err, want)
		assert.NotContains(t, err.Error(), "secret")
	}
	_, err = attest.ParsePublicKey([]byte("x"))
	require.ErrorContains(t, err, "it is no PEM")
	key := newKey(t)
	text, err := key.Public().PEM()
	require.NoError(t, err)
	read, err := attest.ParsePublicKey(text)
	require.NoError(t, err)
	assert.Equal(t, key.Public(), read)
}

func TestProvenance(t *testing.T) {
	build := attest.Build{
		Builder: "https://ci.example", Source: "https://github.com/pingvas/pingvas-studio", Commit: "0123456",
		Parameters: map[string]any{"component": "user-service"},
		Materials:  []string{"docker.io/library/python:3.13-slim@" + digest},
	}
	raw, err := build.Predicate()
	require.NoError(t, err)
	read, err := attest.ReadBuild(raw)
	require.NoError(t, err)
	assert.Equal(t, build, read)
	assert.Empty(t, read.Unpinned())

	build.Materials = []string{"python:3.13-slim@sha256:short"}
	_, err = build.Predicate()
	require.ErrorContains(t, err, `provenance: material "python:3.13-slim@sha256:short"`)
	require.ErrorContains(t, err, "Write it as REPOSITORY:TAG@sha256:DIGEST")
	_, err = attest.ReadBuild([]byte(`{"buildDefinition":{"buildType":"https://other.example"}}`))
	require.ErrorContains(t, err, "another builder made the image")
}

func TestProvenanceSaysWhatIsUnpinned(t *testing.T) {
	build := attest.Build{
		Builder: "https://ci.example", Commit: "0123456", Source: "https://github.com/pingvas/pingvas-studio",
		Materials: []string{"alpine", "docker.io/library/python:3.13-slim@" + digest, "ghcr.io/astral-sh/uv:0.9.5", "python:${TAG}"},
		Downloads: []attest.Download{
			{Address: "https://a.example/x"}, {Address: "https://a.example/y", Digest: digest},
			{Address: "https://a.example/z.git", Digest: "0123456"},
		},
	}
	raw, err := build.Predicate()
	require.NoError(t, err)
	assert.Contains(t, string(raw), `{"uri":"oci://alpine"},{"uri":"oci://docker.io/`, "an unpinned one has no digest, not an empty one")
	read, err := attest.ReadBuild(raw)
	require.NoError(t, err)
	assert.Equal(t, build, read)
	assert.Equal(t, []string{"alpine", "ghcr.io/astral-sh/uv:0.9.5", "python:${TAG}", "https://a.example/x"}, read.Unpinned())
}

// TestEncryptedKey reads a key that go-securesystemslib encrypted, which is what
// cosign does it with. It is of no use but here; its password is below.
func TestEncryptedKey(t *testing.T) {
	text, err := os.ReadFile("testdata/cosign.key")
	require.NoError(t, err)
	public, err := os.ReadFile("testdata/cosign.pub")
	require.NoError(t, err)
	key, err := attest.ParseKey(text, []byte("correct horse"))
	require.NoError(t, err)
	said, err := key.Public().PEM()
	require.NoError(t, err)
	assert.Equal(t, string(public), string(said))
	older := bytes.ReplaceAll(text, []byte("SIGSTORE"), []byte("COSIGN"))
	_, err = attest.ParseKey(older, []byte("correct horse"))
	require.NoError(t, err)

	encrypted := func(change string) []byte {
		block, _ := pem.Decode(text)
		before, after, _ := strings.Cut(change, " to ")
		require.Contains(t, string(block.Bytes), before)
		return pem.EncodeToMemory(&pem.Block{Type: block.Type, Bytes: bytes.Replace(block.Bytes, []byte(before), []byte(after), 1)})
	}
	der, err := x509.MarshalPKCS8PrivateKey(ec(t))
	require.NoError(t, err)
	plain := pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der})
	for what, test := range map[string]struct {
		key            []byte
		password, want string
	}{
		"no password":           {text, "", "Give its password with --password"},
		"a wrong password":      {text, "wrong horse", "the password does not open the key: encrypted: decryption failed. Check --password"},
		"a needless password":   {plain, "wrong horse", "Leave out --password"},
		"no JSON":               {pem.EncodeToMemory(&pem.Block{Type: "ENCRYPTED COSIGN PRIVATE KEY", Bytes: []byte("x")}), "wrong horse", "make a key with: cosign generate-key-pair"},
		"another cipher":        {encrypted(`nacl/secretbox to none`), "wrong horse", `unknown cipher name "none"`},
		"too much memory":       {encrypted(`65536 to 16777216`), "wrong horse", "unsupported scrypt parameters"},
		"parameters of no kind": {encrypted(`65536 to 65535`), "wrong horse", "unsupported scrypt parameters"},
	} {
		t.Run(what, func(t *testing.T) {
			_, err := attest.ParseKey(test.key, []byte(test.password))
			require.ErrorContains(t, err, test.want)
			assert.NotContains(t, err.Error(), "horse")
		})
	}
}
