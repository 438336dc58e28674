package harness

import (
	"archive/tar"
	"errors"
	"io"
	"maps"
	"path"
	"slices"
	"strings"
	"testing"
	"time"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/layout"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/stretchr/testify/require"
)

// Image is what a test reads of an image.
type Image struct {
	User   string
	Env    []string
	Health []string
	Labels map[string]string
	Layers []string    // their digests
	Newest []time.Time // of the files of each layer
	Files  []string    // of all layers together
}

// ReadImage reads the image of a tarball as the engine exports it.
func ReadImage(t *testing.T, file string) Image {
	t.Helper()
	image := open(t, file)
	config, err := image.ConfigFile()
	require.NoError(t, err)
	read := Image{User: config.Config.User, Env: config.Config.Env, Labels: config.Config.Labels}
	if config.Config.Healthcheck != nil {
		read.Health = config.Config.Healthcheck.Test
	}
	layers, err := image.Layers()
	require.NoError(t, err)
	for _, layer := range layers {
		digest, err := layer.Digest()
		require.NoError(t, err)
		read.Layers = append(read.Layers, digest.String())
		read.Newest = append(read.Newest, newest(t, layer))
	}
	flat := mutate.Extract(image)
	defer func() { _ = flat.Close() }()
	read.Files = slices.Collect(maps.Keys(fileTimes(t, flat)))
	return read
}

// open is the image of such a tarball.
func open(t *testing.T, file string) v1.Image {
	t.Helper()
	dir := t.TempDir()
	Run(t, "tar", "-xf", file, "-C", dir)
	index, err := layout.ImageIndexFromPath(dir)
	require.NoError(t, err)
	manifest, err := index.IndexManifest()
	require.NoError(t, err)
	image, err := index.Image(manifest.Manifests[0].Digest)
	require.NoError(t, err)
	return image
}

// Ours are the layers that the recipe adds to the base image's: dependencies and
// sources. In which bytes an engine keeps the base is its own affair: one with
// an older cache may have the same files from another pull.
func (i Image) Ours(t *testing.T) []string {
	t.Helper()
	require.Greater(t, len(i.Layers), 2)
	return i.Layers[len(i.Layers)-2:]
}

// OCILabels are the image's labels of the OCI's names.
func (i Image) OCILabels() map[string]string {
	labels := maps.Clone(i.Labels)
	maps.DeleteFunc(labels, func(name, _ string) bool { return !strings.HasPrefix(name, "org.opencontainers.image.") })
	return labels
}

// Programs are those files that are programs of the given names.
func (i Image) Programs(names ...string) []string {
	return slices.DeleteFunc(slices.Clone(i.Files), func(file string) bool {
		return path.Base(path.Dir(file)) != "bin" || !slices.Contains(names, path.Base(file))
	})
}

// Timeless requires that what the recipe put into the image bears no time at
// which it was made, so that made anew, with nothing cached, it is the same layer.
func (i Image) Timeless(t *testing.T, layers int) {
	t.Helper()
	require.Greater(t, len(i.Newest), layers)
	for _, latest := range i.Newest[len(i.Newest)-layers:] {
		require.Equal(t, time.Unix(0, 0).UTC(), latest)
	}
	require.NotEqual(t, time.Unix(0, 0).UTC(), i.Newest[0], "the base image's files have theirs")
}

// newest is the latest time that a file of the layer bears.
func newest(t *testing.T, layer v1.Layer) time.Time {
	t.Helper()
	text, err := layer.Uncompressed()
	require.NoError(t, err)
	defer func() { _ = text.Close() }()
	latest := time.Time{}
	for _, modified := range fileTimes(t, text) {
		if modified.After(latest) {
			latest = modified
		}
	}
	return latest.UTC()
}

// fileTimes are the times of a tarball's files, by their names.
func fileTimes(t *testing.T, text io.Reader) map[string]time.Time {
	t.Helper()
	all := map[string]time.Time{}
	for entries := tar.NewReader(text); ; {
		header, err := entries.Next()
		if errors.Is(err, io.EOF) {
			return all
		}
		require.NoError(t, err)
		all[header.Name] = header.ModTime
	}
}
