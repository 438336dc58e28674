package gitrepo

import (
	"errors"
	"fmt"
	"net"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"github.com/pingvas/pingvas-ci/ci/internal/shell"
)

// overSSH tells whether the address is one for ssh.
func (r Remote) overSSH() bool { return strings.HasPrefix(r.URL, "ssh://") }

// checkSSH refuses what ssh would read as an option, and a server that nothing
// proves to be the right one.
func (r Remote) checkSSH() error {
	u, err := url.Parse(r.URL)
	if err != nil || u.Host == "" || strings.HasPrefix(u.Host, "-") || u.User.Username() == "" || strings.HasPrefix(u.User.Username(), "-") || u.RawQuery != "" || u.Fragment != "" {
		return errors.New("the address of the repository is no ssh address. Give it as ssh://git@host/path")
	}
	if _, has := u.User.Password(); has {
		return errors.New("the address of the repository has a password in it. Give a key instead")
	}
	if strings.TrimSpace(r.Key) == "" {
		return fmt.Errorf("%s: there is no key. Give the private key, as a secret", r)
	}
	if strings.TrimSpace(r.KnownHosts) == "" {
		return fmt.Errorf("%s: there are no known hosts, so any server could take its place. Give the lines that ssh-keyscan prints, compared with what the server's owner publishes", r)
	}
	return nil
}

// keys writes the key and the known hosts into dir and returns the variables
// that make git use these and nothing of the machine's.
func (r Remote) keys(dir string) ([]string, error) {
	if !r.overSSH() {
		return nil, nil
	}
	key, err := writeKey(dir, "key", r.Key, "the key of "+r.URL)
	if err != nil {
		return nil, err
	}
	hosts := filepath.Join(dir, "known_hosts")
	if err := os.WriteFile(hosts, []byte(strings.TrimSpace(r.KnownHosts)+"\n"), 0o600); err != nil {
		return nil, fmt.Errorf("write the known hosts: %w", err)
	}
	command := []string{
		"ssh", "-F", os.DevNull, "-i", shell.Quoted(key),
		"-o", "IdentitiesOnly=yes", "-o", "IdentityAgent=none", "-o", "BatchMode=yes", "-o", "ConnectTimeout=20",
		"-o", "StrictHostKeyChecking=yes", "-o", "GlobalKnownHostsFile=" + os.DevNull, "-o", shell.Quoted("UserKnownHostsFile=" + hosts),
	}
	if r.KnownAs != "" {
		command = append(command, "-o", shell.Quoted("HostKeyAlias="+hostKey(r.KnownAs)))
	}
	return []string{"GIT_SSH_COMMAND=" + strings.Join(command, " "), "GIT_SSH_VARIANT=ssh"}, nil
}

// hostKey is a host and port as known_hosts writes them.
func hostKey(address string) string {
	host, port, err := net.SplitHostPort(address)
	if err != nil {
		return address
	}
	if port == "22" {
		return host
	}
	return "[" + host + "]:" + port
}

// signing makes git sign with the options' key, by ssh-keygen.
func (o Options) signing(dir string) ([]setting, error) {
	if o.SigningKey == "" {
		return nil, nil
	}
	key, err := writeKey(dir, "signing-key", o.SigningKey, "the key that signs commits")
	if err != nil {
		return nil, err
	}
	return []setting{{"gpg.format", "ssh"}, {"user.signingKey", key}}, nil
}

// signed is the option of git commit.
func (o Options) signed() string {
	if o.SigningKey == "" {
		return "--no-gpg-sign"
	}
	return "--gpg-sign"
}

// writeKey keeps a key where only this user reads it, and sees that ssh can use
// it. One from a secret store has often lost its last line break, without which
// ssh refuses it.
func writeKey(dir, name, key, what string) (string, error) {
	path := filepath.Join(dir, name)
	if err := os.WriteFile(path, []byte(strings.TrimSpace(key)+"\n"), 0o600); err != nil {
		return "", fmt.Errorf("write %s: %w", what, err)
	}
	err := exec.Command("ssh-keygen", "-y", "-P", "", "-f", path).Run() //nolint:gosec // the path is ours
	if errors.Is(err, exec.ErrNotFound) {
		return "", fmt.Errorf("read %s: %w. Install the programs of OpenSSH", what, err)
	}
	if err != nil { // what ssh-keygen says of it names a file that nobody knows
		return "", fmt.Errorf("%s is no private key, or wants a passphrase. Give one without, as ssh-keygen writes it", what)
	}
	return path, nil
}
