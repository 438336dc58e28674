package registry_test

import (
	"bytes"
	"context"
	"io"
	"log"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

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
	server := httptest.NewServer(wrap(handler.New(handler.WithReferrersSupport(true), handler.Logger(log.New(io.Discard, "", 0)))))
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

func TestResolve(t *testing.T) {
	ctx, host := context.Background(), start(t, asIs)
	idx := index(t, "linux/arm64/v8", "linux/amd64")
	tag, err := name.NewTag(host + "/user-service:" + commit)
	require.NoError(t, err)
	require.NoError(t, remote.WriteIndex(tag, idx))

	got, err := registry.Resolve(ctx, tag.String())
	require.NoError(t, err)
	assert.Equal(t, digestOf(t, idx), got.Digest)
	assert.Equal(t, host+"/user-service@"+got.Digest, got.Reference)
	assert.ElementsMatch(t, []string{"linux/arm64", "linux/amd64"}, slices.Collect(maps.Keys(got.Platforms)), "an attestation is no platform")

	again, err := registry.Resolve(ctx, got.Reference)
	require.NoError(t, err)
	assert.Equal(t, got, again, "by digest as by tag")

	one, err := got.On("linux/arm64")
	require.NoError(t, err)
	assert.Equal(t, host+"/user-service@"+got.Platforms["linux/arm64"], one)
	_, err = got.On("linux/s390x")
	require.ErrorContains(t, err, "is not for linux/s390x, but for linux/amd64, linux/arm64")

	_, err = registry.Resolve(ctx, host+"/user-service:gone")
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

	image, err = mutate.ConfigFile(image, &v1.ConfigFile{})
	require.NoError(t, err)
	require.NoError(t, remote.Write(tag, image))
	got, err = registry.Resolve(context.Background(), tag.String())
	require.NoError(t, err)
	assert.Empty(t, got.Platforms, "it says none")
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

// memory is a store of an OCI layout that counts what is read of it.
type memory struct {
	files map[string][]byte
	read  map[string]int
	mu    *sync.Mutex // Layers are read side by side.
}

func (m memory) Open(_ context.Context, file string) (io.ReadCloser, error) {
	content, there := m.files[file]
	if !there {
		return nil, os.ErrNotExist
	}
	m.mu.Lock()
	m.read[file]++
	m.mu.Unlock()
	return io.NopCloser(bytes.NewReader(content)), nil
}

// scanned makes a random image for a platform, as it lies in a store.
func scanned(t *testing.T, platform string) (registry.Image, memory) {
	t.Helper()
	image, err := random.Image(2048, 2)
	require.NoError(t, err)
	p, err := v1.ParsePlatform(platform)
	require.NoError(t, err)
	config, err := image.ConfigFile()
	require.NoError(t, err)
	config.OS, config.Architecture = p.OS, p.Architecture
	image, err = mutate.ConfigFile(image, config)
	require.NoError(t, err)
	dir := t.TempDir()
	written, err := layout.Write(dir, empty.Index)
	require.NoError(t, err)
	require.NoError(t, written.AppendImage(image))
	store := memory{map[string][]byte{}, map[string]int{}, &sync.Mutex{}}
	require.NoError(t, filepath.WalkDir(dir, func(path string, entry os.DirEntry, err error) error {
		if err == nil && entry.Type().IsRegular() {
			name, _ := filepath.Rel(dir, path)
			store.files[name], err = os.ReadFile(path)
		}
		return err
	}))
	read, err := registry.ReadImage(t.Context(), store)
	require.NoError(t, err)
	assert.Equal(t, digestOf(t, image), read.Digest)
	assert.Equal(t, platform, read.Platform)
	return read, store
}

// published pushes and tags, as a delivery does.
func published(t *testing.T, repository string, images []registry.Image, tags ...string) registry.Resolved {
	t.Helper()
	pushed, err := registry.Push(t.Context(), repository, images, tags)
	require.NoError(t, err)
	require.NoError(t, registry.Tag(t.Context(), pushed, tags))
	return pushed
}

func TestPushKeepsEveryByteAndSendsNothingTwice(t *testing.T) {
	var sent atomic.Int64
	host := start(t, func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.Method != http.MethodGet && r.Method != http.MethodHead {
				sent.Add(1)
			}
			next.ServeHTTP(w, r)
		})
	})
	arm, armFiles := scanned(t, "linux/arm64")
	amd, _ := scanned(t, "linux/amd64")
	push := func() registry.Resolved {
		return published(t, host+"/user-service", []registry.Image{arm, amd}, commit, "develop-latest")
	}
	would, due, stay, err := registry.Would(t.Context(), host+"/user-service", []registry.Image{arm, amd}, []string{commit, "develop-latest"})
	require.NoError(t, err)
	assert.Zero(t, sent.Load(), "what would be pushed is not sent")
	assert.Equal(t, []string{commit, "develop-latest"}, due)
	assert.Empty(t, stay)
	first := push()
	assert.Equal(t, would, first.Digest)
	assert.Equal(t, map[string]string{"linux/arm64": arm.Digest, "linux/amd64": amd.Digest}, first.Platforms)
	once := sent.Load()
	assert.Equal(t, first, push())
	assert.Equal(t, once, sent.Load(), "the second push sent something")
	for file, times := range armFiles.read {
		assert.Equal(t, 1, times, file)
	}
	tagged, err := registry.Resolve(t.Context(), host+"/user-service:develop-latest")
	require.NoError(t, err)
	assert.Equal(t, first, tagged)
}

