package registry

import (
	"encoding/json"
	"fmt"

	v1 "github.com/google/go-containerregistry/pkg/v1"
)

// Layer is one of an image's.
type Layer struct {
	// Digest is the layer's in a registry, and DiffID that of its files, unpacked.
	Digest, DiffID string
	// Size is how many bytes a registry holds of it.
	Size int
	// CreatedBy is the step of the image's history that made it; empty where the
	// history does not tell.
	CreatedBy string
}

// Layers are the image's, the lowest first.
func (i Image) Layers() ([]Layer, error) {
	var manifest v1.Manifest
	if err := json.Unmarshal(i.manifest, &manifest); err != nil {
		return nil, fmt.Errorf("manifest %s: %w", i.Digest, err)
	}
	var config v1.ConfigFile
	if err := json.Unmarshal(i.config, &config); err != nil {
		return nil, fmt.Errorf("configuration %s: %w", i.Config, err)
	}
	if len(manifest.Layers) != len(config.RootFS.DiffIDs) {
		return nil, fmt.Errorf("manifest %s has %d layers, and its configuration %d", i.Digest, len(manifest.Layers), len(config.RootFS.DiffIDs))
	}
	made := makers(config.History)
	layers := make([]Layer, len(manifest.Layers))
	for at, of := range manifest.Layers {
		layers[at] = Layer{Digest: of.Digest.String(), DiffID: config.RootFS.DiffIDs[at].String(), Size: int(of.Size)}
		if len(made) == len(layers) { // Else nobody knows which step made which.
			layers[at].CreatedBy = made[at]
		}
	}
	return layers, nil
}

// makers are the steps of a history that made a layer each.
func makers(history []v1.History) (steps []string) {
	for _, step := range history {
		if !step.EmptyLayer {
			steps = append(steps, step.CreatedBy)
		}
	}
	return steps
}
