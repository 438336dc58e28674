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

func newKey(t *testing.T) attest.Key {
	t.Helper()
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(t, err)
	der, err := x509.MarshalPKCS8PrivateKey(private)
	require.NoError(t, err)
	key, err := attest.ParseKey(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}))
	require.NoError(t, err)
	return key
}

func TestSignature(t *testing.T) {
	key := newKey(t)
	signature, err := key.Sign(repository, digest)
	require.NoError(t, err)
	again, err := key.Sign(repository, digest)
	require.NoError(t, err)
	assert.Equal(t, signature, again, "nothing in it is random")
	require.NoError(t, key.Public().Verify(signature, digest))
	require.ErrorContains(t, key.Public().Verify(signature, other), "the signature is for "+digest)
	require.ErrorContains(t, newKey(t).Public().Verify(signature, digest), "not by this key")
	signature.Payload = bytes.Replace(signature.Payload, []byte("aaa"), []byte("bbb"), 1)
	require.ErrorContains(t, key.Public().Verify(signature, digest), "has been changed")
}

func TestAttestation(t *testing.T) {
	key := newKey(t)
	bundle, err := key.Attest(attest.Provenance, repository, digest, []byte(predicate))
	require.NoError(t, err)
	said, err := key.Public().Attested(bundle, attest.Provenance, digest)
	require.NoError(t, err)
	assert.JSONEq(t, predicate, string(said))

	for what, test := range map[string]struct {
		bundle              []byte
		key                 attest.PublicKey
		predicate, of, want string
	}{
		"another image":     {bundle, key.Public(), attest.Provenance, other, "not said of " + other},
		"no digest":         {bundle, key.Public(), attest.Provenance, "", "not said of"},
		"another statement": {bundle, key.Public(), attest.SPDX, digest, "not " + attest.SPDX},
		"another key":       {bundle, newKey(t).Public(), attest.Provenance, digest, "not by this key"},
		"changed payload":   {changed(t, bundle), key.Public(), attest.Provenance, digest, "has been changed"},
		"no JSON":           {[]byte("{"), key.Public(), attest.Provenance, digest, "read the bundle"},
		"no signature":      {[]byte(`{"dsseEnvelope":{"payloadType":"application/vnd.in-toto+json"}}`), key.Public(), attest.Provenance, digest, "not by this key"},
	} {
		t.Run(what, func(t *testing.T) {
			_, err := test.key.Attested(test.bundle, test.predicate, test.of)
			require.ErrorContains(t, err, test.want)
		})
	}
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
		string(pem.EncodeToMemory(&pem.Block{Type: "ENCRYPTED SIGSTORE PRIVATE KEY", Bytes: der})): "an encrypted key cannot",
		string(pem.EncodeToMemory(&pem.Block{Type: "EC PRIVATE KEY", Bytes: der})):                 "no ECDSA key on the curve P-256",
		string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: []byte("secret")})):       "no ECDSA key on the curve P-256",
	} {
		_, err := attest.ParseKey([]byte(text))
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

	build.Materials = []string{"python:3.13-slim"}
	_, err = build.Predicate()
	require.ErrorContains(t, err, "has no digest; pin it")
	_, err = attest.ReadBuild([]byte(`{"buildDefinition":{"buildType":"https://other.example"}}`))
	require.ErrorContains(t, err, "another builder made the image")
}
