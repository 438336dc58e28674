package oci

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/types"
)

// Names of a packed layer's files in its directory.
const (
	archiveFile = "layer.tar.gz"
	aboutFile   = "layer.json"
)

// Layer is a layer packed by Pack. Its digests are read from a file, because
// computing them would mean to read all of it.
type Layer struct {
	dir   string
	about about
}

type about struct {
	Digest, DiffID v1.Hash
	Size           int64
	// Epoch is the newest time in the layer.
	Epoch time.Time
}

var _ v1.Layer = Layer{}

// OpenLayer returns the layer that Pack has left in dir.
func OpenLayer(dir string) (Layer, error) {
	layer := Layer{dir: dir}
	content, err := os.ReadFile(filepath.Join(dir, aboutFile))
	if err == nil {
		err = json.Unmarshal(content, &layer.about)
	}
	if err != nil {
		return Layer{}, fmt.Errorf("open layer %s: %w", dir, err)
	}
	return layer, nil
}

// Epoch returns the time that no file of the layer is newer than.
func (l Layer) Epoch() time.Time { return l.about.Epoch }

// Digest returns the hash of the compressed layer.
func (l Layer) Digest() (v1.Hash, error) { return l.about.Digest, nil }

// DiffID returns the hash of the uncompressed layer.
func (l Layer) DiffID() (v1.Hash, error) { return l.about.DiffID, nil }

// Size returns the compressed size in bytes.
func (l Layer) Size() (int64, error) { return l.about.Size, nil }

// MediaType returns OCI's type of a gzipped layer.
func (l Layer) MediaType() (types.MediaType, error) { return types.OCILayer, nil }

// Compressed opens the layer as it is stored.
func (l Layer) Compressed() (io.ReadCloser, error) {
	return os.Open(filepath.Join(l.dir, archiveFile))
}

// Uncompressed fails: nothing here asks for it.
func (l Layer) Uncompressed() (io.ReadCloser, error) {
	return nil, errors.New("layers are kept compressed only")
}
