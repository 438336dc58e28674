package engine

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/mod/modfile"
	"golang.org/x/mod/module"
)

// Some modules are not in the checksum database, so that their sums were
// written down without a witness. Dagger's own go.sum is one.
func TestSumsAreDaggersOwn(t *testing.T) {
	ours, daggers := sums(t, "go.sum"), sums(t, filepath.Join(daggerDir(t), "go.sum"))
	for _, pinned := range []string{
		"github.com/dagger/otel-go v1.43.1-0.20260515012101-af7cd0684887",
		"github.com/jedevc/go-libsecret v0.0.0-20250327192457-f925a032ae4f",
		"github.com/containerd/fuse-overlayfs-snapshotter/v2 v2.1.2",
		"go.etcd.io/bbolt v1.4.0-beta.0.0.20260422092123-cd4bafc17e45",
		"github.com/vito/bubbline v0.0.0-20250312195236-5f4f49d6ebcb",
	} {
		require.Contains(t, daggers, pinned)
		assert.Contains(t, ours, pinned)
	}
	for pinned, sum := range ours {
		if expected, known := daggers[pinned]; known {
			assert.Equal(t, expected, sum, pinned)
		}
	}
}

// A module that requires dagger does not inherit the replaces of its go.mod.
func TestReplacesAreDaggersOwn(t *testing.T) {
	ours, daggers := replaces(t, "go.mod"), replaces(t, filepath.Join(daggerDir(t), "go.mod"))
	require.NotEmpty(t, daggers)
	for path, with := range daggers {
		if with.Version == "" { // a directory of dagger's repository
			continue
		}
		assert.Equal(t, with, ours[path], "replace %s as dagger's go.mod does", path)
	}
}

func daggerDir(t *testing.T) string {
	out, err := exec.Command("go", "list", "-m", "-f", "{{.Dir}}", "github.com/dagger/dagger").Output()
	require.NoError(t, err)
	return strings.TrimSpace(string(out))
}

// sums returns a go.sum as sums by "module version".
func sums(t *testing.T, file string) map[string]string {
	content, err := os.ReadFile(file)
	require.NoError(t, err)
	found := map[string]string{}
	for line := range strings.Lines(string(content)) {
		fields := strings.Fields(line)
		require.Len(t, fields, 3, "%s: %s", file, line)
		found[fields[0]+" "+fields[1]] = fields[2]
	}
	return found
}

// replaces returns what a go.mod puts in the place of which module.
func replaces(t *testing.T, file string) map[string]module.Version {
	content, err := os.ReadFile(file)
	require.NoError(t, err)
	parsed, err := modfile.Parse(file, content, nil)
	require.NoError(t, err)
	found := map[string]module.Version{}
	for _, replace := range parsed.Replace {
		found[replace.Old.Path] = replace.New
	}
	return found
}
