package registry_test

import (
	"archive/tar"
	"context"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-containerregistry/pkg/name"
	handler "github.com/google/go-containerregistry/pkg/registry"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/empty"
	"github.com/google/go-containerregistry/pkg/v1/layout"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/random"
	"github.com/google/go-containerregistry/pkg/v1/remote"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pingvas/pingvas-ci/ci/internal/registry"
)

const commit = "0123456789abcdef0123456789abcdef01234567"

func TestTags(t *testing.T) {
	for name, test := range map[string]struct {
		suffix, branch string
		latest         bool
		want           []string
	}{
		"service on main":            {"", "main", false, []string{commit}},
		"the guide's service":        {"", "main", true, []string{commit, "latest"}},
		"the guide's CUDA worker":    {"-cuda", "main", true, []string{commit + "-cuda", "latest-cuda"}},
		"service on develop":         {"", "develop", false, []string{commit, "develop-latest"}},
		"CUDA worker on develop":     {"-cuda", "develop", false, []string{commit + "-cuda", "develop-latest-cuda"}},
		"a branch named like it":     {"", "develop-latest", false, []string{commit}},
		"a machine without a branch": {"", "", false, []string{commit}},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := registry.Tags(test.suffix, commit, test.branch, test.latest)
			require.NoError(t, err)
			assert.Equal(t, test.want, got)
		})
	}
	for _, bad := range []string{"", "main", "abc", "012345678g", "0123456; rm", strings.ToUpper(commit)} {
		_, err := registry.Tags("", bad, "main", false)
		assert.ErrorContains(t, err, "is no commit", bad)
	}
	_, err := registry.Tags("/x", commit, "main", false)
	assert.Error(t, err)
}

// start serves an empty registry and returns its host.
func start(t *testing.T, wrap func(http.Handler) http.Handler) string {
	t.Helper()
	server := httptest.NewServer(wrap(handler.New(handler.Logger(log.New(io.Discard, "", 0)))))
	t.Cleanup(server.Close)
	return strings.TrimPrefix(server.URL, "http://")
}

func asIs(h http.Handler) http.Handler { return h }

// index makes a random index for the platforms, with an attestation.
func index(t *testing.T, platforms ...string) v1.ImageIndex {
	t.Helper()
	var idx v1.ImageIndex = empty.Index
	for _, p := range append(platforms, "unknown/unknown") {
		platform, err := v1.ParsePlatform(p)
		require.NoError(t, err)
		image, err := random.Image(64, 1)
		require.NoError(t, err)
		idx = mutate.AppendManifests(idx, mutate.IndexAddendum{Add: image, Descriptor: v1.Descriptor{Platform: platform}})
	}
	return idx
}

func digestOf(t *testing.T, d interface{ Digest() (v1.Hash, error) }) string {
	t.Helper()
	hash, err := d.Digest()
	require.NoError(t, err)
	return hash.String()
}

func TestResolveAndCheckPlatforms(t *testing.T) {
	ctx, host := context.Background(), start(t, asIs)
	idx := index(t, "linux/arm64/v8", "linux/amd64")
	tag, err := name.NewTag(host + "/user-service:" + commit)
	require.NoError(t, err)
	require.NoError(t, remote.WriteIndex(tag, idx))

	got, err := registry.CheckPlatforms(ctx, tag.String(), []string{"linux/arm64", "linux/amd64"})
	require.NoError(t, err)
	assert.Equal(t, digestOf(t, idx), got.Digest)
	assert.Equal(t, host+"/user-service@"+got.Digest, got.Reference)
	assert.Len(t, got.Platforms, 2, "an attestation is no platform")

	again, err := registry.Resolve(ctx, got.Reference)
	require.NoError(t, err)
	assert.Equal(t, got, again, "by digest as by tag")

	_, err = registry.CheckPlatforms(ctx, tag.String(), []string{"linux/arm64", "linux/riscv64"})
	require.ErrorContains(t, err, "does not exist for linux/riscv64, only for linux/amd64, linux/arm64")

	_, err = registry.CheckPlatforms(ctx, host+"/user-service:gone", nil)
	require.ErrorContains(t, err, "MANIFEST_UNKNOWN")
	_, err = registry.Resolve(ctx, "No Reference")
	require.ErrorContains(t, err, "resolve No Reference")
}

