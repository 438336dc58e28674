package gittest

import (
	"crypto/ed25519"
	"crypto/rand"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"net"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"golang.org/x/crypto/ssh"
)

// SSH is a server that gives git's own programs to the holder of one key.
type SSH struct {
	// Address is the host and port it listens on.
	Address string `json:"address"`
	// KnownHosts is the line of known_hosts that names it.
	KnownHosts string `json:"knownHosts"`
	// Key is the private key that it lets in, as ssh-keygen writes it.
	Key string `json:"key"`
	// Public is its public half, as in authorized_keys.
	Public string `json:"public"`

	listener net.Listener
}

// ServeSSH serves the repositories below root until the test is over.
func ServeSSH(t testing.TB, root string) *SSH {
	t.Helper()
	server, err := NewSSH(root)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = server.Close() })
	return server
}

// NewSSH serves the repositories below root, on a loopback port.
func NewSSH(root string) (*SSH, error) {
	host, _, err := newKey()
	if err != nil {
		return nil, err
	}
	client, private, err := newKey()
	if err != nil {
		return nil, err
	}
	config := &ssh.ServerConfig{PublicKeyCallback: func(_ ssh.ConnMetadata, offered ssh.PublicKey) (*ssh.Permissions, error) {
		if string(offered.Marshal()) != string(client.PublicKey().Marshal()) {
			return nil, errors.New("this key is not let in")
		}
		return nil, nil
	}}
	config.AddHostKey(host)
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	go accept(listener, config, root)
	address := listener.Addr().String()
	name, port, _ := net.SplitHostPort(address)
	return &SSH{
		Address: address, Key: private, Public: string(ssh.MarshalAuthorizedKey(client.PublicKey())),
		KnownHosts: fmt.Sprintf("[%s]:%s %s", name, port, ssh.MarshalAuthorizedKey(host.PublicKey())),
		listener:   listener,
	}, nil
}

// Close ends the server; who is connected stays so.
func (s *SSH) Close() error { return s.listener.Close() }

// newKey makes a key, and its private half as ssh-keygen writes it.
func newKey() (ssh.Signer, string, error) {
	_, key, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		return nil, "", err
	}
	signer, err := ssh.NewSignerFromKey(key)
	if err != nil {
		return nil, "", err
	}
	block, err := ssh.MarshalPrivateKey(key, "")
	if err != nil {
		return nil, "", err
	}
	return signer, string(pem.EncodeToMemory(block)), nil
}

func accept(listener net.Listener, config *ssh.ServerConfig, root string) {
	for {
		connection, err := listener.Accept()
		if err != nil {
			return
		}
		go func() {
			_, channels, requests, err := ssh.NewServerConn(connection, config)
			if err != nil {
				return
			}
			go ssh.DiscardRequests(requests)
			for offered := range channels {
				channel, asked, err := offered.Accept()
				if err == nil {
					go session(channel, asked, root)
				}
			}
		}()
	}
}

var gitCommand = regexp.MustCompile(`^(git-upload-pack|git-receive-pack) '/?([A-Za-z0-9._/-]+)'$`)

// session runs the one command that git asks for.
func session(channel ssh.Channel, requests <-chan *ssh.Request, root string) {
	defer func() { _ = channel.Close() }()
	for request := range requests {
		if request.Type != "exec" {
			_ = request.Reply(request.Type == "env", nil)
			continue
		}
		var payload struct{ Command string }
		if err := ssh.Unmarshal(request.Payload, &payload); err != nil {
			return
		}
		_ = request.Reply(true, nil)
		status := serve(channel, payload.Command, root)
		_, _ = channel.SendRequest("exit-status", false, ssh.Marshal(struct{ Status uint32 }{status}))
		return
	}
}

func serve(channel ssh.Channel, command, root string) uint32 {
	match := gitCommand.FindStringSubmatch(command)
	if match == nil {
		_, _ = fmt.Fprintf(channel.Stderr(), "%q is not allowed\n", command)
		return 128
	}
	cmd := exec.Command("git", strings.TrimPrefix(match[1], "git-"), filepath.Join(root, match[2])) //nolint:gosec // git's own two programs, in a test
	cmd.Env = isolated()
	cmd.Stdout, cmd.Stderr = channel, channel.Stderr()
	stdin, err := cmd.StdinPipe()
	if err != nil || cmd.Start() != nil {
		return 128
	}
	go func() {
		_, _ = io.Copy(stdin, channel)
		_ = stdin.Close()
	}()
	if cmd.Wait() != nil {
		return 128
	}
	return 0
}
