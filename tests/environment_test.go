package tests

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-containerregistry/pkg/crane"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pingvas/pingvas-ci/internal/lab"
)

// TestVerifiedEnvironment delivers a signed image, verifies the environment and
// releases what it runs; then somebody else's image is put in its place, and
// last one that is for other machines.
func TestVerifiedEnvironment(t *testing.T) {
	t.Parallel()
	w := newWorld(t, service)
	w.onlyUserService()
	settings := filepath.Join(service, "pyproject.toml")
	original, err := os.ReadFile(filepath.Join(w.files, settings))
	require.NoError(t, err)
	builtFor := func(platform string) {
		w.write(settings, string(original)+"\n[tool.pingvas-ci]\nplatforms = [\""+platform+"\"]\n")
		require.NoError(t, lab.Commit(w.studio, w.files, "Build for "+platform))
	}
	key := run(t, "openssl", "ecparam", "-name", "prime256v1", "-genkey", "-noout")
	public := filepath.Join(t.TempDir(), "pingvas.pub")
	pem := exec.Command("openssl", "ec", "-pubout", "-out", public)
	pem.Stdin = strings.NewReader(key)
	require.NoError(t, pem.Run())
	call := func(args ...string) (string, error) {
		return dagger(t, slices.Concat(source(w.studio), []string{
			"with-registry", "--address", "localhost:" + port(w.registry), "--service", "tcp://" + w.registry.Address,
			"--username", w.registry.Username, "--password", "env:REGISTRY_PASSWORD",
			"with-gitops", "--repository", "http://" + w.git.Address + "/pingvas-gitops.git", "--service", "tcp://" + w.git.Address,
			"--username", w.git.Username, "--token", "env:GIT_PASSWORD",
		}, args), "REGISTRY_PASSWORD="+w.registry.Password, "GIT_PASSWORD="+w.git.Password, "SIGNING_KEY="+key)
	}
	deliver := []string{"with-signing", "--key", "env:SIGNING_KEY", "deliver", "json"}
	verify := []string{"verify", "--public-key", public, "--environment", "dev"}
	release := []string{"release", "--environment", "dev", "--version"}
	repository := "localhost:" + port(w.registry) + "/user-service"

	said, err := call(verify...)
	require.ErrorContains(t, err, "dev names it without a digest. Deliver it first", said)

	builtFor("linux/arm64")
	_, err = call(deliver...)
	require.NoError(t, err)
	said, err = call(verify...)
	require.NoError(t, err)
	head := run(t, "git", "-C", w.studio, "rev-parse", "HEAD")
	assert.Contains(t, said, "built from "+strings.TrimSpace(head))
	assert.Regexp(t, `linux/arm64 with [0-9]{2,} components`, said)
	digest := regexp.MustCompile(`sha256:[0-9a-f]{64}`).FindString(said)

	for range 2 { // The second time it is done already.
		said, err = call(append(release, "v1.4.0")...)
		require.NoError(t, err)
		assert.Contains(t, said, repository+":v1.4.0@"+digest)
	}
	held, err := crane.Digest(repository + ":v1.4.0")
	require.NoError(t, err)
	assert.Equal(t, digest, held)

	changed := tampered(t, w.registry, digest)
	_, err = call("gitops", "bump", "--component", "user-service", "--image", repository+":tampered@"+changed, "--force", "json")
	require.NoError(t, err)
	_, err = call(verify...)
	require.ErrorContains(t, err, "user-service@"+changed+": no signature by this key among 1")
	assert.ErrorContains(t, err, "no https://slsa.dev/provenance/v1 by this key among 1")
	_, err = call(append(release, "v1.4.0")...)
	require.ErrorContains(t, err, "Nothing was tagged now")
	assert.ErrorContains(t, err, "release what it runs as another version")

	before := w.gitops("rev-parse", "main")
	builtFor("linux/amd64")
	_, err = call(deliver...)
	require.ErrorContains(t, err, "dev runs user-service on arm64 machines, for which the image was not built")
	assert.Equal(t, before, w.gitops("rev-parse", "main"), "a manifest names what cannot run")
}

// onlyUserService has the environments pin nothing else.
func (w *world) onlyUserService() {
	w.t.Helper()
	tree := w.t.TempDir()
	require.NoError(w.t, os.CopyFS(tree, os.DirFS("../examples/gitops")))
	file := filepath.Join(tree, manifests)
	text, err := os.ReadFile(file)
	require.NoError(w.t, err)
	begin, end := bytes.Index(text, []byte("  - name: generation-service")), bytes.Index(text, []byte("\npatches:"))
	require.Less(w.t, begin, end)
	require.NoError(w.t, os.WriteFile(file, slices.Concat(text[:begin], text[end:]), 0o600))
	require.NoError(w.t, os.RemoveAll(w.bare))
	require.NoError(w.t, lab.Publish(w.bare, tree))
}
