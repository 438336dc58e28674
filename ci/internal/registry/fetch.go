package registry

import (
	"context"
	"fmt"

	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/empty"
	"github.com/google/go-containerregistry/pkg/v1/layout"
	"github.com/google/go-containerregistry/pkg/v1/remote"

	"github.com/pingvas/pingvas-ci/ci/internal/plain"
)

// Fetch writes the image of one platform, named by its digest, to a directory
// as an OCI layout. Everything has the digest that it goes by.
func Fetch(ctx context.Context, reference, dir string, opts ...Option) error {
	image, err := platformImage(ctx, reference, opts)
	if err != nil {
		return fmt.Errorf("fetch %s: %w", reference, plain.Error(err))
	}
	files, err := layout.Write(dir, empty.Index)
	if err != nil {
		return fmt.Errorf("fetch %s: %w", reference, plain.Error(err))
	}
	if err := files.AppendImage(image); err != nil {
		return fmt.Errorf("fetch %s: %w", reference, plain.Error(err))
	}
	return nil
}

// Labels are those of the image of one platform, named by its digest.
func Labels(ctx context.Context, reference string, opts ...Option) (map[string]string, error) {
	image, err := platformImage(ctx, reference, opts)
	if err != nil {
		return nil, fmt.Errorf("read the labels of %s: %w", reference, plain.Error(err))
	}
	config, err := configOf(image)
	if err != nil {
		return nil, fmt.Errorf("read the labels of %s: %w", reference, plain.Error(err))
	}
	return config.Config.Labels, nil
}

func platformImage(ctx context.Context, reference string, opts []Option) (v1.Image, error) {
	at, err := name.NewDigest(reference, collect(opts).nameOptions()...)
	if err != nil {
		return nil, err
	}
	return remote.Image(at, remoteOptions(ctx, at.Context(), opts)...)
}

// configOf reads an image's configuration, if it is as small as one is.
func configOf(image v1.Image) (*v1.ConfigFile, error) {
	manifest, err := image.Manifest()
	if err != nil {
		return nil, err
	}
	if manifest.Config.Size > mostBytes {
		return nil, fmt.Errorf("the image's configuration has %d bytes, and at most %d are read. Build it anew", manifest.Config.Size, mostBytes)
	}
	return image.ConfigFile()
}
