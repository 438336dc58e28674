package state_test

import (
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pingvas/pingvas-ci/airgap/internal/state"
)

func TestDefaultIsInTheUsersCache(t *testing.T) {
	t.Setenv("XDG_CACHE_HOME", "/caches")
	path, err := state.Default()
	require.NoError(t, err)
	assert.Equal(t, "/caches/pingvas-ci/airgap", path)
}

func TestLongPathIsRefused(t *testing.T) {
	_, err := state.Open("/" + strings.Repeat("long", 30))
	assert.ErrorContains(t, err, "107")
	assert.ErrorContains(t, err, "shorter directory with --state")
}

func TestUnwritableDirectoryIsRefused(t *testing.T) {
	_, err := state.Open("/proc/nothing")
	assert.ErrorContains(t, err, "writable one with --state")
}

func TestNeedFree(t *testing.T) {
	dir := open(t)
	assert.NoError(t, dir.NeedFree(1, "a byte"))

	err := dir.NeedFree(math.MaxUint64, "the sea")
	assert.ErrorContains(t, err, "the sea needs")
	assert.ErrorContains(t, err, "are available")
	assert.ErrorContains(t, err, dir.Path())
}

func TestLockWaitsForUnlock(t *testing.T) {
	dir := open(t)
	unlock, err := dir.Lock()
	require.NoError(t, err)
	second := make(chan struct{})
	go func() {
		unlock, err := dir.Lock()
		if err == nil {
			unlock()
		}
		close(second)
	}()

	select {
	case <-second:
		t.Fatal("locked twice")
	case <-time.After(50 * time.Millisecond):
	}
	unlock()
	select {
	case <-second:
	case <-time.After(5 * time.Second):
		t.Fatal("never unlocked")
	}
}

func TestSizeCountsAFileOnce(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "file")
	require.NoError(t, os.WriteFile(path, make([]byte, 1<<20), 0o644))
	before, err := state.Size(dir)
	require.NoError(t, err)
	require.NoError(t, os.Link(path, path+"-too"))

	after, err := state.Size(dir)

	require.NoError(t, err)
	assert.GreaterOrEqual(t, before, uint64(1<<20))
	assert.Equal(t, before, after)
}

func TestSizeOfNothing(t *testing.T) {
	size, err := state.Size(filepath.Join(t.TempDir(), "missing"))
	require.NoError(t, err)
	assert.Zero(t, size)
}

func TestBytes(t *testing.T) {
	for n, want := range map[uint64]string{0: "0 B", 999: "999 B", 1000: "1.0 kB", 1_550_000: "1.6 MB", 82e9: "82.0 GB"} {
		assert.Equal(t, want, state.Bytes(n))
	}
}

// A shell is the judge of what it reads.
func TestExportsSurviveAShell(t *testing.T) {
	value := `a "b" 'c' $d \e; f`
	lines := state.Exports([]state.Var{{Name: "ONE", Value: "1"}, {Name: "TWO", Value: value}})
	assert.True(t, strings.HasPrefix(lines, "export ONE='1'\n"), lines)

	out, err := exec.Command("sh", "-c", `eval "$1"; printf %s "$TWO"`, "sh", lines).Output()

	require.NoError(t, err)
	assert.Equal(t, value, string(out))
}

func TestEnvIsKeptAndDropped(t *testing.T) {
	dir := open(t)
	require.NoError(t, dir.SaveEnv("export A='1'\n"))
	data, err := os.ReadFile(dir.Env())
	require.NoError(t, err)
	assert.Equal(t, "export A='1'\n", string(data))

	require.NoError(t, dir.DropEnv())
	assert.NoFileExists(t, dir.Env())
	assert.NoError(t, dir.DropEnv(), "dropping twice is no error")
}

func open(t *testing.T) state.Dir {
	dir, err := state.Open(t.TempDir())
	require.NoError(t, err)
	return dir
}
