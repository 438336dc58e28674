package tests

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pingvas/pingvas-ci/internal/lab"
)

const service = "services/user-service"

// A package with a known vulnerability of severity HIGH, locked as any other.
const (
	vulnerability = "CVE-2024-53981"
	vulnerable    = "python-multipart==0.0.6 --hash=sha256:ee698bab5ef148b0a760751c261902cd096e57e10558e11aca17646b74ee1c18\n"
)

// TestDeliveryStops breaks one thing at a time. Each must stop the delivery,
// say where and why, and leave the registry and the GitOps repository as they
// were.
func TestDeliveryStops(t *testing.T) {
	t.Parallel()
	cases := []struct {
		name   string
		broken func(w *world)
		says   []string
		pushes bool // images may stay behind: nothing refers to them
	}{
		{
			name: "when a test fails",
			broken: func(w *world) {
				w.write(service+"/tests/test_broken.py", "def test_broken() -> None:\n    assert 1 + 1 == 3\n")
			},
			says: []string{"user-service test", `"pytest`, "assert (1 + 1) == 3", "Nothing was built or pushed"},
		},
		{
			name: "when lint fails, and a test as well: both are reported",
			broken: func(w *world) {
				w.write(service+"/user_service/broken.py", "import os\n")
				w.write(service+"/tests/test_broken.py", "def test_broken() -> None:\n    raise AssertionError\n")
			},
			says: []string{"user-service lint", `"ruff check ."`, "F401", "user-service test", "test_broken"},
		},
		{
			name: "when a scan finds a HIGH vulnerability",
			broken: func(w *world) {
				w.appendTo(service+"/requirements.txt", vulnerable)
			},
			says: []string{"user-service scan linux/arm64", "user-service scan linux/amd64", "HIGH", vulnerability, "Nothing was pushed"},
		},
		{
			name:   "when the registry is down",
			broken: func(w *world) { _ = w.registry.Close() },
			says:   []string{"registry localhost:", "Check its address"},
		},
		{
			name:   "when the registry refuses the credentials",
			broken: func(w *world) { w.registry.Password = "wrong" },
			says:   []string{"registry localhost:", "refuses the credentials"},
		},
		{
			name:   "when the git server refuses the credentials",
			broken: func(w *world) { w.git.Password = "wrong" },
			says:   []string{"authentication failed"},
		},
		{
			name: "when the git server refuses the push",
			broken: func(w *world) {
				w.hook("pre-receive", "#!/bin/sh\necho 'main is protected' >&2\nexit 1\n")
			},
			says:   []string{"gitops dev", "the server refused the push", "main is protected"},
			pushes: true,
		},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			w := newWorld(t, service)
			before := w.gitops("rev-parse", "main")
			registry := w.registry.Dir
			c.broken(w)

			_, err := w.deliver()

			require.Error(t, err)
			for _, text := range c.says {
				assert.Contains(t, err.Error(), text)
			}
			assert.NotContains(t, err.Error(), w.git.Password, "a secret was printed")
			assert.Equal(t, before, w.gitops("rev-parse", "main"), "a commit was made")
			if !c.pushes {
				assert.Empty(t, blobs(t, registry), "something was pushed")
			}
		})
	}
}

// TestUncommittedChanges proves that what no commit has is not published under
// a commit's name.
func TestUncommittedChanges(t *testing.T) {
	t.Parallel()
	w := newWorld(t, service)
	require.NoError(t, lab.Commit(w.studio, w.files, "Change"))
	require.NoError(t, os.WriteFile(filepath.Join(w.studio, service, "user_service/new.py"), []byte("X = 1\n"), 0o644))
	_, err := w.call("with-registry", "--address", "localhost:1", "deliver", "json")
	require.Error(t, err)
	assert.Contains(t, err.Error(), "uncommitted changes: "+service+"/user_service/new.py")
	assert.Empty(t, blobs(t, w.registry.Dir), "something was pushed")
}

// TestUnknownNames proves that a wrong name is told from the known ones.
func TestUnknownNames(t *testing.T) {
	t.Parallel()
	w := newWorld(t, service)
	_, err := dagger(t, append(source(w.files), "service", "--name", "usr-service", "name"))
	require.Error(t, err)
	assert.Contains(t, err.Error(), `component "usr-service" is unknown; name one of: user-service`)
}

func (w *world) appendTo(path, text string) {
	w.t.Helper()
	file, err := os.OpenFile(filepath.Join(w.files, path), os.O_APPEND|os.O_WRONLY, 0)
	require.NoError(w.t, err)
	_, err = file.WriteString(text)
	require.NoError(w.t, err)
	require.NoError(w.t, file.Close())
}

func (w *world) hook(name, script string) {
	w.t.Helper()
	require.NoError(w.t, os.WriteFile(filepath.Join(w.bare, "hooks", name), []byte(script), 0o755))
}

// blobs lists what is stored in a registry's directory.
func blobs(t *testing.T, dir string) []string {
	t.Helper()
	var found []string
	err := filepath.WalkDir(dir, func(path string, entry os.DirEntry, err error) error {
		if err == nil && entry.Type().IsRegular() && !strings.HasPrefix(entry.Name(), ".") {
			found = append(found, path)
		}
		return err
	})
	require.NoError(t, err)
	return found
}
