package daemon_test

import (
	"encoding/json"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pingvas/pingvas-ci/airgap/internal/daemon"
)

// role is what the test program does when it is started by a test.
const role = "DAEMON_TEST_ROLE"

func TestMain(m *testing.M) {
	daemon.Gate()
	switch os.Getenv(role) {
	case "":
		os.Exit(m.Run())
	case "sleeps":
		time.Sleep(time.Minute)
	case "stubborn":
		signal.Ignore(syscall.SIGTERM)
		time.Sleep(time.Minute)
	}
}

func TestProcessIsFoundUntilItIsStopped(t *testing.T) {
	pidFile := filepath.Join(t.TempDir(), "pid")
	process := start(t, "sleeps", pidFile)

	found, runs := daemon.Find(pidFile)
	assert.True(t, runs)
	assert.Equal(t, process, found)
	assert.NotEqual(t, os.Getpid(), process.PID)

	require.NoError(t, process.Stop(10*time.Second))
	_, runs = daemon.Find(pidFile)
	assert.False(t, runs)
	assert.NoError(t, process.Stop(time.Second), "stopping twice is no error")
}

func TestStubbornProcessIsKilled(t *testing.T) {
	process := start(t, "stubborn", filepath.Join(t.TempDir(), "pid"))
	time.Sleep(200 * time.Millisecond) // Until it ignores the signal.

	require.NoError(t, process.Stop(300*time.Millisecond))

	assert.False(t, process.Alive())
}

func TestReusedNumberIsNotTheProcess(t *testing.T) {
	pidFile := filepath.Join(t.TempDir(), "pid")
	process := start(t, "sleeps", pidFile)
	defer func() { assert.NoError(t, process.Stop(time.Second)) }()
	other := process
	other.Ticks++
	data, err := json.Marshal(other)
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(pidFile, data, 0o644))

	_, runs := daemon.Find(pidFile)

	assert.False(t, runs)
}

func TestNoProcessOnFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "pid")
	for _, content := range []string{"", "{", `{"pid":0}`} {
		require.NoError(t, os.WriteFile(path, []byte(content), 0o644))
		_, runs := daemon.Find(path)
		assert.False(t, runs, content)
	}
}

// A process whose file cannot be written must not do its work.
func TestProcessWithoutFileEnds(t *testing.T) {
	dir := t.TempDir()
	cmd := exec.Command("/proc/self/exe")
	cmd.Env = append(os.Environ(), role+"=sleeps")

	_, err := daemon.Start(cmd, filepath.Join(dir, "missing", "pid"), filepath.Join(dir, "log"))

	require.Error(t, err)
	assert.Eventually(t, func() bool {
		return syscall.Kill(cmd.Process.Pid, 0) == syscall.ESRCH
	}, 5*time.Second, 10*time.Millisecond)
}

func start(t *testing.T, what, pidFile string) daemon.Process {
	cmd := exec.Command("/proc/self/exe")
	cmd.Env = append(os.Environ(), role+"="+what)
	process, err := daemon.Start(cmd, pidFile, filepath.Join(t.TempDir(), "log"))
	require.NoError(t, err)
	t.Cleanup(func() { _ = process.Stop(0) })
	return process
}
