package engine

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/pingvas/pingvas-ci/airgap/internal/state"
)

// mostRecords is how large the engine's list of what it keeps may be: about ten
// thousand entries. It goes through them at each call, and with twice as many a
// call that does nothing takes twice as long. Its own garbage collection counts
// bytes on disk, and leaves the entries that hold none.
const mostRecords = 40 << 20

// records is where the engine has that list.
func records(dir state.Dir) string { return filepath.Join(dir.Engine(), "dagql-cache.db") }

// Overgrown tells whether an engine would do better with empty caches.
func Overgrown(dir state.Dir) bool {
	list, err := os.Stat(records(dir))
	return err == nil && list.Size() > mostRecords
}

// Forget drops the caches of an engine that does not run. What the engine and
// its images are built from stays.
func Forget(dir state.Dir) error {
	if _, runs := Process(dir); runs {
		return errors.New("drop the engine's caches: it runs. Stop it first: go run ./airgap down")
	}
	if err := os.RemoveAll(dir.Engine()); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("drop the engine's caches: %w", err)
	}
	return nil
}
