package tests

import (
	"os/exec"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pingvas/pingvas-ci/tests/internal/harness"
)

// TestGitopsOverSSH pushes with a key, to a server that is known by its own, a
// commit that is signed with a third.
func TestGitopsOverSSH(t *testing.T) {
	long(t, "TestGitops; ci/internal/gitrepo, over SSH")
	t.Parallel()
	w := harness.NewServiceWorld(t)
	server := w.SSH()
	keys := harness.NewFiles(t, nil)
	for _, key := range []string{"signing", "other"} {
		harness.Run(t, "ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "", "-f", keys.At(key))
	}
	signing, other := keys.Read("signing"), keys.Read("other")
	w.Env = []string{"DEPLOY_KEY=" + server.Key, "OTHER_KEY=" + other, "SIGNING_KEY=" + signing, "NO_KEY=no key at all"}
	bump := func(knownHosts, key, signingKey string) []string {
		return slices.Concat(
			words("with-gitops --repository ssh://git@"+server.Address+"/pingvas-gitops.git --service tcp://"+server.Address),
			words("with-gitops-key --key env:"+key+" --known-hosts"), []string{knownHosts},
			words("with-gitops-commits --signing-key env:"+signingKey),
			words("gitops bump --component user-service --image "+reference(commitOf("1"))+" json"))
	}
	refs := w.Gitops("for-each-ref")
	host, _, _ := strings.Cut(server.KnownHosts, " ")
	refused := w.Batch(t,
		bump(host+" "+keys.Read("other.pub"), "DEPLOY_KEY", "SIGNING_KEY"),
		bump(server.KnownHosts, "OTHER_KEY", "SIGNING_KEY"),
		bump(server.KnownHosts, "DEPLOY_KEY", "NO_KEY"))
	for i, says := range []string{"the server is not the known one", "authentication failed", "the key that signs commits"} {
		refused[i].Refused(t, says)
	}
	for _, secret := range []string{server.Key, other, signing} {
		assert.NotContains(t, refused[0].Output, strings.Split(secret, "\n")[1])
	}
	require.Equal(t, refs, w.Gitops("for-each-ref"), "nothing is left behind")

	w.Must(t, bump(server.KnownHosts, "DEPLOY_KEY", "SIGNING_KEY")...)
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
