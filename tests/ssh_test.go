package tests

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pingvas/pingvas-ci/internal/lab"
)

// sshServer serves the GitOps repository to the holder of one key.
type sshServer struct{ Address, KnownHosts, Key, Public string }

func (w *world) ssh() sshServer {
	w.t.Helper()
	program := filepath.Join(w.t.TempDir(), "sshserver")
	run(w.t, "go", "-C", "../ci", "build", "-o", program, "./internal/gitrepo/gittest/sshserver")
	server := exec.Command(program, filepath.Dir(w.bare))
	stdin, err := server.StdinPipe()
	require.NoError(w.t, err)
	stdout, err := server.StdoutPipe()
	require.NoError(w.t, err)
	require.NoError(w.t, server.Start())
	w.t.Cleanup(func() {
		_ = stdin.Close()
		_ = server.Wait()
	})
	var s sshServer
	require.NoError(w.t, json.NewDecoder(stdout).Decode(&s))
	return s
}

// TestGitopsOverSSH pushes with a key, to a server that is known by its own, a
// commit that is signed with a third.
func TestGitopsOverSSH(t *testing.T) {
	t.Parallel()
	w := newWorld(t, service)
	require.NoError(t, lab.Commit(w.studio, w.files, "Change"))
	server := w.ssh()
	dir := t.TempDir()
	signing, other := filepath.Join(dir, "signing"), filepath.Join(dir, "other")
	for _, key := range []string{signing, other} {
		run(t, "ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "", "-f", key)
	}
	bump := func(knownHosts, key, signingKey string) error {
		_, err := dagger(t, append(source(w.studio),
			"with-gitops", "--repository", "ssh://git@"+server.Address+"/pingvas-gitops.git", "--service", "tcp://"+server.Address,
			"with-gitops-key", "--key", "env:DEPLOY_KEY", "--known-hosts", knownHosts,
			"with-gitops-commits", "--signing-key", "env:SIGNING_KEY",
			"gitops", "bump", "--component", "user-service", "--image", reference(strings.Repeat("1", 40)), "json",
		), "DEPLOY_KEY="+key, "SIGNING_KEY="+signingKey)
		return err
	}
	refs := w.gitops("for-each-ref")
	text := func(path string) string {
		content, err := os.ReadFile(path)
		require.NoError(t, err)
		return string(content)
	}
	name, _, _ := strings.Cut(server.KnownHosts, " ")
	for says, err := range map[string]error{
		"the server is not the known one": bump(name+" "+text(other+".pub"), server.Key, text(signing)),
		"authentication failed":           bump(server.KnownHosts, text(other), text(signing)),
		"the key that signs commits":      bump(server.KnownHosts, server.Key, "no key at all"),
	} {
		require.ErrorContains(t, err, says)
		for _, secret := range []string{server.Key, text(other), text(signing)} {
			assert.NotContains(t, err.Error(), strings.Split(secret, "\n")[1])
		}
	}
	require.Equal(t, refs, w.gitops("for-each-ref"), "nothing is left behind")

	require.NoError(t, bump(server.KnownHosts, server.Key, text(signing)))
	assert.Contains(t, w.gitops("show", "main:"+manifests), strings.Repeat("1", 40))
	verify := func(public string) ([]byte, error) {
		signers := filepath.Join(t.TempDir(), "signers")
		require.NoError(t, os.WriteFile(signers, []byte("actions@github.com "+text(public)), 0o600))
		return exec.Command("git", "-C", w.bare, "-c", "gpg.ssh.allowedSignersFile="+signers, "verify-commit", "main").CombinedOutput()
	}
	said, err := verify(signing + ".pub")
	require.NoError(t, err, string(said))
	assert.Contains(t, string(said), `Good "git" signature for actions@github.com`)
	_, err = verify(other + ".pub")
	require.Error(t, err, "another key did not sign it")
}
