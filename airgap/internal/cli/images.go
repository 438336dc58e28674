package cli

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"text/tabwriter"

	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/remote"

	"github.com/pingvas/pingvas-ci/airgap/internal/mirror"
	"github.com/pingvas/pingvas-ci/airgap/internal/state"
)

// listImages prints what the lock maps each image to, and how much each takes
// when it is pulled.
func listImages(ctx context.Context, out io.Writer, lockPath string) error {
	data, err := os.ReadFile(lockPath)
	if err != nil {
		return fmt.Errorf("read image lock: %w", err)
	}
	var lock mirror.Lock
	if err := json.Unmarshal(data, &lock); err != nil {
		return fmt.Errorf("read image lock %s: %w", lockPath, err)
	}
	handler, err := mirror.Serve(filepath.Dir(lockPath))
	if err != nil {
		return err
	}
	server := httptest.NewServer(handler)
	defer server.Close()

	table := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	_, _ = fmt.Fprintln(table, "INSTEAD OF\tIMAGE\tPLATFORMS")
	for _, image := range slices.Sorted(maps.Keys(lock.Images)) {
		platforms, err := platforms(ctx, strings.TrimPrefix(server.URL, "http://"), lock.Images[image])
		if err != nil {
			return err
		}
		_, _ = fmt.Fprintf(table, "%s\t%s\t%s\n", image, lock.Images[image], strings.Join(platforms, ", "))
	}
	return table.Flush()
}

// platforms returns each platform of an image with its size.
func platforms(ctx context.Context, server, image string) ([]string, error) {
	_, path, _ := strings.Cut(image, "/")
	repository, digest, _ := strings.Cut(path, "@")
	repository, _, _ = strings.Cut(repository, ":")
	ref, err := name.NewDigest(server + "/" + repository + "@" + digest)
	if err != nil {
		return nil, fmt.Errorf("read reference of %s: %w", image, err)
	}
	found, err := remote.Get(ref, remote.WithContext(ctx))
	if err != nil {
		return nil, fmt.Errorf("look at %s: %w", image, err)
	}
	if !found.MediaType.IsIndex() {
		single, err := found.Image()
		if err != nil {
			return nil, fmt.Errorf("look at %s: %w", image, err)
		}
		size, err := pullSize(single)
		return []string{size}, err
	}
	index, err := found.ImageIndex()
	if err != nil {
		return nil, fmt.Errorf("look at %s: %w", image, err)
	}
	manifest, err := index.IndexManifest()
	if err != nil {
		return nil, fmt.Errorf("look at %s: %w", image, err)
	}
	var all []string
	for _, each := range manifest.Manifests {
		platform, imageErr := index.Image(each.Digest)
		if imageErr != nil {
			return nil, fmt.Errorf("look at %s: %w", image, imageErr)
		}
		size, sizeErr := pullSize(platform)
		err = errors.Join(err, sizeErr)
		all = append(all, fmt.Sprintf("%s %s", each.Platform, size))
	}
	return all, err
}

func pullSize(image v1.Image) (string, error) {
	manifest, err := image.Manifest()
	if err != nil {
		return "", fmt.Errorf("measure image: %w", err)
	}
	total := manifest.Config.Size
	for _, layer := range manifest.Layers {
		total += layer.Size
	}
	return state.Bytes(uint64(total)), nil
}
