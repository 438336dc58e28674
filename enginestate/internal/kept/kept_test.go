package kept

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func run(trust Trust, branch string) Writer {
	return Writer{Engine: "v0.21.8", Platform: "linux/amd64", Repository: "owner/name", Branch: branch, Trust: trust}
}

func TestBranch(t *testing.T) {
	for reference, branch := range map[string]string{
		"refs/heads/main": "main", "main": "main", "feature/x": "feature/x", "refs/heads/feature/7": "feature/7",
		"refs/pull/7/merge": "pull/7", "7/merge": "pull/7", "pull/7": "pull/7", "refs/pull/12/head": "pull/12",
		"refs/merge-requests/7/head": "pull/7", "refs/tags/v1": "tags/v1", "7": "7",
	} {
		assert.Equal(t, branch, Branch(reference), reference)
	}
}

// Who may restore what: own branch's before the default branch's, a delivery
// what deliveries wrote, and a pull request's nobody else.
func TestSources(t *testing.T) {
	for _, is := range []struct {
		reader Reader
		may    []Writer
	}{
		{Reader{run(Delivery, "main"), "main"}, []Writer{run(Delivery, "main")}},
		{Reader{run(Delivery, "release/2"), "main"}, []Writer{run(Delivery, "release/2"), run(Delivery, "main")}},
		{Reader{run(Delivery, "main"), ""}, []Writer{run(Delivery, "main")}},
		{Reader{run(Check, "main"), "main"}, []Writer{run(Check, "main"), run(Delivery, "main")}},
		{Reader{run(Check, "pull/7"), "main"}, []Writer{run(Check, "pull/7"), run(Check, "main"), run(Delivery, "main")}},
	} {
		require.NoError(t, is.reader.Check())
		assert.Equal(t, is.may, is.reader.Sources())
		for _, source := range is.reader.Sources() {
			assert.True(t, !isPullRequest(source.Branch) || is.reader.Branch == source.Branch, "what a pull request kept is its own")
		}
	}
}

func TestRunsThatAreNone(t *testing.T) {
	for said, reader := range map[string]Reader{
		"--repository":           {Writer{Engine: "v1", Branch: "main", Trust: Check}, ""},
		"--branch":               {Writer{Engine: "v1", Repository: "a/b", Trust: Check}, ""},
		"--engine":               {Writer{Branch: "main", Repository: "a/b", Trust: Check}, ""},
		`--trust is "Delivery"`:  {run("Delivery", "main"), ""},
		"nobody has let in":      {run(Delivery, "pull/7"), "main"},
		"--fallback is the pull": {run(Delivery, "main"), "pull/7"},
		"nobody's but its own":   {run(Check, "main"), Branch("refs/pull/7/merge")},
	} {
		assert.ErrorContains(t, reader.Check(), said)
	}
}

func TestKeys(t *testing.T) {
	assert.Equal(t, "pingvas-ci-engine-linux-amd64-v0.21.8-delivery-main", run(Delivery, "main").Key())
	keys := map[string]string{}
	long := strings.Repeat("long/", 50)
	for _, branch := range []string{"a/b", "a-b", "a b", "a//b", "ä", "ö", long + "1", long + "2", "a/b-1", "../x", "Main", "main"} {
		for _, trust := range []Trust{Check, Delivery} {
			key := run(trust, branch).Key()
			assert.Regexp(t, `^[A-Za-z0-9_][A-Za-z0-9._-]{0,127}$`, key, "a tag")
			assert.Empty(t, keys[key], "%s and %s have one key", branch, keys[key])
			keys[key] = branch
		}
	}
}

func TestWrote(t *testing.T) {
	writer := run(Delivery, "main")
	m := Manifest{Format: format, Writer: writer}
	require.NoError(t, writer.Wrote(m))
	for what, change := range map[string]func(*Manifest){
		"engine": func(m *Manifest) { m.Engine = "v0.21.9" }, "platform": func(m *Manifest) { m.Platform = "linux/arm64" },
		"repository": func(m *Manifest) { m.Repository = "owner/other" }, "branch": func(m *Manifest) { m.Branch = "pull/7" },
		"trust": func(m *Manifest) { m.Trust = Check },
	} {
		changed := m
		change(&changed)
		assert.ErrorContains(t, writer.Wrote(changed), "its "+what+" is")
	}
}

