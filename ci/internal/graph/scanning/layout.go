package scanning

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path"
	"path/filepath"

	"github.com/pingvas/pingvas-ci/ci/internal/dagger"
)

// Layout is an image in the engine, as an OCI layout, of which files are fetched one by one.
type Layout struct {
	// Directory has the files that describe the image, or all of it.
	Directory *dagger.Directory
	// Archive is a container with the layout as a tar archive, in which the layers are: what
	// the engine keeps of them a second time are those alone that somebody took; nil where the
	// directory has them.
	Archive *dagger.Container
}

// archiveAt is where such a container has it.
const archiveAt = "/image.tar"

// packed is an image whose layers are in an archive.
func (p program) packed(image *dagger.Container) Layout {
	tarball := image.AsTarball(dagger.ContainerAsTarballOpts{MediaTypes: dagger.ImageMediaTypesOcimediaTypes})
	return Layout{Archive: p.tool.WithMountedFile(archiveAt, tarball)}
}

// Open fetches a file that describes the image.
func (l Layout) Open(ctx context.Context, file string) (io.ReadCloser, error) {
	return opened(ctx, l.Directory.File(file))
}

// Layer fetches one of its layers.
func (l Layout) Layer(ctx context.Context, file string) (io.ReadCloser, error) {
	if l.Archive == nil {
		return l.Open(ctx, file)
	}
	return opened(ctx, l.Archive.WithExec([]string{"sh", "-ec", `tar -x -O -f "$0" "$1" > /layer`, archiveAt, file}).File("/layer"))
}

// opened fetches a file to this process's disk, and forgets it when it is closed.
func opened(ctx context.Context, file *dagger.File) (io.ReadCloser, error) {
	dir, err := os.MkdirTemp("", "layout-")
	if err != nil {
		return nil, fmt.Errorf("make room for a file of the image: %w", err)
	}
	at := filepath.Join(dir, path.Base(dir))
	if _, err := file.Export(ctx, at); err != nil {
		return nil, errors.Join(fmt.Errorf("fetch it: %w", err), os.RemoveAll(dir))
	}
	opened, err := os.Open(at)
	if err != nil {
		return nil, errors.Join(err, os.RemoveAll(dir))
	}
	return temporary{opened, dir}, nil
}

// temporary is a file that goes with the directory that was made for it.
type temporary struct {
	*os.File
	dir string
}

func (t temporary) Close() error { return errors.Join(t.File.Close(), os.RemoveAll(t.dir)) }
