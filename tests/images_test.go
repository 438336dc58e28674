package tests

import (
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pingvas/pingvas-ci/internal/lab"
)

// forBuilding are the programs that build an image, and are of no use in one.
var forBuilding = []string{"gcc", "cc", "g++", "c++", "make", "git", "uv", "poetry", "node", "npm", "npx", "pnpm", "corepack"}

// TestImages: the image of each kind, by a Dockerfile and by the recipe, runs as
// nobody, asks for its own health, has no tools in it, and says of which commit
// it is, unless it is of none.
func TestImages(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "services/gallery-service", "frontend", worker)
	shape := newShapes(t, plain)
	require.NoError(t, os.CopyFS(w.files, os.DirFS(shape.dir)))
	w.write("pages/site/package.json", `{"name": "site", "packageManager": "pnpm@9.15.9", "scripts": {"build": "mkdir dist && echo hello > dist/index.html"}}`)
	w.write("pages/site/pnpm-lock.yaml", "lockfileVersion: '9.0'\n\nsettings:\n  autoInstallPeers: true\n  excludeLinksFromLockfile: false\n\nimporters:\n\n  .: {}\n")
	require.NoError(t, lab.Commit(w.studio, w.files, "Images"))
	run(t, "git", "-C", w.studio, "remote", "add", "origin", "https://git.example/pingvas/studio.git")
	commit := strings.TrimSpace(head(t, w.studio))

	image := func(t *testing.T, kind, name string) built {
		t.Helper()
		file := filepath.Join(t.TempDir(), "image.tar")
		_, err := w.call(kind, "--name", name, "image", "--platform", "linux/amd64", "as-tarball", "export", "--path", file)
		require.NoError(t, err)
		return readImage(t, file)
	}
	for _, c := range []struct {
		what, kind, name, version string
		health                    []string // how it begins; empty where the Dockerfile says nothing of it
	}{
		{"a service by the recipe", "service", plain, commit, []string{"CMD", "python", "-c"}},
		{"a service by its Dockerfile", "service", "gallery-service", commit, []string{"CMD", "python", "-c"}},
		{"a frontend by the recipe", "frontend", "site", commit, []string{"CMD-SHELL"}},
		{"a frontend by its Dockerfile", "frontend", "frontend", commit, nil},
		{"a worker by its Dockerfile", "worker", "ai-worker", commit + "-cuda", []string{"CMD", "python", "-m"}},
	} {
		t.Run(c.what, func(t *testing.T) {
			image := image(t, c.kind, c.name)
			assert.NotContains(t, []string{"", "root", "0", "0:0"}, image.user)
			require.GreaterOrEqual(t, len(image.health), len(c.health))
			assert.Equal(t, c.health, image.health[:len(c.health)])
			assert.Equal(t, c.name, image.labels["org.opencontainers.image.title"])
			assert.Equal(t, commit, image.labels["org.opencontainers.image.revision"])
			assert.Equal(t, c.version, image.labels["org.opencontainers.image.version"])
			assert.Equal(t, "https://git.example/pingvas/studio", image.labels["org.opencontainers.image.source"])
			assert.Regexp(t, `^20\d\d-\d\d-\d\dT\d\d:\d\d:\d\dZ$`, image.labels["org.opencontainers.image.created"])
			assert.Empty(t, programs(image.files, forBuilding))
			assert.NotEmpty(t, programs(image.files, []string{"sh"}), "the test no longer finds what it looks for")
		})
	}
	t.Run("files that are not committed are of no commit", func(t *testing.T) {
		require.NoError(t, os.WriteFile(filepath.Join(w.studio, "services", plain, "notes.txt"), []byte("soon\n"), 0o644))
		labels := image(t, "service", plain).labels
		assert.Equal(t, plain, labels["org.opencontainers.image.title"])
		assert.NotContains(t, labels, "org.opencontainers.image.revision")
		assert.NotContains(t, labels, "org.opencontainers.image.version")
	})
}

// programs are those files that are programs of the given names.
func programs(files, names []string) []string {
	return slices.DeleteFunc(slices.Clone(files), func(file string) bool {
		return path.Base(path.Dir(file)) != "bin" || !slices.Contains(names, path.Base(file))
	})
}