func TestFollows(t *testing.T) {
	foreign := run(Delivery, "main")
	foreign.Repository = "owner/other"
	for _, is := range []struct {
		run, began Writer
		fails      bool
	}{
		{run(Delivery, "main"), run(Delivery, "main"), false}, {run(Delivery, "release"), run(Delivery, "main"), false},
		{run(Check, "pull/7"), run(Delivery, "main"), false}, {run(Check, "main"), run(Check, "main"), false},
		{run(Check, "pull/7"), run(Check, "pull/7"), false},
		{run(Delivery, "main"), run(Check, "main"), true}, {run(Check, "main"), run(Check, "pull/7"), true},
		{run(Check, "pull/8"), run(Check, "pull/7"), true}, {run(Delivery, "main"), foreign, true},
	} {
		assert.Equal(t, is.fails, is.run.Follows(is.began) != nil, "%v after %v", is.run, is.began)
	}
}

func TestMark(t *testing.T) {
	data, err := Mark(run(Check, "main"))
	require.NoError(t, err)
	of, err := Marked(data)
	require.NoError(t, err)
	assert.Equal(t, run(Check, "main"), of)
	manifest, err := Write(run(Delivery, "main"), 0, Payload{[]Image{{"sha256:" + strings.Repeat("0", 64), 1}}, 2, nil})
	require.NoError(t, err)
	for _, none := range [][]byte{nil, {}, []byte("{}"), []byte("null"), manifest} {
		_, err := Marked(none)
		assert.Error(t, err, "%s tells nobody's name", none)
	}
}

// A run goes on with what it may restore, of whichever engine.
func TestContinues(t *testing.T) {
	older, other := run(Delivery, "main"), run(Delivery, "main")
	older.Engine, other.Repository = "v0.20.0", "owner/other"
	for _, is := range []struct {
		reader Reader
		began  Writer
		may    bool
	}{
		{Reader{run(Delivery, "main"), ""}, run(Delivery, "main"), true}, {Reader{run(Delivery, "main"), ""}, older, true},
		{Reader{run(Delivery, "release"), "main"}, run(Delivery, "main"), true}, {Reader{run(Delivery, "release"), ""}, run(Delivery, "main"), false},
		{Reader{run(Delivery, "main"), "main"}, run(Check, "main"), false}, {Reader{run(Delivery, "main"), "main"}, other, false},
		{Reader{run(Check, "pull/7"), "main"}, run(Delivery, "main"), true}, {Reader{run(Check, "pull/8"), "main"}, run(Check, "pull/7"), false},
	} {
		assert.Equal(t, is.may, is.reader.Continues(is.began) == nil, "%v after %v", is.reader, is.began)
	}
}

func TestManifest(t *testing.T) {
	payload := Payload{[]Image{{"sha256:" + strings.Repeat("0", 64), 1}, {"sha256:" + strings.Repeat("1", 64), 3}}, 2, []string{"00"}}
	data, err := Write(run(Check, "main"), 1e9, payload)
	require.NoError(t, err)
	m, err := Read(data)
	require.NoError(t, err)
	assert.Equal(t, run(Check, "main"), m.Writer)
	assert.Equal(t, payload, m.Payload)
	for said, text := range map[string]string{
		"cannot be read": "{", "format 1": `{"format": 1}`, "format 0": `{}`, "what the state is": `{"format": 2, "payload": {"unpacked": 1}}`,
	} {
		_, err := Read([]byte(text))
		assert.ErrorContains(t, err, said)
	}
	assert.Equal(t, int64(4), m.Payload.Packed())
	for _, digest := range []string{"x", "sha256:../../etc", "sha256:" + strings.Repeat("0", 63)} {
		data, err := Write(run(Check, "main"), 0, Payload{[]Image{{digest, 1}}, 2, nil})
		require.NoError(t, err)
		_, err = Read(data)
		assert.ErrorContains(t, err, "what the state is", digest)
	}
}

