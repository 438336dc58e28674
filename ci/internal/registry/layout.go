package registry

import (
	"archive/tar"
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"path"
	"slices"
	"strings"

	v1 "github.com/google/go-containerregistry/pkg/v1"
)

// Layout is what an OCI layout tarball holds.
type Layout struct {
	// Index is the digest of the image index; empty when the tarball holds a
	// single manifest.
	Index string
	// Platforms holds each platform's manifest digest.
	Platforms map[string]string
}

// LayoutDigests reads the digests of an OCI layout tarball, so that scanned
// bytes can be compared with pushed ones. Each manifest's content is checked
// against its digest.
func LayoutDigests(tarball string) (Layout, error) {
	fail := func(err error) (Layout, error) {
		return Layout{}, fmt.Errorf("read OCI layout %s: %w", path.Base(tarball), err)
	}
	var root v1.IndexManifest
	if err := readJSON(tarball, "index.json", &root); err != nil {
		return fail(err)
	}
	layout := Layout{Platforms: map[string]string{}}
	manifests := root.Manifests
	if len(manifests) == 1 && manifests[0].MediaType.IsIndex() {
		layout.Index = manifests[0].Digest.String()
		var index v1.IndexManifest
		if err := readJSON(tarball, blob(manifests[0].Digest), &index); err != nil {
			return fail(err)
		}
		manifests = index.Manifests
	}
	for _, m := range manifests {
		p, err := manifestPlatform(tarball, m)
		if err != nil {
			return fail(err)
		}
		if p.OS == "unknown" {
			continue
		}
		if _, twice := layout.Platforms[platform(p)]; twice {
			return fail(fmt.Errorf("it holds two images for %s; export one image a tarball", platform(p)))
		}
		layout.Platforms[platform(p)] = m.Digest.String()
	}
	if len(layout.Platforms) == 0 {
		return fail(errors.New("it holds no image; export it again"))
	}
	return layout, nil
}

// Holds says whether the pushed image has exactly the layout's manifests.
func (l Layout) Holds(pushed Resolved) error {
	var failures []error
	for _, p := range slices.Sorted(maps.Keys(pushed.Platforms)) {
		if scanned := l.Platforms[p]; scanned != pushed.Platforms[p] {
			failures = append(failures, fmt.Errorf("%s for %s is %s, but scanned was %s; push the scanned tarball",
				pushed.Reference, p, pushed.Platforms[p], cmp.Or(scanned, "nothing")))
		}
	}
	for _, p := range slices.Sorted(maps.Keys(l.Platforms)) {
		if _, there := pushed.Platforms[p]; !there {
			failures = append(failures, fmt.Errorf("%s lacks %s, which was scanned; push the scanned tarball", pushed.Reference, p))
		}
	}
	return errors.Join(failures...)
}

// manifestPlatform takes the platform from the descriptor, or else from the
// image's configuration. It reads the manifest in any case, to check it.
func manifestPlatform(tarball string, m v1.Descriptor) (*v1.Platform, error) {
	var manifest v1.Manifest
	if err := readJSON(tarball, blob(m.Digest), &manifest); err != nil {
		return nil, err
	}
	if m.Platform != nil {
		return m.Platform, nil
	}
	var config v1.ConfigFile
	if err := readJSON(tarball, blob(manifest.Config.Digest), &config); err != nil {
		return nil, err
	}
	return config.Platform(), nil
}

func blob(digest v1.Hash) string { return "blobs/" + digest.Algorithm + "/" + digest.Hex }

// readJSON decodes an entry of a tarball. A blob's content must be what its
// name says.
func readJSON(tarball, entry string, into any) error {
	raw, err := readEntry(tarball, entry)
	if err != nil {
		return err
	}
	sum := sha256.Sum256(raw)
	if want, isBlob := strings.CutPrefix(entry, "blobs/sha256/"); isBlob && hex.EncodeToString(sum[:]) != want {
		return fmt.Errorf("%s: its content has another digest; export the tarball again", entry)
	}
	if err := json.Unmarshal(raw, into); err != nil {
		return fmt.Errorf("%s: %w", entry, err)
	}
	return nil
}

// readEntry seeks over what it does not want, so that gigabytes of layers cost
// nothing.
func readEntry(tarball, entry string) ([]byte, error) {
	const mostBytes = 16 << 20
	file, err := os.Open(tarball)
	if err != nil {
		return nil, err
	}
	defer func() { _ = file.Close() }()
	for reader := tar.NewReader(file); ; {
		header, err := reader.Next()
		if errors.Is(err, io.EOF) {
			return nil, fmt.Errorf("it has no %s; export it as an OCI layout", entry)
		}
		if err != nil {
			return nil, err
		}
		if path.Clean(header.Name) == entry {
			if header.Size > mostBytes {
				return nil, fmt.Errorf("%s has %d bytes, too many for JSON; export it again", entry, header.Size)
			}
			return io.ReadAll(reader)
		}
	}
}
