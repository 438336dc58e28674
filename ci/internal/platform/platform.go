// Package platform writes into an image's configuration what it is for, where
// what built it has written something else.
package platform

import (
	"fmt"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/tarball"

	"github.com/google/go-containerregistry/pkg/name"
)

// Set writes the image of one tarball into another, for a platform. Its layers
// and all else of its configuration stay.
func Set(from, to, platform string) error {
	wanted, err := v1.ParsePlatform(platform)
	if err != nil {
		return fmt.Errorf("platform %q: %w. Write one like linux/arm64", platform, err)
	}
	image, err := tarball.ImageFromPath(from, nil)
	if err != nil {
		return fmt.Errorf("open the image: %w", err)
	}
	config, err := image.ConfigFile()
	if err != nil {
		return fmt.Errorf("read the image's configuration: %w", err)
	}
	config = config.DeepCopy()
	config.OS, config.Architecture, config.Variant = wanted.OS, wanted.Architecture, wanted.Variant
	changed, err := mutate.ConfigFile(image, config)
	if err != nil {
		return fmt.Errorf("write the image's configuration: %w", err)
	}
	if err := tarball.WriteToFile(to, name.MustParseReference("built:here"), changed); err != nil {
		return fmt.Errorf("write the image: %w", err)
	}
	return nil
}