func TestSigned(t *testing.T) {
	_, edKey, err := ed25519.GenerateKey(rand.Reader)
	require.NoError(t, err)
	ecKey, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(t, err)
	manifest := []byte(`{"format":1}`)
	for _, key := range []crypto.Signer{edKey, ecKey} {
		other := map[bool]crypto.Signer{true: edKey, false: ecKey}[key == crypto.Signer(ecKey)]
		envelope, err := Seal(manifest, key)
		require.NoError(t, err)
		opened, err := Proof{Key: key.Public()}.Open(envelope)
		require.NoError(t, err)
		assert.Equal(t, manifest, opened)

		_, err = Proof{Key: other.Public()}.Open(envelope)
		require.ErrorContains(t, err, "another key")
		unsigned, err := Seal(manifest, nil)
		require.NoError(t, err)
		_, err = Proof{Key: key.Public()}.Open(unsigned)
		require.ErrorContains(t, err, "not signed")
		_, err = Proof{}.Open(unsigned)
		require.NoError(t, err)
		for at := range envelope {
			changed := append([]byte{}, envelope...)
			changed[at] ^= 1
			if opened, err := (Proof{Key: key.Public()}).Open(changed); err == nil {
				assert.Equal(t, manifest, opened, "after a change of byte %d", at)
			}
		}
	}
}

func TestDigest(t *testing.T) {
	manifest := []byte(`{"format":1}`)
	envelope, err := Seal(manifest, nil)
	require.NoError(t, err)
	_, err = Proof{Digest: Digest(manifest)}.Open(envelope)
	require.NoError(t, err)
	_, err = Proof{Digest: Digest([]byte("other"))}.Open(envelope)
	require.ErrorContains(t, err, "is wanted")
}

func TestOtherEnvelopes(t *testing.T) {
	other, err := json.Marshal(Envelope{PayloadType: "application/vnd.in-toto+json", Payload: []byte("{}")})
	require.NoError(t, err)
	for _, data := range []string{"", "null", "[]", "{}", string(other)} {
		_, err := Proof{}.Open([]byte(data))
		assert.Error(t, err, data)
	}
}

func TestKeysInPEM(t *testing.T) {
	_, edKey, err := ed25519.GenerateKey(rand.Reader)
	require.NoError(t, err)
	ecKey, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(t, err)
	sec1, err := x509.MarshalECPrivateKey(ecKey)
	require.NoError(t, err)
	for name, is := range map[string]struct {
		key  crypto.Signer
		text []byte
	}{
		"ed25519": {edKey, pkcs8(t, edKey)}, "ecdsa": {ecKey, pkcs8(t, ecKey)},
		"ecdsa of openssl ec": {ecKey, pem.EncodeToMemory(&pem.Block{Type: "EC PRIVATE KEY", Bytes: sec1})},
	} {
		key, err := SigningKey(is.text)
		require.NoError(t, err, name)
		assert.Equal(t, is.key.Public(), key.Public(), name)
		public, err := VerifyingKey(is.text)
		require.NoError(t, err, name)
		assert.Equal(t, is.key.Public(), public, name)
		spki, err := x509.MarshalPKIXPublicKey(is.key.Public())
		require.NoError(t, err)
		public, err = VerifyingKey(pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: spki}))
		require.NoError(t, err, name)
		assert.Equal(t, is.key.Public(), public, name)
	}
	for _, text := range []string{"", "secret", "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n"} {
		_, err := SigningKey([]byte(text))
		require.Error(t, err)
		assert.NotContains(t, err.Error(), "secret")
	}
}

func pkcs8(t *testing.T, key crypto.Signer) []byte {
	t.Helper()
	data, err := x509.MarshalPKCS8PrivateKey(key)
	require.NoError(t, err)
	return pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: data})
}
