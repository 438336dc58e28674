package definitions_test

import (
	"cmp"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// TestLocalhost: what starts tests beside services has a port of their machine lead to one,
// to the end of what either says, and is no child of theirs; what is not there a shell says.
// It runs by each Python that PYTHONS names, else by the machine's.
func TestLocalhost(t *testing.T) {
	program, err := os.ReadFile(filepath.Join("..", "localhost.py"))
	require.NoError(t, err)
	service := echoing(t)
	for _, python := range strings.Fields(cmp.Or(os.Getenv("PYTHONS"), "python3")) {
		if _, err := exec.LookPath(python); err != nil {
			t.Skip("the machine has no Python")
		}
		dir := t.TempDir()
		t.Cleanup(func() { end(filepath.Join(dir, "localhost.py")) })
		local := free(t)
		require.NoError(t, os.WriteFile(filepath.Join(dir, "localhost.py"), program, 0o600))
		require.NoError(t, os.WriteFile(filepath.Join(dir, "ports"), []byte(fmt.Sprintf("%d 127.0.0.1 %d\n", local, service)), 0o600))
		start := func(arguments ...string) (string, error) {
			output, err := exec.Command(python, append([]string{"-I", filepath.Join(dir, "localhost.py")}, arguments...)...).CombinedOutput()
			return string(output), err
		}
		output, err := start(python, "-c", `
import os, socket
c = socket.create_connection(("localhost", `+strconv.Itoa(local)+`))
c.sendall(b"ab" * 100000)
c.shutdown(socket.SHUT_WR)
n = 0
while True:
    data = c.recv(65536)
    if not data:
        break
    n += len(data)
try:
    os.waitpid(-1, os.WNOHANG)
except ChildProcessError:
    print(n, "no child")
`)
		require.NoError(t, err, output)
		assert.Equal(t, "200000 no child\n", output, python)
		assert.Equal(t, 1, end(filepath.Join(dir, "localhost.py")), "it goes on until its container ends")
		output, err = start("nowhere")
		assert.Error(t, err)
		assert.Contains(t, output, "nowhere: not found")
		end(filepath.Join(dir, "localhost.py"))
	}
}

// echoing is the port of a server that says all that it is told.
func echoing(t *testing.T) int {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	t.Cleanup(func() { _ = listener.Close() })
	go func() {
		for {
			connection, err := listener.Accept()
			if err != nil {
				return
			}
			go func() {
				_, _ = io.Copy(connection, connection)
				_ = connection.Close()
			}()
		}
	}()
	return listener.Addr().(*net.TCPAddr).Port
}

// end ends the processes that a program of this test's own has left, and counts them.
func end(program string) (ended int) {
	commands, _ := filepath.Glob("/proc/[0-9]*/cmdline")
	for _, command := range commands {
		text, err := os.ReadFile(command) //nolint:gosec // It is the kernel's.
		id, number := strconv.Atoi(filepath.Base(filepath.Dir(command)))
		if err != nil || number != nil || !strings.Contains(string(text), program) {
			continue
		}
		if process, err := os.FindProcess(id); err == nil && process.Kill() == nil {
			ended++
		}
	}
	return ended
}

// free is a port that nothing listens on.
func free(t *testing.T) int {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer func() { _ = listener.Close() }()
	return listener.Addr().(*net.TCPAddr).Port
}
