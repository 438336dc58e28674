package registry

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"path"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/partial"
	"github.com/google/go-containerregistry/pkg/v1/types"
)

// Store holds an OCI layout: its files, by their names. Only what is asked for
// is read, so a layer that the registry has already costs nothing.
type Store interface {
	Open(ctx context.Context, file string) (io.ReadCloser, error)
}

// Image is one platform's image in a store, exactly as it was scanned.
type Image struct {
	// Platform is what it runs on, such as linux/arm64.
	Platform string
	// Digest is that of its manifest.
	Digest string
	// Config is the digest of its configuration, which names the content of
	// every layer: a scanner calls it the image's id.
	Config string

	store            Store
	ctx              context.Context //nolint:containedctx // The library's layers are read without one.
	manifest, config []byte
}

// ReadImage reads the one image that a store holds. Each file's content is
// checked against the digest that it is named by.
func ReadImage(ctx context.Context, store Store) (Image, error) {
	image, err := readImage(ctx, store)
	if err != nil {
		return Image{}, fmt.Errorf("read the image's OCI layout: %w", err)
	}
	return image, nil
}

func readImage(ctx context.Context, store Store) (Image, error) {
	raw, err := readAll(ctx, store, "index.json")
	if err != nil {
		return Image{}, err
	}
	var root v1.IndexManifest
	if err := json.Unmarshal(raw, &root); err != nil {
		return Image{}, fmt.Errorf("index.json: %w", err)
	}
	if len(root.Manifests) != 1 || !root.Manifests[0].MediaType.IsImage() {
		return Image{}, fmt.Errorf("it holds %d manifests, and should hold one image; export one image for one platform", len(root.Manifests))
	}
	image := Image{store: store, ctx: ctx, Digest: root.Manifests[0].Digest.String()}
	if image.manifest, err = readBlob(ctx, store, root.Manifests[0].Digest); err != nil {
		return Image{}, err
	}
	var manifest v1.Manifest
	if err := json.Unmarshal(image.manifest, &manifest); err != nil {
		return Image{}, fmt.Errorf("manifest %s: %w", image.Digest, err)
	}
	image.Config = manifest.Config.Digest.String()
	if image.config, err = readBlob(ctx, store, manifest.Config.Digest); err != nil {
		return Image{}, err
	}
	var config v1.ConfigFile
	if err := json.Unmarshal(image.config, &config); err != nil {
		return Image{}, fmt.Errorf("configuration %s: %w", image.Config, err)
	}
	if config.OS == "" || config.Architecture == "" {
		return Image{}, fmt.Errorf("configuration %s names no platform; export an image", image.Config)
	}
	image.Platform = platform(config.Platform())
	return image, nil
}

// Size is how many bytes the images have in a registry: a layer that several
// share is held once.
func Size(images []Image) int {
	total := 0
	seen := map[v1.Hash]bool{}
	for _, image := range images {
		manifest, err := partial.Manifest(content{image})
		if err != nil {
			continue // It was read from the same bytes before.
		}
		for _, blob := range append(manifest.Layers, manifest.Config) {
			if !seen[blob.Digest] {
				seen[blob.Digest] = true
				total += int(blob.Size)
			}
		}
		total += len(image.manifest)
	}
	return total
}

// readBlob reads a small blob, which must be what its name says.
func readBlob(ctx context.Context, store Store, digest v1.Hash) ([]byte, error) {
	raw, err := readAll(ctx, store, blobFile(digest))
	if err != nil {
		return nil, err
	}
	if found := sum(raw); found != digest {
		return nil, fmt.Errorf("blob %s: its content has the digest %s; export the image again", digest, found)
	}
	return raw, nil
}

// mostBytes is how large a manifest or a configuration may be.
const mostBytes = 16 << 20

func readAll(ctx context.Context, store Store, file string) ([]byte, error) {
	content, err := store.Open(ctx, file)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", file, err)
	}
	defer func() { _ = content.Close() }()
	raw, err := io.ReadAll(io.LimitReader(content, mostBytes+1))
	if err == nil && len(raw) > mostBytes {
		err = errors.New("it is too large for JSON; export the image again")
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w", file, err)
	}
	return raw, nil
}

func blobFile(digest v1.Hash) string { return path.Join("blobs", digest.Algorithm, digest.Hex) }

// pushable is the image as the library pushes it: byte for byte.
func (i Image) pushable() (v1.Image, error) { return partial.CompressedToImage(content{i}) }

// content gives the library the bytes as they are.
type content struct{ Image }

func (c content) RawManifest() ([]byte, error)   { return c.manifest, nil }
func (c content) RawConfigFile() ([]byte, error) { return c.config, nil }

func (c content) MediaType() (types.MediaType, error) {
	manifest, err := partial.Manifest(c)
	if err != nil {
		return "", err
	}
	return manifest.MediaType, nil
}

func (c content) LayerByDigest(digest v1.Hash) (partial.CompressedLayer, error) {
	manifest, err := partial.Manifest(c)
	if err != nil {
		return nil, err
	}
	if digest == manifest.Config.Digest {
		return partial.ConfigLayer(c)
	}
	for _, descriptor := range manifest.Layers {
		if descriptor.Digest == digest {
			return blob{c.Image, descriptor}, nil
		}
	}
	return nil, fmt.Errorf("the image has no layer %s", digest)
}

// blob is a layer that is fetched from the store when the registry lacks it.
type blob struct {
	image      Image
	descriptor v1.Descriptor
}

func (b blob) Digest() (v1.Hash, error)            { return b.descriptor.Digest, nil }
func (b blob) Size() (int64, error)                { return b.descriptor.Size, nil }
func (b blob) MediaType() (types.MediaType, error) { return b.descriptor.MediaType, nil }
func (b blob) Compressed() (io.ReadCloser, error) {
	return b.image.store.Open(b.image.ctx, blobFile(b.descriptor.Digest))
}
