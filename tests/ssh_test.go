package tests

import (
	"os/exec"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pingvas/pingvas-ci/tests/internal/harness"
)

// TestGitopsOverSSH pushes with a key, to a server that is known by its own, a
// commit that is signed with a third.
func TestGitopsOverSSH(t *testing.T) {
	t.Parallel()
	w := harness.NewWorld(t, service)
	server := w.SSH()
	keys := harness.NewFiles(t, nil)
	for _, key := range []string{"signing", "other"} {
		harness.Run(t, "ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "", "-f", keys.At(key))
	}
	signing, other := keys.Read("signing"), keys.Read("other")
	bump := func(knownHosts, key, signingKey string) harness.Result {
		return harness.Call(t.Context(), append(harness.Source(w.Dir),
			"with-gitops", "--repository", "ssh://git@"+server.Address+"/pingvas-gitops.git", "--service", "tcp://"+server.Address,
			"with-gitops-key", "--key", "env:DEPLOY_KEY", "--known-hosts", knownHosts,
			"with-gitops-commits", "--signing-key", "env:SIGNING_KEY",
			"gitops", "bump", "--component", "user-service", "--image", reference(commitOf("1")), "json",
		), "DEPLOY_KEY="+key, "SIGNING_KEY="+signingKey)
	}
	refs := w.Gitops("for-each-ref")
	host, _, _ := strings.Cut(server.KnownHosts, " ")
	for says, refused := range map[string]harness.Result{
		"the server is not the known one": bump(host+" "+keys.Read("other.pub"), server.Key, signing),
		"authentication failed":           bump(server.KnownHosts, other, signing),
		"the key that signs commits":      bump(server.KnownHosts, server.Key, "no key at all"),
	} {
		refused.Refused(t, says)
		for _, secret := range []string{server.Key, other, signing} {
			assert.NotContains(t, refused.Output, strings.Split(secret, "\n")[1])
		}
	}
	require.Equal(t, refs, w.Gitops("for-each-ref"), "nothing is left behind")

	bump(server.KnownHosts, server.Key, signing).Must(t)
	assert.Contains(t, w.Gitops("show", "main:"+manifests), commitOf("1"))
	verify := func(public string) ([]byte, error) {
		keys.Write("signers", "actions@github.com "+keys.Read(public))
		return exec.Command("git", "-C", w.Bare, "-c", "gpg.ssh.allowedSignersFile="+keys.At("signers"), "verify-commit", "main").CombinedOutput()
	}
	said, err := verify("signing.pub")
	require.NoError(t, err, string(said))
	assert.Contains(t, string(said), `Good "git" signature for actions@github.com`)
	_, err = verify("other.pub")
	require.Error(t, err, "another key did not sign it")
}
