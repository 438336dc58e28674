package registryserver_test

import (
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-containerregistry/pkg/authn"
	"github.com/google/go-containerregistry/pkg/crane"
	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/random"
	"github.com/google/go-containerregistry/pkg/v1/remote"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pingvas/pingvas-ci/internal/registryserver"
)

var ci = crane.WithAuth(&authn.Basic{Username: "ci", Password: "right"})

func TestPushedImageIsPulledAgain(t *testing.T) {
	host := serve(t, t.TempDir())
	image := randomImage(t)

	require.NoError(t, crane.Push(image, host+"/studio/api:1"))

	pulled, err := crane.Pull(host + "/studio/api:1")
	require.NoError(t, err)
	assert.Equal(t, digest(t, image), digest(t, pulled))
	layers, err := pulled.Layers()
	require.NoError(t, err)
	_, err = layers[0].Uncompressed()
	assert.NoError(t, err)
}

func TestRestartKeepsEverything(t *testing.T) {
	dir := t.TempDir()
	host := serve(t, dir)
	first, second := randomImage(t), randomImage(t)
	require.NoError(t, crane.Push(first, host+"/studio/api:1"))
	require.NoError(t, crane.Push(second, host+"/studio/api:1"))
	index, err := random.Index(64, 1, 2)
	require.NoError(t, err)
	outer := mutate.AppendManifests(index, mutate.IndexAddendum{Add: index})
	require.NoError(t, remote.WriteIndex(reference(t, host+"/studio/api:multi"), outer))
	require.NoError(t, crane.Push(first, host+"/studio/api:gone"))
	require.NoError(t, crane.Delete(host+"/studio/api:gone"))

	again := serve(t, dir)

	tags, err := crane.ListTags(again + "/studio/api")
	require.NoError(t, err)
	assert.Equal(t, []string{"1", "multi"}, tags)
	byTag, err := crane.Digest(again + "/studio/api:1")
	require.NoError(t, err)
	assert.Equal(t, digest(t, second), byTag)
	_, err = crane.Pull(again + "/studio/api@" + digest(t, first))
	assert.NoError(t, err, "an overwritten tag leaves its old digest")
	multi, err := remote.Index(reference(t, again+"/studio/api:multi"))
	require.NoError(t, err)
	wanted, err := outer.Digest()
	require.NoError(t, err)
	got, err := multi.Digest()
	require.NoError(t, err)
	assert.Equal(t, wanted, got)
}

func TestDamagedManifestIsNamed(t *testing.T) {
	dir := t.TempDir()
	index, err := random.Index(64, 1, 1)
	require.NoError(t, err)
	require.NoError(t, remote.WriteIndex(reference(t, serve(t, dir)+"/studio/api:1"), index))
	child, err := index.IndexManifest()
	require.NoError(t, err)
	require.NoError(t, os.Remove(filepath.Join(dir, "manifests", "studio%2Fapi", child.Manifests[0].Digest.String())))

	_, err = registryserver.New(dir)

	assert.ErrorContains(t, err, "Remove that file and push the image again")
}

func TestReferrersAreListed(t *testing.T) {
	dir := t.TempDir()
	host := serve(t, dir)
	image := randomImage(t)
	require.NoError(t, crane.Push(image, host+"/studio/api:1"))
	subject, err := remote.Head(reference(t, host+"/studio/api:1"))
	require.NoError(t, err)
	signature := mutate.Subject(randomImage(t), *subject).(v1.Image)
	require.NoError(t, crane.Push(signature, host+"/studio/api@"+digest(t, signature)))

	for when, host := range map[string]string{"at once": host, "after a restart": serve(t, dir)} {
		at, err := name.NewDigest(host + "/studio/api@" + subject.Digest.String())
		require.NoError(t, err)
		index, err := remote.Referrers(at)
		require.NoError(t, err)
		manifest, err := index.IndexManifest()
		require.NoError(t, err)
		require.Len(t, manifest.Manifests, 1, when)
		assert.Equal(t, digest(t, signature), manifest.Manifests[0].Digest.String(), when)
	}
}

func TestBasicAuth(t *testing.T) {
	wrong := crane.WithAuth(&authn.Basic{Username: "ci", Password: "wrong"})
	for _, test := range []struct {
		name           string
		pullToo        bool
		as             crane.Option
		pushes, pulled bool
	}{
		{"push only, right password", false, ci, true, true},
		{"push only, anonymous", false, crane.WithAuth(authn.Anonymous), false, true},
		{"push only, wrong password", false, wrong, false, false},
		{"both, right password", true, ci, true, true},
		{"both, anonymous", true, crane.WithAuth(authn.Anonymous), false, false},
		{"both, wrong password", true, wrong, false, false},
	} {
		t.Run(test.name, func(t *testing.T) {
			host := serve(t, t.TempDir(), registryserver.WithBasicAuth("ci", "right", test.pullToo))
			require.NoError(t, crane.Push(randomImage(t), host+"/there:1", ci))

			expect(t, test.pushes, crane.Push(randomImage(t), host+"/new:1", test.as))
			_, err := crane.Pull(host+"/there:1", test.as)
			expect(t, test.pulled, err)
		})
	}
}

func TestReadOnlyRefusesChanges(t *testing.T) {
	dir := t.TempDir()
	require.NoError(t, crane.Push(randomImage(t), serve(t, dir)+"/there:1"))
	host := serve(t, dir, registryserver.ReadOnly())

	assert.ErrorContains(t, crane.Push(randomImage(t), host+"/there:2"), "read-only")
	assert.ErrorContains(t, crane.Delete(host+"/there:1"), "read-only")
	_, err := crane.Pull(host + "/there:1")
	assert.NoError(t, err)
}

func TestNamesCannotLeaveTheDirectory(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "registry")
	handler, err := registryserver.New(dir)
	require.NoError(t, err)
	for _, path := range []string{"/v2/../manifests/x", "/v2/a/../manifests/x", "/v2/a/manifests/..", "/v2/a//manifests/x"} {
		request := httptest.NewRequest(http.MethodPut, "/", strings.NewReader("{}"))
		request.URL.Path = path
		answer := httptest.NewRecorder()

		handler.ServeHTTP(answer, request)

		assert.Equal(t, http.StatusBadRequest, answer.Code, path)
		assert.Contains(t, answer.Body.String(), "NAME_INVALID", path)
	}
}

func serve(t *testing.T, dir string, opts ...registryserver.Option) (host string) {
	t.Helper()
	handler, err := registryserver.New(dir, opts...)
	require.NoError(t, err)
	server := httptest.NewServer(handler)
	t.Cleanup(server.Close)
	return strings.TrimPrefix(server.URL, "http://")
}

func randomImage(t *testing.T) v1.Image {
	t.Helper()
	image, err := random.Image(1024, 2)
	require.NoError(t, err)
	return image
}

func digest(t *testing.T, image v1.Image) string {
	t.Helper()
	hash, err := image.Digest()
	require.NoError(t, err)
	return hash.String()
}

func reference(t *testing.T, s string) name.Reference {
	t.Helper()
	ref, err := name.ParseReference(s)
	require.NoError(t, err)
	return ref
}

func expect(t *testing.T, success bool, err error) {
	t.Helper()
	if success {
		assert.NoError(t, err)
		return
	}
	assert.Regexp(t, "(?i)unauthorized", err)
}