func TestATagIsNeverMoved(t *testing.T) {
	var sent atomic.Int64
	host := start(t, func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.Method != http.MethodGet && r.Method != http.MethodHead {
				sent.Add(1)
			}
			next.ServeHTTP(w, r)
		})
	})
	one, _ := scanned(t, "linux/amd64")
	other, _ := scanned(t, "linux/amd64")
	first := published(t, host+"/x", []registry.Image{one}, commit, "develop-latest-cuda")
	once := sent.Load()

	_, err := registry.Push(t.Context(), host+"/x", []registry.Image{other}, []string{commit})
	var taken *registry.TakenError
	require.ErrorAs(t, err, &taken)
	assert.Equal(t, first.Digest, taken.Holds)
	require.ErrorContains(t, err, taken.Holds)
	require.ErrorContains(t, err, taken.Wanted)
	assert.Equal(t, once, sent.Load(), "something was sent before the tag was looked at")

	require.NoError(t, registry.Taggable(t.Context(), first.Reference, []string{commit, "new"}))
	require.ErrorContains(t, registry.Taggable(t.Context(), host+"/x@"+other.Digest, []string{commit}), "MANIFEST_UNKNOWN")
	second := published(t, host+"/x", []registry.Image{other}, "develop-latest-cuda") // This tag moves.
	assert.NotEqual(t, first.Digest, second.Digest)
	require.ErrorAs(t, registry.Taggable(t.Context(), second.Reference, []string{commit}), &taken)
}

func TestBrokenImages(t *testing.T) {
	digest := strings.Repeat("a", 64)
	manifest := `{"mediaType":"application/vnd.oci.image.manifest.v1+json","size":2,"digest":"sha256:` + digest + `"}`
	for name, test := range map[string]struct {
		files map[string]string
		want  string
	}{
		"docker archive": {map[string]string{"manifest.json": "[]"}, "index.json: file does not exist"},
		"no image":       {map[string]string{"index.json": `{"schemaVersion":2,"manifests":[]}`}, "it holds 0 manifests"},
		"no JSON":        {map[string]string{"index.json": "{"}, "index.json: unexpected end"},
		"lost blob":      {map[string]string{"index.json": `{"manifests":[` + manifest + `]}`}, "blobs/sha256/" + digest + ": file does not exist"},
		"changed blob": {map[string]string{"index.json": `{"manifests":[` + manifest + `]}`, "blobs/sha256/" + digest: "{}"},
			"its content has the digest"},
	} {
		t.Run(name, func(t *testing.T) {
			store := memory{map[string][]byte{}, map[string]int{}, &sync.Mutex{}}
			for file, content := range test.files {
				store.files[file] = []byte(content)
			}
			_, err := registry.ReadImage(t.Context(), store)
			require.ErrorContains(t, err, test.want)
		})
	}
	image, _ := scanned(t, "linux/amd64")
	_, err := registry.Push(t.Context(), start(t, asIs)+"/x", []registry.Image{image, image}, []string{commit})
	require.ErrorContains(t, err, "two images for linux/amd64")
	_, err = registry.Push(t.Context(), start(t, asIs)+"/x", nil, []string{commit})
	require.ErrorContains(t, err, "there is no image")
	image, store := scanned(t, "linux/amd64")
	for file := range store.files { // A layer that changed after the scan is refused by the registry.
		if strings.HasPrefix(file, "blobs/") && file != "blobs/sha256/"+strings.TrimPrefix(image.Digest, "sha256:") &&
			file != "blobs/sha256/"+strings.TrimPrefix(image.Config, "sha256:") {
			store.files[file] = []byte("changed")
		}
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Second)
	defer cancel()
	_, err = registry.Push(ctx, start(t, asIs)+"/x", []registry.Image{image}, []string{commit})
	require.Error(t, err)
}

func TestAttachedArtifacts(t *testing.T) {
	var sent, read atomic.Int64
	host := start(t, func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.Method == http.MethodGet && strings.Contains(r.URL.Path, "/manifests/") {
				read.Add(1)
			}
			if r.Method == http.MethodPut || r.Method == http.MethodPost || r.Method == http.MethodPatch {
				sent.Add(1)
			}
			next.ServeHTTP(w, r)
		})
	})
	image, _ := scanned(t, "linux/amd64")
	pushed, err := registry.Push(t.Context(), host+"/x", []registry.Image{image}, []string{commit})
	require.NoError(t, err)
	artifact := registry.Artifact{
		Type: "application/vnd.example", Annotations: map[string]string{"a": "b"},
		MediaType: "text/plain", Content: []byte("said"), ContentAnnotations: map[string]string{"c": "d"},
	}
	artifact.Digest, err = registry.Attach(t.Context(), pushed.Reference, artifact)
	require.NoError(t, err)
	once := sent.Load()
	again, err := registry.Attach(t.Context(), pushed.Reference, artifact)
	require.NoError(t, err)
	assert.Equal(t, artifact.Digest, again)
	assert.Equal(t, once, sent.Load(), "attached again, something was sent")

	for _, annotations := range []map[string]string{nil, {"a": "b"}, {"unlisted": "x"}} {
		found, err := registry.Attached(t.Context(), pushed.Reference, artifact.Type, annotations)
		require.NoError(t, err)
		assert.Equal(t, []registry.Artifact{artifact}, found)
	}
	read.Store(0)
	found, err := registry.Attached(t.Context(), pushed.Reference, "application/vnd.other", nil)
	require.NoError(t, err)
	assert.Empty(t, found)
	found, err = registry.Attached(t.Context(), pushed.Reference, artifact.Type, map[string]string{"a": "other"})
	require.NoError(t, err)
	assert.Empty(t, found)
	assert.Zero(t, read.Load(), "what was listed as another was read")
}
