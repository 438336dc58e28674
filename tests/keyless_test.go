package tests

import (
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pingvas/pingvas-ci/tests/internal/harness"
)

const (
	workflow = "https://github.com/pingvas/pingvas-studio/.github/workflows/delivery.yml@refs/heads/main"
	another  = "https://github.com/pingvas/pingvas-studio/.github/workflows/another.yml@refs/heads/main"
	unlogged = "https://github.com/pingvas/pingvas-studio/.github/workflows/unlogged.yml@refs/heads/main"
)

// keyless is an image that the job of a workflow published, without any key.
type keyless struct {
	*harness.Workshop
	sigstore harness.Sigstore
	registry harness.Registry
	image    string // its digest
}

// as is the token that a job asks its issuer for.
func as(more ...string) url.Values {
	token := url.Values{"audience": {"sigstore"}}
	for i := 0; i < len(more); i += 2 {
		token.Set(more[i], more[i+1])
	}
	return token
}

// publish publishes the image as the job with the token.
func (k keyless) publish(t *testing.T, token url.Values) harness.Published {
	t.Helper()
	return k.sigstore.Publish(t, k.Workshop, k.registry, token)
}

// verify verifies an image by arguments that say whom to believe.
func (k keyless) verify(digest string, whom ...string) harness.Result {
	return k.Call(slices.Concat([]string{"with-registry"}, k.registry.At(), []string{"verify", "--image", "user-service@" + digest}, whom)...)
}

// by are the arguments for one who signs by this Sigstore.
func (k keyless) by(whom ...string) []string { return append(whom, k.sigstore.Trust()...) }

// TestKeyless publishes as the job of a workflow and verifies that it was that
// workflow: by a Sigstore of this machine.
func TestKeyless(t *testing.T) {
	t.Parallel()
	k := keyless{harness.NewWorkshop(t), harness.NewSigstore(t), harness.NewRegistry(t), ""}
	k.Key = ""
	t.Run("no token for this is refused", k.refusesTokens)
	first := k.publish(t, as())
	first.Must(t)
	k.image = first.Image.Digest
	held := k.registry.Held(t)

	t.Run("the workflow verifies", func(t *testing.T) {
		said := k.verify(k.image, k.by("--certificate-identity", workflow)...).Must(t)
		assert.Contains(t, said, "built from "+harness.SourceCommit)
		k.verify(k.image, k.by("--certificate-identity-regexp", `https://github\.com/pingvas/pingvas-studio/.*`)...).Must(t)
	})
	t.Run("published again, it is kept and nothing is signed anew", func(t *testing.T) {
		again := k.publish(t, as())
		again.Must(t)
		assert.True(t, again.Image.Kept)
		assert.Equal(t, held, k.registry.Held(t))
	})
	t.Run("what somebody else put in its place does not", func(t *testing.T) {
		k.verify(k.registry.Tampered(t, k.image), k.by("--certificate-identity", workflow)...).
			Refused(t, "no signature by "+workflow, "provided artifact digest does not match any digest in statement")
	})
	t.Run("another is not believed", k.believesNoOther)
	t.Run("another that made the same signs for itself, and both are believed", func(t *testing.T) {
		same := k.publish(t, as("workflow", "another.yml"))
		same.Must(t)
		assert.False(t, same.Image.Kept, "another's image was taken for one's own")
		assert.Equal(t, k.image, same.Image.Digest)
		for _, identity := range []string{workflow, another} {
			k.verify(k.image, k.by("--certificate-identity", identity)...).Must(t)
		}
	})
	t.Run("what no transparency log holds is not believed, where there is one", func(t *testing.T) {
		k.sigstore.WithoutLog(t).Publish(t, k.Workshop, k.registry, as("workflow", "unlogged.yml")).Must(t)
		k.verify(k.image, k.by("--certificate-identity", unlogged)...).
			Refused(t, "not enough verified log entries from transparency log")
	})
	t.Run("bad inputs", k.refusesInputs)
}

func (k keyless) refusesTokens(t *testing.T) {
	for _, c := range []struct {
		token url.Values
		says  string
	}{
		{as("lifetime", "-1m"), "the OIDC token ended at "},
		{as("audience", "sts.amazonaws.com"), `the OIDC token is for "sts.amazonaws.com". Ask its issuer for one for the audience "sigstore"`},
	} {
		k.publish(t, c.token).Refused(t, c.says)
		assert.Empty(t, k.registry.Held(t), c.says)
	}
}

func (k keyless) believesNoOther(t *testing.T) {
	k.verify(k.image, k.by("--certificate-identity", another)...).Refused(t, `expected SAN value "`+another)
	part := k.verify(k.image, k.by("--certificate-identity-regexp", "https://github.com/pingvas")...)
	require.Error(t, part.Err, "a pattern for a part: %s", part.Output)
	elsewhere := k.verify(k.image, "--certificate-identity", workflow, "--trusted-root", k.sigstore.TrustedRoot)
	require.Error(t, elsewhere.Err, "GitHub's own issuer: %s", elsewhere.Output)
	other := harness.NewSigstore(t)
	k.verify(k.image, "--certificate-identity", workflow, "--certificate-oidc-issuer", k.sigstore.Issuer(), "--trusted-root", other.TrustedRoot).
		Refused(t, "no signature by "+workflow)
}

func (k keyless) refusesInputs(t *testing.T) {
	broken := harness.NewFiles(t, map[string]string{"broken.json": "{}"}).At("broken.json")
	for _, bad := range []struct {
		whom []string
		says string
	}{
		{nil, "give whom to believe: either --public-key, or --certificate-identity"},
		{[]string{"--certificate-identity", workflow, "--public-key", cosignKey + ".pub"}, "give whom to believe"},
		{[]string{"--certificate-identity", workflow, "--trusted-root", broken}, "the trusted root is none of Sigstore's"},
		{[]string{"--certificate-identity-regexp", "(", "--trusted-root", k.sigstore.TrustedRoot}, "whom to believe: "},
	} {
		k.verify(k.image, bad.whom...).Refused(t, bad.says)
	}
	for args, says := range map[string]string{
		"":                    "nothing says who runs the job. Give --oidc-url and --oidc-token on GitHub, or --identity-token",
		"--oidc-url env:HOME": "the OIDC request's URL and token belong together",
		"--oidc-url env:HOME --oidc-token env:HOME --identity-token env:HOME": "an OIDC token and the request for one are given. Give one of them",
		"--identity-token env:HOME --trusted-root " + k.sigstore.TrustedRoot:  "a signing config and a trusted root belong together",
	} {
		k.Call(slices.Concat([]string{"with-keyless-signing"}, strings.Fields(args), []string{"plan", "table"})...).Refused(t, says)
	}
}
