package engine

import (
	"crypto/ed25519"
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"
)

// An engine's state is kept, and brought to where there is none: what the first
// engine did, the next one need not do again. That a text was made anew shows
// whether it was. The network has no way out.
func TestKeptState(t *testing.T) {
	if os.Getenv("PINGVAS_STATE_E2E") == "" {
		t.Skip("set PINGVAS_STATE_E2E=1, as root, or run: make state")
	}
	dir := onlyDirectory(t)
	k := keeper{kit: newKit(t, filepath.Join(dir, "kept")), store: filepath.Join(dir, "store"), program: filepath.Join(dir, "enginestate")}
	out, err := exec.Command("go", "build", "-o", k.program, "github.com/pingvas/pingvas-ci/enginestate").CombinedOutput()
	require.NoError(t, err, string(out))
	t.Setenv("STATE_KEY", edKey(t))
	k.run(t, "build")
	runtime.LockOSThread()
	require.NoError(t, unix.Unshare(unix.CLONE_NEWNET))
	k.tool(t, "ip", "link", "set", "lo", "up")

	said, err := k.keep(t, "restore")
	require.NoError(t, err, said)
	assert.Contains(t, said, "a cold start")
	first := k.made(t)
	require.Equal(t, first, k.made(t), "a warm engine has it")
	out, err = exec.CommandContext(t.Context(), "sh", "-euc", k.run(t, "up")+`exec "$1" prune --to 5GB`, "sh", k.program).CombinedOutput()
	require.NoError(t, err, string(out))
	require.Equal(t, first, k.made(t), "an engine that is small enough drops nothing")
	said, err = k.keep(t, "save")
	require.Error(t, err)
	assert.Contains(t, said, "an engine uses it")
	k.run(t, "down")
	said, err = k.keep(t, "save")
	require.NoError(t, err, said)
	t.Log(said)

	k.lose(t)
	said, err = k.keep(t, "restore", "--branch", "refs/pull/7/merge", "--trust", "check", "--fallback", "topic")
	require.NoError(t, err, said)
	assert.Contains(t, said, "a cold start")
	begin := time.Now()
	said, err = k.keep(t, "restore", "--branch", "release", "--fallback", "main")
	require.NoError(t, err, said)
	assert.Contains(t, said, "restored pingvas-ci-engine-linux-")
	assert.Equal(t, first, k.made(t), "a restored engine has it, too")
	t.Log("restored and called in", time.Since(begin))
	k.run(t, "down")
	said, err = k.keep(t, "save", "--branch", "release")
	require.NoError(t, err, said)
	t.Log(said)
	for _, how := range [][]string{{"restore", "--branch", "release"}, {"restore", "--branch", "release", "--unpack"}} {
		k.run(t, "down")
		k.lose(t)
		said, err = k.keep(t, how...)
		require.NoError(t, err, said)
		assert.Contains(t, said, "restored pingvas-ci-engine-linux-")
		assert.Equal(t, first, k.made(t), how)
	}

	process, runs := Process(k.state)
	require.True(t, runs)
	require.NoError(t, syscall.Kill(process.PID, syscall.SIGKILL))
	k.run(t, "down")
	said, err = k.keep(t, "save")
	require.Error(t, err, "what a killed engine left is not kept")
	assert.Contains(t, said, "killed")
	said, err = k.keep(t, "restore", "--branch", "release")
	require.NoError(t, err, said)
	k.made(t) // The next engine throws away what was left, mounts or not, and works.
	k.run(t, "down")

	k.lose(t)
	images, err := filepath.Glob(filepath.Join(k.store, "*-main@*.squashfs"))
	require.NoError(t, err)
	require.Len(t, images, 1)
	info, err := os.Stat(images[0])
	require.NoError(t, err)
	require.NoError(t, os.Truncate(images[0], info.Size()-1))
	said, err = k.keep(t, "restore")
	require.NoError(t, err, said)
	assert.Contains(t, said, "a cold start")
	assert.NotEqual(t, first, k.made(t), "a cold engine has nothing")
	k.run(t, "down")
}

// keeper is an engine whose state is kept.
type keeper struct {
	*kit
	store, program string
}

// keep is a call of enginestate, as a delivery of main where args do not say
// otherwise.
func (k keeper) keep(t *testing.T, args ...string) (string, error) {
	about := []string{"--dir", k.state.Engine(), "--store", k.store, "--repository", "owner/name", "--key", "env:STATE_KEY", "--branch", "main", "--trust", "delivery"}
	out, err := exec.CommandContext(t.Context(), k.program, append(append(args[:1:1], about...), args[1:]...)...).CombinedOutput()
	return string(out), err
}

func (k keeper) lose(t *testing.T) {
	out, err := exec.CommandContext(t.Context(), k.program, "remove", "--dir", k.state.Engine()).CombinedOutput()
	require.NoError(t, err, string(out))
}

// made starts the engine and returns a text that a container made, in a layer
// over one that deletes a file and makes a link.
func (k keeper) made(t *testing.T) string {
	env := k.run(t, "up")
	out := k.dagger(t, env, "core", "container", "from", "--address", "debian:trixie-slim",
		"with-exec", "--args", "sh,-ec,rm /etc/debian_version && ln /etc/passwd /etc/passwd-again && cat /proc/sys/kernel/random/uuid > /made",
		"with-exec", "--args", "sh,-ec,test ! -e /etc/debian_version && cmp /etc/passwd /etc/passwd-again && echo made $(cat /made)", "stdout")
	lines := strings.Split(strings.TrimSpace(out), "\n")
	last := lines[len(lines)-1]
	require.Regexp(t, "^made [0-9a-f-]{36}$", last, out)
	return last
}

func edKey(t *testing.T) string {
	_, key, err := ed25519.GenerateKey(rand.Reader)
	require.NoError(t, err)
	der, err := x509.MarshalPKCS8PrivateKey(key)
	require.NoError(t, err)
	return string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}))
}
