package registry

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/remote"

	"github.com/pingvas/pingvas-ci/ci/internal/plain"
)

// createdLabel holds when the commit was made that an image was built from.
const createdLabel = "org.opencontainers.image.created"

// Due splits the tags of an image: those that it is to get, and of the tags
// that move those that stay, as they name the image of a newer commit. A slow
// run, or one of an old commit, does not bring what is latest back.
//
// The times of the commits decide; where either image does not say its own, the
// tag moves.
func Due(ctx context.Context, repository string, images []Image, tags []string, opts ...Option) (due, stay []string, err error) {
	for _, tag := range tags {
		newer := false
		if moves(tag) && len(images) > 0 {
			if newer, err = namesNewer(ctx, repository+":"+tag, images[0].created(), opts); err != nil {
				return nil, nil, fmt.Errorf("look which image %s:%s names: %w", repository, tag, plain.Error(err))
			}
		}
		if newer {
			stay = append(stay, tag)
			continue
		}
		due = append(due, tag)
	}
	return due, stay, nil
}

// namesNewer tells whether a reference names an image that was made after a time.
func namesNewer(ctx context.Context, reference string, than time.Time, opts []Option) (bool, error) {
	if than.IsZero() {
		return false, nil
	}
	ref, err := name.ParseReference(reference, collect(opts).nameOptions()...)
	if err != nil {
		return false, err
	}
	descriptor, err := remote.Get(ref, remoteOptions(ctx, ref.Context(), opts)...)
	switch {
	case notFound(err):
		return false, nil
	case err != nil:
		return false, err
	}
	config, err := anyConfig(descriptor)
	if err != nil || config == nil {
		return false, err
	}
	return createdOf(*config).After(than), nil
}

// anyConfig is the configuration of an image, or of one in an index: those of
// all platforms are of one commit. It is nil for an index without any.
func anyConfig(descriptor *remote.Descriptor) (*v1.ConfigFile, error) {
	if !descriptor.MediaType.IsIndex() {
		image, err := descriptor.Image()
		if err != nil {
			return nil, err
		}
		return configOf(image)
	}
	index, err := descriptor.ImageIndex()
	if err != nil {
		return nil, err
	}
	manifest, err := index.IndexManifest()
	if err != nil {
		return nil, err
	}
	for _, entry := range manifest.Manifests {
		if !entry.MediaType.IsImage() || entry.Platform != nil && entry.Platform.OS == "unknown" {
			continue
		}
		image, err := index.Image(entry.Digest)
		if err != nil {
			return nil, err
		}
		return configOf(image)
	}
	return nil, nil //nolint:nilnil // It has none, and that is no error.
}

// created is when the image's commit was made, zero where that is not known.
func (i Image) created() time.Time {
	var config v1.ConfigFile
	if json.Unmarshal(i.config, &config) != nil {
		return time.Time{} // ReadImage has read it before.
	}
	return createdOf(config)
}

func createdOf(config v1.ConfigFile) time.Time {
	at, err := time.Parse(time.RFC3339, config.Config.Labels[createdLabel])
	if err != nil {
		return time.Time{}
	}
	return at
}