func TestResolveASingleManifest(t *testing.T) {
	host := start(t, asIs)
	image, err := random.Image(64, 1)
	require.NoError(t, err)
	image, err = mutate.ConfigFile(image, &v1.ConfigFile{OS: "linux", Architecture: "amd64"})
	require.NoError(t, err)
	tag, err := name.NewTag(host + "/ai-worker:x")
	require.NoError(t, err)
	require.NoError(t, remote.Write(tag, image))
	got, err := registry.Resolve(context.Background(), tag.String())
	require.NoError(t, err)
	assert.Equal(t, map[string]string{"linux/amd64": digestOf(t, image)}, got.Platforms)
}

func TestAuthIsSent(t *testing.T) {
	host := start(t, func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if user, password, _ := r.BasicAuth(); user != "AWS" || password != "secret" {
				w.Header().Set("WWW-Authenticate", "Basic")
				w.WriteHeader(http.StatusUnauthorized)
				return
			}
			next.ServeHTTP(w, r)
		})
	})
	_, err := registry.Resolve(context.Background(), host+"/x:y")
	require.ErrorContains(t, err, "401")
	_, err = registry.Resolve(context.Background(), host+"/x:y", registry.WithAuth(registry.Auth{Username: "AWS", Password: "secret"}))
	require.ErrorContains(t, err, "NAME_UNKNOWN", "logged in, and there is nothing yet")
}

// tarball writes an OCI layout that holds what add appends.
func tarball(t *testing.T, add func(layout.Path) error) string {
	t.Helper()
	dir := t.TempDir()
	written, err := layout.Write(dir, empty.Index)
	require.NoError(t, err)
	require.NoError(t, add(written))
	return pack(t, dir)
}

func pack(t *testing.T, dir string) string {
	t.Helper()
	file, err := os.Create(filepath.Join(t.TempDir(), "image.tar"))
	require.NoError(t, err)
	w := tar.NewWriter(file)
	require.NoError(t, w.AddFS(os.DirFS(dir)))
	require.NoError(t, w.Close())
	require.NoError(t, file.Close())
	return file.Name()
}

func TestPushKeepsEveryByte(t *testing.T) {
	ctx, host := context.Background(), start(t, asIs)
	idx := index(t, "linux/arm64", "linux/amd64")
	tar := tarball(t, func(p layout.Path) error { return p.AppendIndex(idx) })

	scanned, err := registry.LayoutDigests(tar)
	require.NoError(t, err)
	assert.Equal(t, digestOf(t, idx), scanned.Index)
	assert.Len(t, scanned.Platforms, 2)

	for range 2 { // A run that is started again ends in the same state.
		pushed, err := registry.Push(ctx, tar, host+"/user-service", []string{commit, "develop-latest"})
		require.NoError(t, err)
		assert.Equal(t, scanned.Index, pushed.Digest)
		assert.Equal(t, scanned.Platforms, pushed.Platforms)
		require.NoError(t, scanned.Holds(pushed))
		tagged, err := registry.Resolve(ctx, host+"/user-service:develop-latest")
		require.NoError(t, err)
		assert.Equal(t, pushed, tagged)
	}
}

