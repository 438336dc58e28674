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

// layout is an OCI layout in the engine, of which files are fetched one by one.
type layout struct{ directory *dagger.Directory }

// Open fetches a file to this process's disk, and forgets it when it is closed.
func (l layout) Open(ctx context.Context, file string) (io.ReadCloser, error) {
	dir, err := os.MkdirTemp("", "layout-")
	if err != nil {
		return nil, fmt.Errorf("make room for %s: %w", file, err)
	}
	at := filepath.Join(dir, path.Base(file))
	if _, err := l.directory.File(file).Export(ctx, at); err != nil {
		return nil, errors.Join(fmt.Errorf("fetch %s: %w", file, err), os.RemoveAll(dir))
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
