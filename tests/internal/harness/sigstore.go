package harness

import (
	"encoding/json"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pingvas/pingvas-ci/internal/lab"
)

// Sigstore is Fulcio, a certificate log, Rekor and a timestamp authority of
// this machine, with an issuer of a job's tokens.
type Sigstore struct{ *lab.SigstoreServer }

// NewSigstore starts one until the test ends.
func NewSigstore(t *testing.T) Sigstore {
	t.Helper()
	server, err := lab.Sigstore(t.Context(), "..", t.TempDir())
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, server.Close()) })
	return Sigstore{server}
}

// Publish publishes to a registry as a job that has the token that is asked for.
func (s Sigstore) Publish(t *testing.T, w *Workshop, registry Registry, token url.Values) Published {
	t.Helper()
	text, err := s.Token(t.Context(), token)
	require.NoError(t, err)
	p := w.PublishTo(t.Context(), slices.Concat(registry.With(), []string{
		"with-job-identity", "--identity-token", "env:OIDC_TOKEN", "--audience", "sigstore", "with-keyless-signing", "--service", "tcp://" + s.Address,
		"--signing-config", s.SigningConfig, "--trusted-root", s.TrustedRoot,
	}), registry.Env(), "OIDC_TOKEN="+text)
	HasNot(t, p.Output, text, "the OIDC token was printed")
	return p
}

// Trust are the arguments that have one believe this instance.
func (s Sigstore) Trust() []string {
	return []string{"--certificate-oidc-issuer", s.Issuer(), "--trusted-root", s.TrustedRoot}
}

// WithoutLog is the same instance, as if it logged nothing.
func (s Sigstore) WithoutLog(t *testing.T) Sigstore {
	t.Helper()
	text, err := os.ReadFile(s.SigningConfig)
	require.NoError(t, err)
	var config map[string]any
	require.NoError(t, json.Unmarshal(text, &config))
	require.Contains(t, config, "rekorTlogUrls")
	delete(config, "rekorTlogUrls")
	delete(config, "rekorTlogConfig")
	text, err = json.Marshal(config)
	require.NoError(t, err)
	server := *s.SigstoreServer
	server.SigningConfig = filepath.Join(t.TempDir(), "signing_config.json")
	require.NoError(t, os.WriteFile(server.SigningConfig, text, 0o644))
	return Sigstore{&server}
}