func TestPushASingleImage(t *testing.T) {
	host := start(t, asIs)
	image, err := random.Image(64, 1)
	require.NoError(t, err)
	image, err = mutate.ConfigFile(image, &v1.ConfigFile{OS: "linux", Architecture: "amd64"})
	require.NoError(t, err)
	tar := tarball(t, func(p layout.Path) error { return p.AppendImage(image) })
	pushed, err := registry.Push(context.Background(), tar, host+"/ai-worker", []string{commit + "-cuda"})
	require.NoError(t, err)
	assert.Equal(t, digestOf(t, image), pushed.Digest)
	scanned, err := registry.LayoutDigests(tar)
	require.NoError(t, err)
	assert.Empty(t, scanned.Index)
	assert.Equal(t, pushed.Platforms, scanned.Platforms)
}

func TestOtherBytesAreNoticed(t *testing.T) {
	scanned := registry.Layout{Platforms: map[string]string{"linux/amd64": "sha256:a", "linux/arm64": "sha256:b"}}
	pushed := registry.Resolved{Reference: "r", Platforms: map[string]string{"linux/amd64": "sha256:c"}}
	err := scanned.Holds(pushed)
	require.ErrorContains(t, err, "r for linux/amd64 is sha256:c, but scanned was sha256:a")
	require.ErrorContains(t, err, "r lacks linux/arm64, which was scanned")
	err = registry.Layout{}.Holds(pushed)
	require.ErrorContains(t, err, "scanned was nothing")
}

func TestImmutableTagIsNeverMoved(t *testing.T) {
	ctx := context.Background()
	host := start(t, func(next http.Handler) http.Handler {
		seen := map[string]bool{}
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.Method == http.MethodPut && strings.HasSuffix(r.URL.Path, "/manifests/"+commit) {
				if seen[r.URL.Path] {
					http.Error(w, `{"errors":[{"code":"TAG_INVALID","message":"the tag is immutable"}]}`, http.StatusBadRequest)
					return
				}
				seen[r.URL.Path] = true
			}
			next.ServeHTTP(w, r)
		})
	})
	first := tarball(t, func(p layout.Path) error { return p.AppendIndex(index(t, "linux/amd64")) })
	second := tarball(t, func(p layout.Path) error { return p.AppendIndex(index(t, "linux/amd64")) })
	for range 2 {
		_, err := registry.Push(ctx, first, host+"/x", []string{commit})
		require.NoError(t, err, "the same digest is success")
	}
	_, err := registry.Push(ctx, second, host+"/x", []string{commit})
	require.ErrorContains(t, err, "the tag is immutable")
	require.ErrorContains(t, err, "it names sha256:")
}

func TestBrokenLayouts(t *testing.T) {
	write := func(files map[string]string) string {
		dir := t.TempDir()
		for name, content := range files {
			require.NoError(t, os.MkdirAll(filepath.Dir(filepath.Join(dir, name)), 0o755))
			require.NoError(t, os.WriteFile(filepath.Join(dir, name), []byte(content), 0o600))
		}
		return pack(t, dir)
	}
	digest := strings.Repeat("a", 64)
	manifest := `{"mediaType":"application/vnd.oci.image.manifest.v1+json","size":2,"digest":"sha256:` + digest + `"}`
	for name, test := range map[string]struct {
		files map[string]string
		want  string
	}{
		"docker archive": {map[string]string{"manifest.json": "[]"}, "it has no index.json; export it as an OCI layout"},
		"no image":       {map[string]string{"index.json": `{"schemaVersion":2,"manifests":[]}`}, "it holds no image"},
		"no JSON":        {map[string]string{"index.json": "{"}, "index.json: unexpected end"},
		"lost blob":      {map[string]string{"index.json": `{"manifests":[` + manifest + `]}`}, "it has no blobs/sha256/" + digest},
		"changed blob": {map[string]string{"index.json": `{"manifests":[` + manifest + `]}`, "blobs/sha256/" + digest: "{}"},
			"its content has another digest"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := registry.LayoutDigests(write(test.files))
			require.ErrorContains(t, err, test.want)
		})
	}
	_, err := registry.LayoutDigests("gone.tar")
	require.ErrorIs(t, err, os.ErrNotExist)
}
