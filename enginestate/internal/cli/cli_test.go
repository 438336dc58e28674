package cli

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestEngineVersion(t *testing.T) {
	data, err := os.ReadFile("../../../dagger.json")
	require.NoError(t, err)
	var module struct{ EngineVersion string }
	require.NoError(t, json.Unmarshal(data, &module))
	assert.Equal(t, engineVersion, module.EngineVersion)
}

func TestSizes(t *testing.T) {
	for text, bytes := range map[string]byteSize{"2GB": 2e9, "1500MB": 15e8, "1.5GiB": 3 << 29, "1 MiB": 1 << 20} {
		var size byteSize
		require.NoError(t, size.Set(text))
		assert.Equal(t, bytes, size)
		var again byteSize
		require.NoError(t, again.Set(size.String()))
		assert.InDelta(t, float64(size), float64(again), 1000)
	}
	for _, text := range []string{"", "2", "GB", "-1GB", "0GB", "many"} {
		assert.Error(t, new(byteSize).Set(text), text)
	}
}

func TestValue(t *testing.T) {
	t.Setenv("STATE_KEY", "text")
	text, err := keyText("env:STATE_KEY")
	require.NoError(t, err)
	assert.Equal(t, "text", string(text))
	for _, named := range []string{"env:NONE_OF_IT", "-----BEGIN PRIVATE KEY-----", "file:/none"} {
		_, err := keyText(named)
		require.Error(t, err)
		assert.NotContains(t, err.Error(), "BEGIN")
	}
}

func TestPullRequestDeliversNothing(t *testing.T) {
	for _, args := range [][]string{
		{"key", "--trust", "delivery", "--branch", "refs/pull/7/merge"}, {"key", "--fallback", "refs/pull/7/merge", "--branch", "main"},
	} {
		root := command()
		root.SetArgs(append(args, "--repository", "owner/name"))
		assert.Error(t, root.ExecuteContext(t.Context()))
	}
}

// A script knows by what save prints whether something was kept.
func TestSavePrintsTheDigestOfWhatItKept(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("a state is root's to read")
	}
	dir, states := filepath.Join(t.TempDir(), "engine"), filepath.Join(t.TempDir(), "kept")
	call := func(name string, more ...string) string {
		t.Helper()
		var printed bytes.Buffer
		root := command()
		root.SetOut(&printed)
		root.SetArgs(append([]string{name, "--dir", dir, "--store", states, "--repository", "owner/name", "--branch", "main"}, more...))
		require.NoError(t, root.ExecuteContext(t.Context()))
		return printed.String()
	}
	assert.Empty(t, call("restore"))
	require.NoError(t, os.WriteFile(filepath.Join(dir, "dagql-cache.db"), bytes.Repeat([]byte("state"), 1000), 0o600))
	assert.Empty(t, call("save", "--budget", "0.000001MB"))
	assert.NoDirExists(t, states)
	assert.Regexp(t, "^sha256:[0-9a-f]{64}\n$", call("save", "--budget", "1MB"))
}
