package mirror

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"

	"github.com/google/go-containerregistry/pkg/name"

	"github.com/pingvas/pingvas-ci/airgap/internal/cache"
	"github.com/pingvas/pingvas-ci/airgap/internal/debian"
	"github.com/pingvas/pingvas-ci/airgap/internal/oci"
	"github.com/pingvas/pingvas-ci/airgap/internal/progress"
	"github.com/pingvas/pingvas-ci/internal/registryserver"
)

// contentsLabel tells what an image is made of: a JSON object of name to
// version.
const contentsLabel = "studio.pingvas.airgap.contents"

// format is raised when the same layers are put together differently.
const format = 2

// Lock is what an image lock file holds.
type Lock struct {
	Version int               `json:"version"`
	Images  map[string]string `json:"images"`
}

// fill pushes the images into a new store below entry and writes the lock last.
func fill(ctx context.Context, log *progress.Log, entry string, images []image, layers made) (err error) {
	handler, err := registryserver.New(filepath.Join(entry, storeName))
	if err != nil {
		return err
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return fmt.Errorf("open the mirror for writing: %w", err)
	}
	server := &http.Server{Handler: handler}
	go func() { _ = server.Serve(listener) }()
	defer func() { err = errors.Join(err, server.Close()) }()

	lock := Lock{Version: 1, Images: map[string]string{}}
	for _, image := range images {
		err := log.Run("image "+image.lock, func() error {
			reference, err := image.push(ctx, listener.Addr().String(), layers)
			for _, name := range append([]string{image.lock}, image.also...) {
				lock.Images[name] = reference
			}
			return err
		})
		if err != nil {
			return err
		}
	}
	return lock.write(filepath.Join(entry, lockName))
}

// push returns the reference by which the image is known to the mirror's users.
func (i image) push(ctx context.Context, server string, layers made) (reference string, err error) {
	packages, err := debian.AllPackages(layers[i.stacks[0].top])
	if err != nil {
		return "", err
	}
	place := i.repository + ":" + i.tag(packages)
	ref, err := name.ParseReference(server + "/" + place)
	if err != nil {
		return "", fmt.Errorf("name image %s: %w", place, err)
	}
	var platforms []oci.Image
	for _, stack := range i.stacks {
		platform, err := i.platform(stack, layers[stack.top])
		if err != nil {
			return "", err
		}
		platforms = append(platforms, platform)
	}
	digest, err := oci.Push(ctx, ref, platforms)
	if err != nil {
		return "", err
	}
	return "docker.io/" + place + "@" + digest.String(), nil
}

func (i image) platform(stack stack, layers []debian.Made) (oci.Image, error) {
	packages, err := debian.AllPackages(layers)
	if err != nil {
		return oci.Image{}, err
	}
	version, config := i.tag(packages), i.configured(packages)
	maps.Copy(packages, i.parts)
	contents, err := json.Marshal(packages)
	if err != nil {
		return oci.Image{}, fmt.Errorf("describe image %s: %w", i.lock, err)
	}
	platform := oci.Image{Architecture: stack.architecture, Config: config}
	platform.Config.Labels = map[string]string{
		contentsLabel:                          string(contents),
		"org.opencontainers.image.title":       i.repository,
		"org.opencontainers.image.description": i.about,
		"org.opencontainers.image.version":     version,
		"org.opencontainers.image.source":      "https://github.com/pingvas/pingvas-ci",
	}
	for _, layer := range layers {
		platform.Layers = append(platform.Layers, layer.Layer)
	}
	return platform, nil
}

func (l Lock) write(path string) error {
	content, err := json.MarshalIndent(l, "", "  ")
	if err == nil {
		err = os.WriteFile(path, append(content, '\n'), 0o644)
	}
	if err != nil {
		return fmt.Errorf("write image lock: %w", err)
	}
	return nil
}

// keyOf is the address of a mirror of these images.
func keyOf(images []image) (string, error) {
	inputs := []any{format}
	for _, image := range images {
		inputs = append(inputs, image.lock, image.also, image.repository, image.tag(nil), image.about, image.parts, image.configured(nil))
		for _, stack := range image.stacks {
			key, err := stack.top.Key()
			if err != nil {
				return "", err
			}
			inputs = append(inputs, stack.architecture, key)
		}
	}
	return cache.Key(inputs...)
}

func onPath(tool string) bool {
	_, err := exec.LookPath(tool)
	return err == nil
}
