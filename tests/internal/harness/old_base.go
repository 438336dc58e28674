package harness

import (
	"archive/tar"
	"bytes"
	"io"
	"maps"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/empty"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/remote"
	"github.com/google/go-containerregistry/pkg/v1/tarball"
	"github.com/stretchr/testify/require"
)

// dpkgStatus is where dpkg keeps which packages there are.
const dpkgStatus = "var/lib/dpkg/status"

// OldBase publishes an image of the module's table as it was once: on both platforms,
// with older versions of packages, by their names, and other files. It returns its
// reference.
func (r Registry) OldBase(t *testing.T, image string, older, files map[string]string) string {
	t.Helper()
	var index v1.ImageIndex = empty.Index
	for _, platform := range []string{"linux/amd64", "linux/arm64"} {
		file := filepath.Join(t.TempDir(), "base.tar")
		Core(t, "container", "--platform", platform, "from", "--address", Pinned(t, image), "as-tarball", "export", "--path", file)
		base, err := tarball.ImageFromPath(file, nil)
		require.NoError(t, err)
		status := fileOf(t, base, dpkgStatus)
		for pkg, version := range older {
			versions := regexp.MustCompile(`(?m)(^Package: ` + regexp.QuoteMeta(pkg) + `\n(?:.+\n)*?Version: ).+$`)
			require.Regexp(t, versions, status)
			status = versions.ReplaceAllString(status, "${1}"+version)
		}
		layer := map[string]string{dpkgStatus: status}
		maps.Copy(layer, files)
		old, err := mutate.AppendLayers(base, layerOf(t, layer))
		require.NoError(t, err)
		architecture := strings.TrimPrefix(platform, "linux/")
		index = mutate.AppendManifests(index, mutate.IndexAddendum{
			Add: old, Descriptor: v1.Descriptor{Platform: &v1.Platform{OS: "linux", Architecture: architecture}},
		})
	}
	tag, err := name.NewTag(r.Host() + "/" + image)
	require.NoError(t, err)
	require.NoError(t, remote.WriteIndex(tag, index, r.Login()))
	digest, err := index.Digest()
	require.NoError(t, err)
	return tag.String() + "@" + digest.String()
}

// fileOf is a file of an image.
func fileOf(t *testing.T, image v1.Image, at string) string {
	t.Helper()
	flat := mutate.Extract(image)
	defer func() { _ = flat.Close() }()
	for entries := tar.NewReader(flat); ; {
		header, err := entries.Next()
		require.NotErrorIs(t, err, io.EOF, "the image has no %s", at)
		require.NoError(t, err)
		if header.Name == at {
			text, err := io.ReadAll(entries)
			require.NoError(t, err)
			return string(text)
		}
	}
}

// layerOf is a layer of programs and other files.
func layerOf(t *testing.T, files map[string]string) v1.Layer {
	t.Helper()
	var content bytes.Buffer
	archive := tar.NewWriter(&content)
	for _, at := range slices.Sorted(maps.Keys(files)) {
		text := files[at]
		require.NoError(t, archive.WriteHeader(&tar.Header{Name: at, Size: int64(len(text)), Mode: 0o755, Format: tar.FormatPAX}))
		_, err := io.WriteString(archive, text)
		require.NoError(t, err)
	}
	require.NoError(t, archive.Close())
	layer, err := tarball.LayerFromOpener(func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(content.Bytes())), nil })
	require.NoError(t, err)
	return layer
}
