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
	"strings"

	"github.com/pingvas/pingvas-ci/enginestate/internal/enginedir"
)

// Builtin is a directory with what an engine's image brings, an OCI layout: the
// images of Dagger's SDKs. An engine copies into its state what it uses of it,
// which a kept state need not have. An empty one has nothing.
type Builtin string

func (b Builtin) blob(name string) string { return filepath.Join(string(b), "blobs/sha256", name) }

var blobName = regexp.MustCompile(`^[0-9a-f]{64}$`)

// omit leaves out what enginedir.Omit does, and of the state's content what the
// image has, which it lists.
func (b Builtin) omit(state string, left *[]string) func(path string) bool {
	return func(path string) bool {
		if enginedir.Omit(path) {
			return true
		}
		name, is := strings.CutPrefix(path, enginedir.Blobs)
		if b == "" || !is || !blobName.MatchString(name) {
			return false
		}
		ours, err := os.Stat(b.blob(name))
		theirs, again := os.Stat(filepath.Join(state, path))
		if err != nil || again != nil || ours.Size() != theirs.Size() {
			return false
		}
		*left = append(*left, name)
		return true
	}
}

// provide puts what was left out into a state that is restored, if it is what it
// is called.
func (b Builtin) provide(ctx context.Context, state string, names []string) error {
	for _, name := range names {
		if !blobName.MatchString(name) {
			return fmt.Errorf("%q is no digest", name)
		}
		if b == "" {
			return errors.New("it was kept without the content of the engine's image. Name that with --image-content")
		}
		if err := b.copy(name, filepath.Join(state, enginedir.Blobs, name)); err != nil {
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
