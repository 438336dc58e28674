package engineroot_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"

	"github.com/pingvas/pingvas-ci/airgap/internal/engineroot"
)

var tools = []string{
	"dagger-engine", "dagger-init", "runc", "bridge", "loopback", "firewall", "host-local", "dnsname", "dial-stdio",
}

func TestFill(t *testing.T) {
	if os.Getuid() != 0 {
		t.Skip("only root can set the attributes of an overlay")
	}
	upper := filepath.Join(t.TempDir(), "upper")
	former := filepath.Join(upper, "etc/former")
	require.NoError(t, os.MkdirAll(former, 0o755))

	require.NoError(t, engineroot.Overlay{Tools: builtTools(t, tools), Config: []byte("{}")}.Fill(t.Context(), upper))

	assert.NoDirExists(t, former, "nothing of a former start is left")
	for path, want := range map[string]string{
		"usr/local/bin/dagger-engine": "dagger-engine", "opt/cni/bin/bridge": "bridge",
		"usr/bin/dial-stdio": "dial-stdio", "etc/dagger/engine.json": "{}",
	} {
		got, err := os.ReadFile(filepath.Join(upper, path))
		require.NoError(t, err)
		assert.Equal(t, want, string(got), path)
	}
	target, err := os.Readlink(filepath.Join(upper, "usr/bin/xtables-nft-multi"))
	require.NoError(t, err)
	assert.Equal(t, "../sbin/xtables-nft-multi", target)
	info, err := os.Lstat(filepath.Join(upper, "etc/resolv.conf"))
	require.NoError(t, err)
	assert.True(t, info.Mode().IsRegular(), "the engine replaces it")
	var opaque [1]byte
	_, err = unix.Getxattr(filepath.Join(upper, "usr/local/share/ca-certificates"), "trusted.overlay.opaque", opaque[:])
	require.NoError(t, err)
	assert.Equal(t, "y", string(opaque[:]), "certificates below are hidden")
}

func TestMissingToolIsNamed(t *testing.T) {
	err := engineroot.Overlay{Tools: builtTools(t, nil)}.Fill(t.Context(), filepath.Join(t.TempDir(), "upper"))
	assert.ErrorContains(t, err, "lay out ")
	assert.ErrorIs(t, err, os.ErrNotExist)
}

func TestPinOutlivesItsSource(t *testing.T) {
	dir := t.TempDir()
	from, to := filepath.Join(dir, "from"), filepath.Join(dir, "run", "pin")
	require.NoError(t, os.MkdirAll(filepath.Join(from, "sub"), 0o755))
	require.NoError(t, os.WriteFile(filepath.Join(from, "sub", "file"), []byte("kept"), 0o644))
	require.NoError(t, os.MkdirAll(filepath.Join(to, "former"), 0o755))

	require.NoError(t, engineroot.Pin(t.Context(), from, to))
	require.NoError(t, os.RemoveAll(from))

	got, err := os.ReadFile(filepath.Join(to, "sub", "file"))
	require.NoError(t, err)
	assert.Equal(t, "kept", string(got))
	assert.NoDirExists(t, filepath.Join(to, "former"))
	assert.ErrorContains(t, engineroot.Pin(t.Context(), from, to), "pin "+from)
}

// builtTools is a directory in which each tool holds its own name.
func builtTools(t *testing.T, names []string) string {
	dir := t.TempDir()
	for _, name := range names {
		require.NoError(t, os.WriteFile(filepath.Join(dir, name), []byte(name), 0o755))
	}
	return dir
}
