package golang

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pingvas/pingvas-ci/airgap/internal/debian"
	"github.com/pingvas/pingvas-ci/airgap/internal/host"
)

func TestLayerHasWhatBuildingNeeds(t *testing.T) {
	from, released := t.TempDir(), time.Date(2026, 8, 28, 16, 20, 6, 0, time.UTC)
	for _, name := range []string{"VERSION", "bin/go", "src/fmt/print.go", "test/fixed.go"} {
		write(t, filepath.Join(from, name))
		require.NoError(t, os.Chtimes(filepath.Join(from, name), released, released))
	}
	site := debian.Site{Root: t.TempDir(), Keep: t.TempDir()}

	require.NoError(t, fill(t.Context(), site, from))

	assert.FileExists(t, filepath.Join(site.Root, "usr/local/go/src/fmt/print.go"))
	assert.NoDirExists(t, filepath.Join(site.Root, "usr/local/go/test"), "Go's own tests")
	program, err := os.Stat(filepath.Join(site.Root, "usr/local/go/bin/go"))
	require.NoError(t, err)
	assert.Equal(t, released, program.ModTime().UTC())
	dated, err := os.ReadFile(filepath.Join(site.Keep, "epoch"))
	require.NoError(t, err)
	assert.Contains(t, string(dated), "2026-08-28", "the layer keeps the times of Go's files")
	for _, dir := range []string{"go", "go/src", "go/bin"} {
		info, err := os.Stat(filepath.Join(site.Root, dir))
		require.NoError(t, err)
		assert.Equal(t, os.ModeDir|os.ModeSticky|0o777, info.Mode(), dir+" is for every user")
	}
}

func TestMachineWithoutGoIsToldToInstallIt(t *testing.T) {
	err := fill(t.Context(), debian.Site{Root: t.TempDir(), Keep: t.TempDir()}, "")
	assert.ErrorContains(t, err, "install Go")
}

func TestAnotherGoIsAnotherLayer(t *testing.T) {
	key := func(version string) string {
		machine := host.Machine{GoVersion: version}
		key, err := Layer(debian.Base("trixie", machine), machine).Key()
		require.NoError(t, err)
		return key
	}
	assert.NotEqual(t, key("go1.26.8"), key("go1.26.9"))
}

func write(t *testing.T, path string) {
	t.Helper()
	require.NoError(t, os.MkdirAll(filepath.Dir(path), 0o755))
	require.NoError(t, os.WriteFile(path, []byte("x"), 0o755))
}
