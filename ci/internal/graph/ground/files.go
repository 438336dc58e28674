package ground

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/google/go-containerregistry/pkg/v1/tarball"

	"github.com/pingvas/pingvas-ci/ci/internal/dagger"
	"github.com/pingvas/pingvas-ci/ci/internal/plain"
)

var dag = dagger.Connect()

// Exported calls use with a directory's files in a directory of this process,
// which is gone afterwards. What is wrong there is told in the files' own words.
func Exported(ctx context.Context, tree *dagger.Directory, use func(dir string) error) error {
	return Scratch(func(dir string) error {
		if _, err := tree.Export(ctx, dir); err != nil {
			return fmt.Errorf("export the files to work on: %w", err)
		}
		return plain.Error(use(dir))
	})
}

// Packed calls use with what opens a tar archive of a directory's files, as often
// as it likes. So many files come at once, where Exported fetches one by one. The
// directory is one that was filtered, and so one layer: of several, the upper ones
// say what is gone of the lower.
func Packed(ctx context.Context, tree *dagger.Directory, use func(open func() (io.ReadCloser, error)) error) error {
	return Scratch(func(dir string) error {
		file := filepath.Join(dir, "tree.tar")
		_, err := dag.Container().WithRootfs(tree).Export(ctx, file, dagger.ContainerExportOpts{
			ForcedCompression: dagger.ImageLayerCompressionUncompressed,
		})
		if err != nil {
			return fmt.Errorf("export the files to work on: %w", err)
		}
		image, err := tarball.ImageFromPath(file, nil)
		if err != nil {
			return fmt.Errorf("open the exported files: %w", err)
		}
		layers, err := image.Layers()
		if err != nil || len(layers) != 1 {
			return errors.Join(err, fmt.Errorf("the exported files are in %d layers, not one", len(layers)))
		}
		return use(layers[0].Uncompressed)
	})
}

// Scratch calls use with an empty directory of this process, which is gone
// afterwards.
func Scratch(use func(dir string) error) error { return scratch("", use) }

// Handed does so with one that the engine takes files from: it does from below
// the module's work directory alone.
func Handed(use func(dir string) error) error { return scratch(".", use) }

func scratch(below string, use func(dir string) error) error {
	dir, err := os.MkdirTemp(below, "pingvas-ci-")
	if err != nil {
		return fmt.Errorf("make a work directory: %w", err)
	}
	return errors.Join(use(dir), os.RemoveAll(dir))
}

// File is a file of the given text.
func File(name string, text []byte) *dagger.File {
	return dag.Directory().WithNewFile(name, string(text)).File(name)
}

// Text reads a file, or nothing where there is none.
func Text(ctx context.Context, file *dagger.File, what string) (string, error) {
	if file == nil {
		return "", nil
	}
	text, err := file.Contents(ctx)
	if err != nil {
		return "", fmt.Errorf("read %s: %w", what, err)
	}
	return text, nil
}

// Unchanged is the change that there is none.
func Unchanged() *dagger.Changeset {
	return dag.Directory().Changes(dag.Directory())
}

// Each is what every one of a list becomes.
func Each[T, R any](list []T, become func(T) R) []R {
	var all []R
	for _, one := range list {
		all = append(all, become(one))
	}
	return all
}
