package oci_test

import (
	"archive/tar"
	"compress/gzip"
	"errors"
	"io"
	"maps"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/remote"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"

	"github.com/pingvas/pingvas-ci/airgap/internal/oci"
	"github.com/pingvas/pingvas-ci/internal/registryserver"
)

var epoch = time.Date(2025, time.June, 1, 12, 0, 0, 0, time.UTC)

func TestSameFilesMakeTheSameLayer(t *testing.T) {
	first, second := pack(t, tree(t)), pack(t, tree(t))

	assert.Equal(t, digest(t, first), digest(t, second))
}

func TestOtherFilesMakeAnotherLayer(t *testing.T) {
	changed := tree(t)
	write(t, filepath.Join(changed, "etc/app.conf"), "changed")

	assert.NotEqual(t, digest(t, pack(t, tree(t))), digest(t, pack(t, changed)))
}

func TestLayerHoldsTheTree(t *testing.T) {
	headers := entries(t, pack(t, tree(t)))

	assert.Equal(t, []string{"bin", "etc/", "etc/.wh.gone", "etc/app.conf", "etc/old.conf", "etc/twin.conf"}, names(headers))
	assert.Equal(t, "usr/bin", headers["bin"].Linkname)
	assert.Equal(t, byte(tar.TypeReg), headers["etc/.wh.gone"].Typeflag, "a deletion is an empty file")
	assert.Equal(t, "etc/app.conf", headers["etc/twin.conf"].Linkname, "a second name is a link")
	assert.Equal(t, epoch, headers["etc/app.conf"].ModTime.UTC(), "no time is newer than the epoch")
	assert.Equal(t, epoch.AddDate(-1, 0, 0), headers["etc/old.conf"].ModTime.UTC(), "older times stay")
	assert.Empty(t, headers["etc/app.conf"].Uname)
}

func TestOpaqueDirectoryHidesWhatIsBelow(t *testing.T) {
	root := tree(t)
	err := unix.Setxattr(filepath.Join(root, "etc"), "trusted.overlay.opaque", []byte("y"), 0)
	if errors.Is(err, unix.EPERM) || errors.Is(err, unix.ENOTSUP) {
		t.Skip("only root can mark a directory as opaque, on a disk that keeps attributes")
	}
	require.NoError(t, err)

	assert.Contains(t, names(entries(t, pack(t, root))), "etc/.wh..wh..opq")
}

func TestPushedImageTellsWhatItIs(t *testing.T) {
	ref := serve(t)
	image := oci.Image{
		Architecture: "amd64", Layers: []oci.Layer{pack(t, tree(t))},
		Config: v1.Config{User: "101", Env: []string{"A=b"}, Labels: map[string]string{"made": "here"}},
	}

	pushed, err := oci.Push(t.Context(), ref, []oci.Image{image})

	require.NoError(t, err)
	pulled, err := remote.Image(ref)
	require.NoError(t, err)
	got, err := pulled.Digest()
	require.NoError(t, err)
	assert.Equal(t, pushed, got)
	config, err := pulled.ConfigFile()
	require.NoError(t, err)
	assert.Equal(t, image.Config, config.Config)
	assert.Equal(t, epoch, config.Created.UTC(), "as old as its newest layer")
}

func TestIndexHasAnImageForEachPlatform(t *testing.T) {
	ref := serve(t)
	layers := []oci.Layer{pack(t, tree(t))}

	_, err := oci.Push(t.Context(), ref, []oci.Image{{Architecture: "amd64", Layers: layers}, {Architecture: "arm64", Layers: layers}})

	require.NoError(t, err)
	for _, architecture := range []string{"amd64", "arm64"} {
		image, err := remote.Image(ref, remote.WithPlatform(v1.Platform{OS: "linux", Architecture: architecture}))
		require.NoError(t, err)
		config, err := image.ConfigFile()
		require.NoError(t, err)
		assert.Equal(t, architecture, config.Architecture)
	}
}

func TestMissingLayerIsNamed(t *testing.T) {
	_, err := oci.OpenLayer(filepath.Join(t.TempDir(), "none"))
	assert.ErrorContains(t, err, "none")
}

// tree is a small upper directory of an overlay.
func tree(t *testing.T) string {
	t.Helper()
	root := t.TempDir()
	write(t, filepath.Join(root, "etc/app.conf"), "x")
	write(t, filepath.Join(root, "etc/old.conf"), "y")
	old := epoch.AddDate(-1, 0, 0)
	require.NoError(t, os.Chtimes(filepath.Join(root, "etc/old.conf"), old, old))
	require.NoError(t, os.Link(filepath.Join(root, "etc/app.conf"), filepath.Join(root, "etc/twin.conf")))
	require.NoError(t, os.Symlink("usr/bin", filepath.Join(root, "bin")))
	require.NoError(t, unix.Mknod(filepath.Join(root, "etc/gone"), unix.S_IFCHR, 0))
	return root
}

func pack(t *testing.T, root string) oci.Layer {
	t.Helper()
	layer, err := oci.Pack(root, t.TempDir(), epoch)
	require.NoError(t, err)
	return layer
}

func digest(t *testing.T, layer oci.Layer) v1.Hash {
	t.Helper()
	hash, err := layer.Digest()
	require.NoError(t, err)
	return hash
}

func entries(t *testing.T, layer oci.Layer) map[string]*tar.Header {
	t.Helper()
	packed, err := layer.Compressed()
	require.NoError(t, err)
	defer func() { assert.NoError(t, packed.Close()) }()
	unpacked, err := gzip.NewReader(packed)
	require.NoError(t, err)
	found := map[string]*tar.Header{}
	for archive := tar.NewReader(unpacked); ; {
		header, err := archive.Next()
		if err == io.EOF {
			return found
		}
		require.NoError(t, err)
		found[header.Name] = header
	}
}

func names(headers map[string]*tar.Header) []string {
	return slices.Sorted(maps.Keys(headers))
}

func serve(t *testing.T) name.Reference {
	t.Helper()
	handler, err := registryserver.New(t.TempDir())
	require.NoError(t, err)
	server := httptest.NewServer(handler)
	t.Cleanup(server.Close)
	ref, err := name.ParseReference(strings.TrimPrefix(server.URL, "http://") + "/library/base:1")
	require.NoError(t, err)
	return ref
}

func write(t *testing.T, path, content string) {
	t.Helper()
	require.NoError(t, os.MkdirAll(filepath.Dir(path), 0o755))
	require.NoError(t, os.WriteFile(path, []byte(content), 0o644))
}
