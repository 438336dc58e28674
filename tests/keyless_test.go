package tests

import (
	"encoding/json"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pingvas/pingvas-ci/internal/lab"
)

const (
	workflow = "https://github.com/pingvas/pingvas-studio/.github/workflows/delivery.yml@refs/heads/main"
	another  = "https://github.com/pingvas/pingvas-studio/.github/workflows/another.yml@refs/heads/main"
)

// TestKeyless publishes as the job of a workflow, without any key, and verifies
// that it was that workflow: by Fulcio, a certificate log, Rekor and a timestamp
// authority of this machine.
func TestKeyless(t *testing.T) {
	t.Parallel()
	sigstore, err := lab.Sigstore(t.Context(), "..", t.TempDir())
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, sigstore.Close()) })
	registry := start(t, t.TempDir(), 0)
	w := newWorkshop(t)
	w.key = ""
	here := []string{"with-registry", "--address", "localhost:" + port(registry), "--service", "tcp://" + registry.Address}
	publish := func(token url.Values) outcome {
		text, err := sigstore.Token(t.Context(), token)
		require.NoError(t, err)
		o := w.publishTo(t.Context(), slices.Concat(here, []string{"--username", registry.Username, "--password", "env:REGISTRY_PASSWORD",
			"with-keyless-signing", "--identity-token", "env:OIDC_TOKEN", "--service", "tcp://" + sigstore.Address,
			"--signing-config", sigstore.SigningConfig, "--trusted-root", sigstore.TrustedRoot,
		}), []string{"REGISTRY_PASSWORD=" + registry.Password, "OIDC_TOKEN=" + text})
		hasNot(t, o.output, text, "the OIDC token was printed")
		return o
	}
	job := url.Values{"audience": {"sigstore"}}

	for what, c := range map[string]struct {
		token url.Values
		says  string
	}{
		"a token that has ended":    {url.Values{"audience": {"sigstore"}, "lifetime": {"-1m"}}, "the OIDC token ended at "},
		"a token for somebody else": {url.Values{"audience": {"sts.amazonaws.com"}}, `the OIDC token is for "sts.amazonaws.com". Ask its issuer for one for the audience "sigstore"`},
	} {
		refused := publish(c.token)
		require.Error(t, refused.err, what)
		assert.Contains(t, refused.output, c.says, what)
		assert.Empty(t, blobs(t, registry.Dir), what)
	}

	first := publish(job)
	require.NoError(t, first.err, first.output)
	held := names(t, registry.Dir)

	verify := func(digest string, args ...string) (string, error) {
		stdout, all, err := call(t.Context(), slices.Concat(source(w.files), here, []string{"verify", "--image", "user-service@" + digest}, args))
		if err != nil {
			return all, err
		}
		return stdout, nil
	}
	instance := []string{"--certificate-oidc-issuer", sigstore.Issuer(), "--trusted-root", sigstore.TrustedRoot}
	by := func(identity string) []string {
		return append([]string{"--certificate-identity", identity}, instance...)
	}

	t.Run("the workflow verifies", func(t *testing.T) {
		said, err := verify(first.published.Digest, by(workflow)...)
		require.NoError(t, err, said)
		assert.Contains(t, said, "built from "+commit)
		said, err = verify(first.published.Digest, append([]string{"--certificate-identity-regexp", `https://github\.com/pingvas/pingvas-studio/.*`}, instance...)...)
		require.NoError(t, err, said)
	})
	t.Run("published again, it is kept and nothing is signed anew", func(t *testing.T) {
		again := publish(job)
		require.NoError(t, again.err, again.output)
		assert.True(t, again.published.Kept)
		assert.Equal(t, held, names(t, registry.Dir))
	})
	t.Run("what somebody else put in its place does not", func(t *testing.T) {
		said, err := verify(tampered(t, registry, first.published.Digest), by(workflow)...)
		require.Error(t, err)
		assert.Contains(t, said, "no signature by "+workflow)
		assert.Contains(t, said, "provided artifact digest does not match any digest in statement")
	})
	t.Run("another is not believed", func(t *testing.T) {
		said, err := verify(first.published.Digest, by(another)...)
		require.Error(t, err)
		assert.Contains(t, said, `expected SAN value "`+another)
		said, err = verify(first.published.Digest, append([]string{"--certificate-identity-regexp", "https://github.com/pingvas"}, instance...)...)
		require.Error(t, err, "a pattern for a part: %s", said)
		said, err = verify(first.published.Digest, "--certificate-identity", workflow, "--trusted-root", sigstore.TrustedRoot)
		require.Error(t, err, "GitHub's own issuer: %s", said)
	})
	t.Run("another that made the same signs for itself, and both are believed", func(t *testing.T) {
		same := publish(url.Values{"audience": {"sigstore"}, "workflow": {"another.yml"}})
		require.NoError(t, same.err, same.output)
		assert.False(t, same.published.Kept, "another's image was taken for one's own")
		assert.Equal(t, first.published.Digest, same.published.Digest)
		for _, identity := range []string{workflow, another} {
			said, err := verify(first.published.Digest, by(identity)...)
			require.NoError(t, err, said)
		}
	})
	t.Run("what no transparency log holds is not believed, where there is one", func(t *testing.T) {
		unlogged := url.Values{"audience": {"sigstore"}, "workflow": {"unlogged.yml"}}
		known := sigstore.SigningConfig
		defer func() { sigstore.SigningConfig = known }()
		sigstore.SigningConfig = withoutLog(t, known)
		signed := publish(unlogged)
		require.NoError(t, signed.err, signed.output)
		said, err := verify(first.published.Digest, by(strings.Replace(workflow, "delivery.yml", "unlogged.yml", 1))...)
		require.Error(t, err)
		assert.Contains(t, said, "not enough verified log entries from transparency log")
	})
	t.Run("nor is another Sigstore", func(t *testing.T) {
		other, err := lab.Sigstore(t.Context(), "..", t.TempDir())
		require.NoError(t, err)
		defer func() { assert.NoError(t, other.Close()) }()
		said, err := verify(first.published.Digest, "--certificate-identity", workflow, "--certificate-oidc-issuer", sigstore.Issuer(), "--trusted-root", other.TrustedRoot)
		require.Error(t, err)
		assert.Contains(t, said, "no signature by "+workflow)
	})
	t.Run("bad inputs", func(t *testing.T) {
		broken := filepath.Join(t.TempDir(), "broken.json")
		require.NoError(t, os.WriteFile(broken, []byte("{}"), 0o644))
		for _, bad := range []struct {
			args []string
			says string
		}{
			{nil, "give whom to believe: either --public-key, or --certificate-identity"},
			{[]string{"--certificate-identity", workflow, "--public-key", "../ci/internal/attest/testdata/cosign.pub"}, "give whom to believe"},
			{[]string{"--certificate-identity", workflow, "--trusted-root", broken}, "the trusted root is none of Sigstore's"},
			{[]string{"--certificate-identity-regexp", "(", "--trusted-root", sigstore.TrustedRoot}, "whom to believe: "},
		} {
			said, err := verify(first.published.Digest, bad.args...)
			require.Error(t, err)
			assert.Contains(t, said, bad.says)
		}
		for args, says := range map[string]string{
			"":                    "nothing says who runs the job. Give --oidc-url and --oidc-token on GitHub, or --identity-token",
			"--oidc-url env:HOME": "the OIDC request's URL and token belong together",
			"--oidc-url env:HOME --oidc-token env:HOME --identity-token env:HOME": "an OIDC token and the request for one are given. Give one of them",
			"--identity-token env:HOME --trusted-root " + sigstore.TrustedRoot:    "a signing config and a trusted root belong together",
		} {
			_, said, err := call(t.Context(), slices.Concat(source(w.files), []string{"with-keyless-signing"}, strings.Fields(args), []string{"plan", "table"}))
			require.Error(t, err)
			assert.Contains(t, said, says)
		}
	})
}

// withoutLog is the signing config of an instance that logs nothing.
func withoutLog(t *testing.T, file string) string {
	t.Helper()
	text, err := os.ReadFile(file)
	require.NoError(t, err)
	var config map[string]any
	require.NoError(t, json.Unmarshal(text, &config))
	require.Contains(t, config, "rekorTlogUrls")
	delete(config, "rekorTlogUrls")
	delete(config, "rekorTlogConfig")
	text, err = json.Marshal(config)
	require.NoError(t, err)
	made := filepath.Join(t.TempDir(), "signing_config.json")
	require.NoError(t, os.WriteFile(made, text, 0o644))
	return made
}
