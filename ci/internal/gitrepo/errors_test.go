package gitrepo

import (
	"errors"
	"testing"

	"github.com/stretchr/testify/require"
)

// What servers say that the tests' own server can't be brought to say.
func TestExplain(t *testing.T) {
	rejected := func(why string) failure {
		return failure{command: "push", cause: errors.New("exit status 1"), stdout: "To https://git.example/a.git\n!\tHEAD:refs/heads/main\t" + why + "\nDone\n"}
	}
	said := func(stderr string) failure {
		return failure{command: "push", cause: errors.New("exit status 128"), stderr: stderr}
	}
	cases := []struct {
		name string
		f    failure
		is   error
		says string
	}{
		{name: "older head", f: rejected("[rejected] (non-fast-forward)"), is: errAgain},
		{name: "unknown head", f: rejected("[rejected] (fetch first)"), is: errAgain},
		{name: "lock", f: rejected("[remote rejected] (cannot lock ref 'refs/heads/main': is at 1 but expected 2)"), is: errAgain},
		{name: "old value", f: rejected("[remote rejected] (incorrect old value provided)"), is: errAgain},
		{name: "update", f: rejected("[remote rejected] (failed to update ref)"), is: errAgain},
		{name: "protected on GitHub", f: rejected("[remote rejected] (protected branch hook declined)"), is: ErrRefused, says: "open a pull request"},
		{name: "rules on GitHub", f: rejected("[remote rejected] (push declined due to repository rule violations)"), is: ErrRefused, says: "rule violations"},
		{name: "hook", f: rejected("[remote rejected] (pre-receive hook declined)"), is: ErrRefused, says: "pre-receive hook declined"},
		{name: "read-only token on GitHub", is: ErrAuthentication, says: "Write access to repository not granted",
			f: said("remote: Write access to repository not granted.\nfatal: unable to access 'https://git.example/a.git/': The requested URL returned error: 403\n")},
		{name: "bad token on GitLab", is: ErrAuthentication, says: "Give a token",
			f: said("remote: HTTP Basic: Access denied\nfatal: Authentication failed for 'https://git.example/a.git/'\n")},
		{name: "hidden on GitHub", is: ErrNotFound, says: "may see the repository",
			f: said("remote: Repository not found.\nfatal: repository 'https://git.example/a.git/' not found\n")},
		{name: "no name", is: ErrUnreachable, f: said("fatal: unable to access 'https://git.example/': Could not resolve host: git.example\n")},
		{name: "gateway", is: ErrUnreachable, f: said("fatal: unable to access 'https://git.example/': The requested URL returned error: 502\n")},
		{name: "cut off", is: ErrUnreachable, f: said("error: RPC failed; curl 18 transfer closed\nfatal: the remote end hung up unexpectedly\n")},
		{name: "moved", is: ErrUnreachable, f: said("fatal: unable to update url base from redirection:\n  asked for: a\n   redirect: b\n")},
		{name: "a terminal's commands", is: ErrRefused, says: `denied\x07 https://***@host/a`, f: rejected("[remote rejected] (\x1b[2Kdenied\x07 https://user:pass@host/a)")},
		{name: "anything else", f: said("fatal: a new wording\n"), says: "git push: exit status 128: fatal: a new wording"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			err := explain(Remote{URL: "https://git.example/a.git", Branch: "main"}, &c.f)
			if c.is != nil {
				require.ErrorIs(t, err, c.is)
			}
			require.ErrorContains(t, err, c.says)
		})
	}
	other := errors.New("not from git")
	require.Equal(t, other, explain(Remote{}, other))
}
