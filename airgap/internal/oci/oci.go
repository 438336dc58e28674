// Package oci makes images without a container runtime: Pack turns a directory
// into a layer, Image.Assemble stacks layers under a configuration, Platforms
// joins images of several architectures, and Push sends the result to a
// registry.
package oci

import (
	"context"
	"fmt"
	"time"

	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/empty"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/remote"
	"github.com/google/go-containerregistry/pkg/v1/types"
)

// Image is what an image is made of.
type Image struct {
	// Architecture is amd64 or arm64, the operating system is Linux.
	Architecture string
	// Layers are stacked in order, the lowest first.
	Layers []Layer
	// Config is what a container starts with.
	Config v1.Config
}

// Assemble returns the image. Its time is that of its newest layer.
func (i Image) Assemble() (v1.Image, error) {
	image := mutate.MediaType(empty.Image, types.OCIManifestSchema1)
	image = mutate.ConfigMediaType(image, types.OCIConfigJSON)
	var created time.Time
	for _, layer := range i.Layers {
		if layer.Epoch().After(created) {
			created = layer.Epoch()
		}
	}
	image, err := mutate.ConfigFile(image, &v1.ConfigFile{
		Architecture: i.Architecture,
		OS:           "linux",
		Created:      v1.Time{Time: created},
		Config:       i.Config,
		RootFS:       v1.RootFS{Type: "layers"},
	})
	if err != nil {
		return nil, fmt.Errorf("configure image: %w", err)
	}
	for _, layer := range i.Layers {
		image, err = mutate.Append(image, mutate.Addendum{
			Layer:   layer,
			History: v1.History{Created: v1.Time{Time: layer.Epoch()}, CreatedBy: "pingvas-ci airgap"},
		})
		if err != nil {
			return nil, fmt.Errorf("append layer %s: %w", layer.dir, err)
		}
	}
	return image, nil
}

// Platforms returns an index of the images, one for each architecture.
func Platforms(images []Image) (v1.ImageIndex, error) {
	index := mutate.IndexMediaType(empty.Index, types.OCIImageIndex)
	for _, image := range images {
		made, err := image.Assemble()
		if err != nil {
			return nil, err
		}
		index = mutate.AppendManifests(index, mutate.IndexAddendum{
			Add: made,
			Descriptor: v1.Descriptor{
				Platform: &v1.Platform{OS: "linux", Architecture: image.Architecture},
			},
		})
	}
	return index, nil
}

// Push sends the images to ref, a plain manifest when there is one and an
// index otherwise, and returns the digest that a caller pins.
func Push(ctx context.Context, ref name.Reference, images []Image) (v1.Hash, error) {
	push := pushIndex
	if len(images) == 1 {
		push = pushImage
	}
	digest, err := push(ref, images, remote.WithContext(ctx))
	if err != nil {
		return v1.Hash{}, fmt.Errorf("push %s: %w", ref, err)
	}
	return digest, nil
}

func pushImage(ref name.Reference, images []Image, option remote.Option) (v1.Hash, error) {
	image, err := images[0].Assemble()
	if err != nil {
		return v1.Hash{}, err
	}
	if err := remote.Write(ref, image, option); err != nil {
		return v1.Hash{}, err
	}
	return image.Digest()
}

func pushIndex(ref name.Reference, images []Image, option remote.Option) (v1.Hash, error) {
	index, err := Platforms(images)
	if err != nil {
		return v1.Hash{}, err
	}
	if err := remote.WriteIndex(ref, index, option); err != nil {
		return v1.Hash{}, err
	}
	return index.Digest()
}
