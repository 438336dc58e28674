package sigstore

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// An instance with a certificate authority of no use, and services that are
// given as JSON. Signing and verifying by real ones: tests/keyless_test.go.
const (
	trustedRoot = `{"mediaType":"application/vnd.dev.sigstore.trustedroot+json;version=0.1","certificateAuthorities":[{"certChain":{"certificates":[{"rawBytes":"%s"}]},"validFor":{"start":"2026-01-01T00:00:00Z"}}]}`
	configured  = `{"mediaType":"application/vnd.dev.sigstore.signingconfig.v0.2+json",%s}`
	authority   = `"caUrls":[{"url":"%s/fulcio","majorApiVersion":1,"validFor":{"start":"2026-01-01T00:00:00Z"}}]`
	timestamps  = `"tsaUrls":[{"url":"https://tsa.example","majorApiVersion":1,"validFor":{"start":"2026-01-01T00:00:00Z"}}],"tsaConfig":{"selector":"ANY"}`
)

func instance(t *testing.T, config string) Services {
	t.Helper()
	server := httptest.NewTLSServer(nil)
	defer server.Close()
	der := base64.StdEncoding.EncodeToString(server.Certificate().Raw)
	s, err := Read(fmt.Appendf(nil, configured, config), fmt.Appendf(nil, trustedRoot, der))
	require.NoError(t, err)
	return s
}

func jwt(claims string) string {
	return "e30." + base64.RawURLEncoding.EncodeToString([]byte(claims)) + ".c2ln"
}

func TestToken(t *testing.T) {
	now := time.Unix(1_800_000_000, 0)
	for claims, says := range map[string]string{
		`{"aud":"sigstore","exp":1800000001}`: "",
		`{"aud":["other","sigstore"]}`:        "",
		`{"aud":"sigstore","exp":1800000000}`: "the OIDC token ended at 2027-01-15T08:00:00Z. Give a new one",
		`{"aud":"sts.amazonaws.com"}`:         `for one for the audience "sigstore"`,
		`{}`:                                  `for one for the audience "sigstore"`,
		`{"aud":7,"secret":"canary"}`:         "the OIDC token's claims cannot be read",
		`no JSON`:                             "the OIDC token's claims cannot be read",
	} {
		err := checkToken(jwt(claims), now)
		if says == "" {
			require.NoError(t, err, claims)
			continue
		}
		require.ErrorContains(t, err, says, claims)
		assert.NotContains(t, err.Error(), "canary")
	}
	require.ErrorContains(t, checkToken("canary", now), "the OIDC token is no JSON Web Token")
}

func TestReadRefuses(t *testing.T) {
	_, err := Read([]byte("{"), nil)
	require.ErrorContains(t, err, "the signing config is none of Sigstore's")
	_, err = Read(fmt.Appendf(nil, configured, `"caUrls":[]`), []byte("{}"))
	require.ErrorContains(t, err, "the trusted root is none of Sigstore's")
	_, err = ReadRoot([]byte(`{"mediaType":"application/vnd.dev.sigstore.trustedroot+json;version=0.1"}`))
	require.ErrorContains(t, err, "it names no certificate authority")
}

// TestCertified asks an authority that is no use, and says why nothing came of
// it. It is asked through another address.
func TestCertified(t *testing.T) {
	asked := 0
	fulcio := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked++
		assert.Equal(t, "/fulcio/api/v2/signingCert", r.URL.Path)
		http.Error(w, "the token is not genuine", http.StatusForbidden)
	}))
	defer fulcio.Close()
	s, err := instance(t, fmt.Sprintf(authority, "https://fulcio.example")+","+timestamps).Through(fulcio.URL)
	require.NoError(t, err)
	for what, c := range map[string]struct {
		token func(context.Context) (string, error)
		says  string
	}{
		"no token":      {func(context.Context) (string, error) { return "", errors.New("no token") }, "certify who runs this job: no token"},
		"a token ended": {func(context.Context) (string, error) { return jwt(`{"aud":"sigstore","exp":1}`), nil }, "the OIDC token ended"},
		"a forged one": {func(context.Context) (string, error) {
			return jwt(`{"aud":"sigstore","sub":"me","iss":"https://issuer.example"}`), nil
		}, "Fulcio returned 403: the token is not genuine"},
	} {
		_, err := NewSigner(s, c.token).Attest(t.Context(), "p", "r", "sha256:"+strings.Repeat("a", 64), []byte("{}"))
		require.ErrorContains(t, err, c.says, what)
	}
	assert.Equal(t, 1, asked)
}

func TestWitnesses(t *testing.T) {
	_, err := instance(t, fmt.Sprintf(authority, "https://fulcio.example")).witnesses()
	require.ErrorContains(t, err, "nothing would say when an image was signed")
	_, err = instance(t, strings.Replace(timestamps, `,"tsaConfig":{"selector":"ANY"}`, "", 1)).witnesses()
	require.ErrorContains(t, err, "choose a timestamp authority of the signing config: invalid service selector")
	options, err := instance(t, timestamps).witnesses()
	require.NoError(t, err)
	assert.Len(t, options.TimestampAuthorities, 1)
	_, err = instance(t, timestamps).fulcio()
	require.ErrorContains(t, err, "names no certificate authority")
}

func TestWhomToBelieve(t *testing.T) {
	s := instance(t, timestamps)
	for _, who := range []Identity{{}, {Subject: "a"}, {Issuer: "i"}, {Subject: "a", SubjectPattern: "a", Issuer: "i"}} {
		_, err := NewVerifier(s.Root, who)
		require.ErrorContains(t, err, "whom to believe?", who)
	}
	_, err := NewVerifier(s.Root, Identity{SubjectPattern: "(", Issuer: "i"})
	require.ErrorContains(t, err, "whom to believe: ")
}
