package transfer

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"

	"github.com/pingvas/pingvas-ci/enginestate/internal/enginedir"
)

// Builtin is a directory with what an engine's image brings, an OCI layout: the
// images of Dagger's SDKs. An engine copies into its state what it uses of it,
// which a kept state need not have. An empty one has nothing.
type Builtin string

func (b Builtin) blob(name string) string { return filepath.Join(string(b), "blobs/sha256", name) }

var blobName = regexp.MustCompile(`^[0-9a-f]{64}$`)

// within are the blobs of a content store that the image has, too.
func (b Builtin) within(content string) (names []string) {
	if b == "" {
		return nil
	}
	blobs, _ := os.ReadDir(filepath.Join(content, enginedir.Blobs)) // A store without any has none of them.
	for _, blob := range blobs {
		ours, err := os.Stat(b.blob(blob.Name()))
		theirs, again := blob.Info()
		if err == nil && again == nil && blobName.MatchString(blob.Name()) && ours.Size() == theirs.Size() {
			names = append(names, blob.Name())
		}
	}
	return names
}

// provide makes a content store of what was left out, if it is what it is called.
func (b Builtin) provide(ctx context.Context, content string, names []string) error {
	if len(names) > 0 && b == "" {
		return errors.New("it was kept without the content of the engine's image. Name that with --image-content")
	}
	if err := os.MkdirAll(filepath.Join(content, enginedir.Blobs), 0o755); err != nil {
		return err
	}
	for _, name := range names {
		if !blobName.MatchString(name) {
			return fmt.Errorf("%q is no digest", name)
		}
		if err := b.copy(name, filepath.Join(content, enginedir.Blobs, name)); err != nil {
			return fmt.Errorf("take %s of the engine's image: %w", name, err)
		}
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
	}
	return nil
}

func (b Builtin) copy(name, to string) error {
	from, err := os.Open(b.blob(name))
	if err != nil {
		return err
	}
	defer func() { _ = from.Close() }()
	file, err := os.OpenFile(to, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o444)
	if err != nil {
		return err
	}
	digest := sha256.New()
	_, err = io.Copy(io.MultiWriter(file, digest), from)
	if err = errors.Join(err, file.Close()); err == nil && hex.EncodeToString(digest.Sum(nil)) != name {
		err = errors.New("it is not what it is called")
	}
	return err
}
