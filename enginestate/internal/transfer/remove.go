package transfer

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/pingvas/pingvas-ci/enginestate/internal/enginedir"
	"github.com/pingvas/pingvas-ci/enginestate/internal/placed"
)

// Remove removes the directory of an engine that was stopped, and what is mounted in it.
// None is no error; one that is no engine's is.
func Remove(ctx context.Context, dir string) error {
	info, err := os.Lstat(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err == nil && !info.IsDir() {
		err = errors.New("it is no directory")
	}
	if err != nil {
		return err
	}
	leave, err := alone(ctx, dir)
	if err != nil {
		return err
	}
	defer leave()
	empty, err := enginedir.Empty(dir)
	if err != nil {
		return err
	}
	if !empty && !enginedir.Is(dir) {
		return errors.New("it has no state of an engine")
	}
	release, err := enginedir.Hold(dir)
	if err != nil {
		return err
	}
	defer release()
	// What a call that is killed leaves is nobody's to go on with, and an engine's still.
	if err := os.Mkdir(filepath.Join(dir, enginedir.Ours), 0o700); err != nil && !errors.Is(err, fs.ErrExist) {
		return err
	}
	if err := enginedir.Unmark(dir); err != nil {
		return err
	}
	if err := placed.Remove(dir); err != nil {
		return fmt.Errorf("something is left: %w", err)
	}
	return nil
}
