package tests

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pingvas/pingvas-ci/tests/internal/harness"
)

// forBuilding are the programs that build an image, and are of no use in one.
var forBuilding = []string{"gcc", "cc", "g++", "c++", "make", "git", "uv", "poetry", "node", "npm", "npx", "pnpm", "corepack"}

// TestImages: the image of each kind, by a Dockerfile and by the recipe, runs as
// nobody, asks for its own health, has no tools in it, and says of which commit
// it is, unless it is of none.
func TestImages(t *testing.T) {
	long(t, "TestPythonImage, TestSite")
	t.Parallel()
	r := harness.Example(t, "services/gallery-service", "frontend", worker)
	r.Copy(atPlain, "shapes/"+atPlain)
	r.Write("pages/site/package.json", `{"name": "site", "packageManager": "pnpm@9.15.9", "scripts": {"build": "mkdir dist && echo hello > dist/index.html"}}`)
	r.Write("pages/site/pnpm-lock.yaml", "lockfileVersion: '9.0'\n\nsettings:\n  autoInstallPeers: true\n  excludeLinksFromLockfile: false\n\nimporters:\n\n  .: {}\n")
	commit := r.Commit(t)
	harness.Run(t, "git", "-C", r.Dir, "remote", "add", "origin", "https://git.example/pingvas/studio.git")

	kinds := map[string]string{plain: "service", "gallery-service": "service", "site": "frontend", "frontend": "frontend", "ai-worker": "worker"}
	written := harness.NewFiles(t, nil)
	var calls [][]string
	for name, kind := range kinds {
		calls = append(calls, words(kind+" --name "+name+" image --platform linux/amd64 as-tarball export --path "+written.At(name+".tar")))
	}
	for _, exported := range r.Batch(t, calls...) {
		exported.Must(t)
	}
	for _, c := range []struct {
		what, name, version string
		health              []string // how it begins; empty where the Dockerfile says nothing of it
	}{
		{"a service by the recipe", plain, commit, []string{"CMD", "python", "-c"}},
		{"a service by its Dockerfile", "gallery-service", commit, []string{"CMD", "python", "-c"}},
		{"a frontend by the recipe", "site", commit, []string{"CMD-SHELL"}},
		{"a frontend by its Dockerfile", "frontend", commit, nil},
		{"a worker by its Dockerfile", "ai-worker", commit + "-cuda", []string{"CMD", "python", "-m"}},
	} {
		t.Run(c.what, func(t *testing.T) {
			image := harness.ReadImage(t, written.At(c.name+".tar"))
			assert.NotContains(t, []string{"", "root", "0", "0:0"}, image.User)
			require.GreaterOrEqual(t, len(image.Health), len(c.health))
			assert.Equal(t, c.health, image.Health[:len(c.health)])
			assert.Equal(t, c.name, image.Labels["org.opencontainers.image.title"])
			assert.Equal(t, commit, image.Labels["org.opencontainers.image.revision"])
			assert.Equal(t, c.version, image.Labels["org.opencontainers.image.version"])
			assert.Equal(t, "https://git.example/pingvas/studio", image.Labels["org.opencontainers.image.source"])
			assert.Regexp(t, `^20\d\d-\d\d-\d\dT\d\d:\d\d:\d\dZ$`, image.Labels["org.opencontainers.image.created"])
			assert.Empty(t, image.Programs(forBuilding...))
			assert.NotEmpty(t, image.Programs("sh"), "the test no longer finds what it looks for")
		})
	}
	t.Run("files that are not committed are of no commit", func(t *testing.T) {
		r.Write(atPlain+"/notes.txt", "soon\n")
		labels := r.Export(t, words("service --name "+plain+" image --platform linux/amd64")...).Labels
		assert.Equal(t, plain, labels["org.opencontainers.image.title"])
		assert.NotContains(t, labels, "org.opencontainers.image.revision")
		assert.NotContains(t, labels, "org.opencontainers.image.version")
	})
}
