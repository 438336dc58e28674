package engineroot

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
)

// Pin gives a directory tree a second name at to, by hard links, and removes
// what was there. A running process keeps what it uses in this way while the
// cache makes place for something newer.
func Pin(ctx context.Context, from, to string) error {
	if err := errors.Join(os.RemoveAll(to), os.MkdirAll(filepath.Dir(to), 0o755)); err != nil {
		return fmt.Errorf("pin %s: %w", from, err)
	}
	cp := exec.CommandContext(ctx, "cp", "--archive", "--link", "--no-target-directory", from, to)
	if out, err := cp.CombinedOutput(); err != nil {
		return fmt.Errorf("pin %s: %w: %s; the state directory must be on one file system", from, err, out)
	}
	return nil
}
