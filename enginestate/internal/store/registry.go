package store

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"

	"github.com/google/go-containerregistry/pkg/authn"
	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/empty"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/remote"
	"github.com/google/go-containerregistry/pkg/v1/remote/transport"
	"github.com/google/go-containerregistry/pkg/v1/static"
	"github.com/google/go-containerregistry/pkg/v1/types"
)

// The parts of an artifact that is a state.
const (
	artifactType types.MediaType = "application/vnd.pingvas-ci.engine-state.v2+json"
	envelopeType types.MediaType = "application/vnd.dsse.envelope.v1+json"
	imageType    types.MediaType = "application/vnd.pingvas-ci.engine-state.v2.squashfs"
)

// registry is a store in a repository of a registry: each key is a tag, of an
// artifact whose layers are an envelope and images. Passwords are those of `docker login`.
type registry struct{ repository name.Repository }

func openRegistry(named string) (registry, error) {
	repository, err := name.NewRepository(named, name.StrictValidation)
	if err != nil {
		return registry{}, fmt.Errorf("--store oci://%s: %w. Write oci://HOST/NAME", named, err)
	}
	return registry{repository}, nil
}

func options(ctx context.Context) []remote.Option {
	return []remote.Option{remote.WithContext(ctx), remote.WithAuthFromKeychain(authn.DefaultKeychain)}
}

// Envelope reads what is said of a key's state.
func (r registry) Envelope(ctx context.Context, key string) ([]byte, error) {
	image, err := remote.Image(r.repository.Tag(key), options(ctx)...)
	if none(err) {
		return nil, ErrNone
	}
	if err != nil {
		return nil, err
	}
	layers, err := image.Layers()
	if err != nil {
		return nil, err
	}
	for _, layer := range layers {
		if kind, err := layer.MediaType(); err == nil && kind == envelopeType {
			return content(layer)
		}
	}
	return nil, fmt.Errorf("%s is no state", r.repository.Tag(key))
}

func content(layer v1.Layer) ([]byte, error) {
	data, err := layer.Compressed()
	if err != nil {
		return nil, err
	}
	defer func() { _ = data.Close() }()
	return io.ReadAll(io.LimitReader(data, mostEnvelope))
}

// none tells that a registry has no such tag, or no such repository.
func none(err error) bool {
	var answer *transport.Error
	return errors.As(err, &answer) && answer.StatusCode == http.StatusNotFound
}

// Image opens one by its digest.
func (r registry) Image(ctx context.Context, _, digest string) (io.ReadCloser, error) {
	reference, err := name.NewDigest(r.repository.Name()+"@"+digest, name.StrictValidation)
	if err != nil {
		return nil, err
	}
	layer, err := remote.Layer(reference, options(ctx)...)
	if err != nil {
		return nil, err
	}
	return layer.Compressed()
}

// Room is where temporary files lie.
func (r registry) Room(context.Context) (dir string, leave func(), err error) {
	return os.TempDir(), func() {}, nil
}

// Put pushes a state, but for what the registry has of it. The tag comes last, when all
// that it names is there.
func (r registry) Put(ctx context.Context, key string, envelope []byte, images []Image) error {
	layers := []v1.Layer{static.NewLayer(envelope, envelopeType)}
	for _, image := range images {
		layers = append(layers, packed{image})
	}
	state, err := mutate.AppendLayers(mutate.ConfigMediaType(mutate.MediaType(empty.Image, types.OCIManifestSchema1), artifactType), layers...)
	if err != nil {
		return err
	}
	return remote.Write(r.repository.Tag(key), state, options(ctx)...)
}

// packed is an image as a layer.
type packed struct{ Image }

func (p packed) Digest() (v1.Hash, error)             { return v1.NewHash(p.Image.Digest) }
func (p packed) DiffID() (v1.Hash, error)             { return p.Digest() }
func (p packed) Size() (int64, error)                 { return p.Image.Size, nil }
func (p packed) MediaType() (types.MediaType, error)  { return imageType, nil }
func (p packed) Compressed() (io.ReadCloser, error)   { return os.Open(p.Path) }
func (p packed) Uncompressed() (io.ReadCloser, error) { return p.Compressed() }
