package harness

import (
	"encoding/json"
	"os/exec"
	"path/filepath"

	"github.com/stretchr/testify/require"
)

// SSHServer serves the GitOps repository to the holder of one key.
type SSHServer struct{ Address, KnownHosts, Key string }

// SSH starts the server until the test ends.
func (w *World) SSH() SSHServer {
	w.t.Helper()
	program := filepath.Join(w.t.TempDir(), "sshserver")
	Run(w.t, "go", "-C", "../ci", "build", "-o", program, "./internal/gitrepo/gittest/sshserver")
	server := exec.Command(program, filepath.Dir(w.Bare))
	stdin, err := server.StdinPipe()
	require.NoError(w.t, err)
	stdout, err := server.StdoutPipe()
	require.NoError(w.t, err)
	require.NoError(w.t, server.Start())
	w.t.Cleanup(func() {
		_ = stdin.Close()
		_ = server.Wait()
	})
	var s SSHServer
	require.NoError(w.t, json.NewDecoder(stdout).Decode(&s))
	return s
}
