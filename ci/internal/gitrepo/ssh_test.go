package gitrepo_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/pingvas/pingvas-ci/ci/internal/gitrepo"
	"github.com/pingvas/pingvas-ci/ci/internal/gitrepo/gittest"
)

// overSSH is a repository that only ssh leads to.
func overSSH(t *testing.T) (*gittest.Repository, gitrepo.Remote) {
	t.Helper()
	root := t.TempDir()
	server, err := gittest.New(root)
	require.NoError(t, err)
	repository, err := server.AddRepository("gitops.git", map[string]string{"a.txt": "one\n"})
	require.NoError(t, err)
	ssh := gittest.ServeSSH(t, root)
	return repository, gitrepo.Remote{
		URL: "ssh://git@" + ssh.Address + "/gitops.git", Branch: "main", Key: ssh.Key, KnownHosts: ssh.KnownHosts,
	}
}

func TestUpdateOverSSH(t *testing.T) {
	repository, remote := overSSH(t)
	require.NoError(t, gitrepo.CanPush(t.Context(), remote))
	result, err := gitrepo.Update(t.Context(), remote, gitrepo.Options{}, writing(map[string]string{"a.txt": "two\n"}))
	require.NoError(t, err)
	require.Equal(t, gitIn(t, repository, "rev-parse", "main"), result.Commit)
}

// A server that is reached by another address is still the known one.
func TestUpdateOverSSHByAnotherAddress(t *testing.T) {
	_, remote := overSSH(t)
	known := strings.TrimSuffix(strings.TrimPrefix(remote.URL, "ssh://git@"), "/gitops.git")
	remote.URL = strings.Replace(remote.URL, "127.0.0.1", "localhost", 1)
	require.ErrorIs(t, gitrepo.CanPush(t.Context(), remote), gitrepo.ErrUntrusted)
	remote.KnownAs = known
	require.NoError(t, gitrepo.CanPush(t.Context(), remote))
}

func TestErrorsOfSSH(t *testing.T) {
	other := gittest.ServeSSH(t, t.TempDir())
	for name, test := range map[string]struct {
		change func(*gitrepo.Remote)
		is     error
		says   string
	}{
		"a key that is not let in":           {func(r *gitrepo.Remote) { r.Key = other.Key }, gitrepo.ErrAuthentication, "a key that may"},
		"a server that is not the known one": {func(r *gitrepo.Remote) { r.KnownHosts = other.KnownHosts }, gitrepo.ErrUntrusted, "known_hosts"},
		"no key":                             {func(r *gitrepo.Remote) { r.Key = "" }, nil, "there is no key"},
		"a key that is none":                 {func(r *gitrepo.Remote) { r.Key = "-----BEGIN OPENSSH PRIVATE KEY-----" }, nil, "is no private key, or wants a passphrase"},
		"no known hosts":                     {func(r *gitrepo.Remote) { r.KnownHosts = "" }, nil, "any server could take its place"},
		"a user that is an option":           {func(r *gitrepo.Remote) { r.URL = "ssh://-oProxyCommand=x@127.0.0.1/a.git" }, nil, "no ssh address"},
		"a password":                         {func(r *gitrepo.Remote) { r.URL = "ssh://git:pass@127.0.0.1/a.git" }, nil, "has a password"},
		"no such repository":                 {func(r *gitrepo.Remote) { r.URL += "x" }, gitrepo.ErrNotFound, "Correct the address"},
	} {
		t.Run(name, func(t *testing.T) {
			repository, remote := overSSH(t)
			before := gitIn(t, repository, "rev-parse", "main")
			test.change(&remote)
			_, err := gitrepo.Update(t.Context(), remote, gitrepo.Options{}, writing(map[string]string{"a.txt": "two\n"}))
			require.ErrorContains(t, err, test.says)
			require.NotContains(t, err.Error(), "PRIVATE KEY")
			if test.is != nil {
				require.ErrorIs(t, err, test.is)
				require.ErrorIs(t, gitrepo.CanPush(t.Context(), remote), test.is)
			}
			require.Equal(t, before, gitIn(t, repository, "rev-parse", "main"))
		})
	}
}

// The signature is checked by git itself, as a server that demands one would.
func TestSignedCommit(t *testing.T) {
	repository, remote := overSSH(t)
	signer := gittest.ServeSSH(t, t.TempDir()) // for its pair of keys
	_, err := gitrepo.Update(t.Context(), remote, gitrepo.Options{SigningKey: signer.Key}, writing(map[string]string{"a.txt": "two\n"}))
	require.NoError(t, err)

	verify := func(public string) ([]byte, error) {
		signers := filepath.Join(t.TempDir(), "signers")
		require.NoError(t, os.WriteFile(signers, []byte("actions@github.com "+public), 0o600))
		return exec.Command("git", "-C", repository.Dir, "-c", "gpg.ssh.allowedSignersFile="+signers, "verify-commit", "main").CombinedOutput()
	}
	out, err := verify(signer.Public)
	require.NoError(t, err, string(out))
	require.Contains(t, string(out), `Good "git" signature for actions@github.com`)
	_, err = verify(gittest.ServeSSH(t, t.TempDir()).Public)
	require.Error(t, err, "another key's signature is none")
}
