package tests

import (
	"net/url"
	"slices"
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

// verify are the arguments that verify an image, by those that say whom to believe.
func (k keyless) verify(digest string, whom ...string) []string {
	return slices.Concat([]string{"with-registry"}, k.registry.At(), []string{"verify", "--image", "user-service@" + digest}, whom)
}

// by are the arguments for one who signs by this Sigstore.
func (k keyless) by(whom ...string) []string { return append(whom, k.sigstore.Trust()...) }

// TestKeyless publishes as the job of a workflow and verifies that it was that
// workflow: by a Sigstore of this machine.
func TestKeyless(t *testing.T) {
	long(t, "TestSigned")
	t.Parallel()
	k := keyless{harness.NewWorkshop(t), harness.NewSigstore(t), harness.NewRegistry(t), ""}
	k.Key = ""
	t.Run("no token for this is refused", k.refusesTokens)
	first := k.publish(t, as())
	first.Must(t)
	k.image = first.Image.Digest
	held := k.registry.Held(t)

	t.Run("published again, it is kept and nothing is signed anew", func(t *testing.T) {
		again := k.publish(t, as())
		again.Must(t)
		assert.True(t, again.Image.Kept)
		assert.Equal(t, held, k.registry.Held(t))
	})
	t.Run("whom to believe", k.believes)
	t.Run("another that made the same signs for itself, and both are believed", func(t *testing.T) {
		long(t, "whom to believe, above")
		same := k.publish(t, as("workflow", "another.yml"))
		same.Must(t)
		assert.False(t, same.Image.Kept, "another's image was taken for one's own")
		assert.Equal(t, k.image, same.Image.Digest)
		// One more, whom no log holds, where there is one.
		k.sigstore.WithoutLog(t).Publish(t, k.Workshop, k.registry, as("workflow", "unlogged.yml")).Must(t)
		came := k.Batch(t, k.verify(k.image, k.by("--certificate-identity", workflow)...),
			k.verify(k.image, k.by("--certificate-identity", another)...),
			k.verify(k.image, k.by("--certificate-identity", unlogged)...))
		came[0].Must(t)
		came[1].Must(t)
		came[2].Refused(t, "not enough verified log entries from transparency log")
	})
	t.Run("bad inputs", func(t *testing.T) {
		long(t, "TestBadInputs; ci/internal/sigstore")
		k.refusesInputs(t)
	})
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

// believes verifies the workflow, and neither what somebody else put in its
// place, nor another workflow, nor the same by another Sigstore.
func (k keyless) believes(t *testing.T) {
	other := harness.NewSigstore(t)
	came := k.Batch(t,
		k.verify(k.image, k.by("--certificate-identity", workflow)...),
		k.verify(k.image, k.by("--certificate-identity-regexp", `https://github\.com/pingvas/pingvas-studio/.*`)...),
		k.verify(k.registry.Tampered(t, k.image), k.by("--certificate-identity", workflow)...),
		k.verify(k.image, k.by("--certificate-identity", another)...),
		k.verify(k.image, k.by("--certificate-identity-regexp", "https://github.com/pingvas")...),
		k.verify(k.image, "--certificate-identity", workflow, "--trusted-root", k.sigstore.TrustedRoot),
		k.verify(k.image, "--certificate-identity", workflow, "--certificate-oidc-issuer", k.sigstore.Issuer(), "--trusted-root", other.TrustedRoot),
	)
	assert.Contains(t, came[0].Must(t), "built from "+harness.SourceCommit)
	came[1].Must(t)
	came[2].Refused(t, "no signature by "+workflow, "provided artifact digest does not match any digest in statement")
	came[3].Refused(t, `expected SAN value "`+another)
	require.Error(t, came[4].Err, "a pattern for a part")
	require.Error(t, came[5].Err, "GitHub's own issuer")
	came[6].Refused(t, "no signature by "+workflow)
}

func (k keyless) refusesInputs(t *testing.T) {
	broken := harness.NewFiles(t, map[string]string{"broken.json": "{}"}).At("broken.json")
	var calls [][]string
	var says []string
	refuses := func(text string, call []string) {
		calls, says = append(calls, call), append(says, text)
	}
	refuses("give whom to believe: either --public-key, or --certificate-identity", k.verify(k.image))
	refuses("give whom to believe", k.verify(k.image, "--certificate-identity", workflow, "--public-key", cosignKey+".pub"))
	refuses("the trusted root is none of Sigstore's", k.verify(k.image, "--certificate-identity", workflow, "--trusted-root", broken))
	refuses("whom to believe: ", k.verify(k.image, "--certificate-identity-regexp", "(", "--trusted-root", k.sigstore.TrustedRoot))
	signing := func(identity, args string) []string {
		return words(identity + " with-keyless-signing " + args + " plan table")
	}
	refuses("nothing says who runs the job. Give it with with-job-identity, before with-keyless-signing", signing("", ""))
	refuses("nothing says who runs the job. Give --oidc-url and --oidc-token on GitHub, or --identity-token", signing("with-job-identity", ""))
	refuses("the OIDC request's URL and token belong together", signing("with-job-identity --oidc-url env:HOME", ""))
	refuses("an OIDC token and the request for one are given. Give one of them",
		signing("with-job-identity --oidc-url env:HOME --oidc-token env:HOME --identity-token env:HOME", ""))
	refuses("nothing says who runs the job", signing("with-job-identity --identity-token env:HOME --audience sts.amazonaws.com", ""))
	refuses("a signing config and a trusted root belong together",
		signing("with-job-identity --identity-token env:HOME", "--trusted-root "+k.sigstore.TrustedRoot))
	for i, refused := range k.Batch(t, calls...) {
		refused.Refused(t, says[i])
	}
}
