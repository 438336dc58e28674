package placed

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"golang.org/x/sys/unix"

	"github.com/pingvas/pingvas-ci/enginestate/internal/enginedir"
	"github.com/pingvas/pingvas-ci/enginestate/internal/image"
)

// mountable fails where the images cannot be mounted, or changed in overlays.
func (s State) mountable(ctx context.Context) error {
	if err := s.mountImages(ctx, nil); err != nil {
		return err
	}
	at, changes := ours(s.dir, "probe"), ours(s.dir, "probe-changes")
	err := os.Mkdir(at, 0o700)
	if err == nil {
		err = image.Overlay(ctx, []string{mounted(s.dir, s.last())}, changes, at)
	}
	if err == nil {
		err = unix.Unmount(at, 0)
	}
	return errors.Join(err, os.RemoveAll(at), os.RemoveAll(changes))
}

// mountImages mounts the images that are not mounted yet.
func (s State) mountImages(ctx context.Context, there []string) error {
	for part := range s.Images {
		at := mounted(s.dir, part)
		if slices.Contains(there, at) {
			continue
		}
		if err := os.MkdirAll(at, 0o700); err != nil {
			return err
		}
		if err := image.Mount(ctx, File(s.dir, part), at); err != nil {
			return err
		}
	}
	return nil
}

// mountMissing mounts overlays that are not mounted yet.
func (s State) mountMissing(ctx context.Context, there []string) error {
	for i, tree := range s.Trees {
		at := filepath.Join(s.dir, tree.Path)
		if !s.overlaid(tree) || slices.Contains(there, at) {
			continue
		}
		below := []string{s.source(tree)}
		if tree.Path == enginedir.Content && len(s.Builtin) > 0 {
			below = append(below, Builtin(s.dir))
		}
		if err := image.Overlay(ctx, below, s.changes(i), at); err != nil {
			return err
		}
	}
	return nil
}

// overlaid tells whether a tree is mounted. One that the engine has dropped need not be.
func (s State) overlaid(tree Tree) bool {
	_, err := os.Lstat(filepath.Join(s.dir, tree.Path))
	return tree.Writes && !tree.Plain && err == nil
}

// Again mounts what of a directory's state is mounted no more, as after a start of the
// machine.
func Again(ctx context.Context, dir string) error {
	s, err := Read(dir)
	if err != nil || len(s.Images) == 0 {
		return err
	}
	there, err := mounts(dir)
	if err != nil {
		return err
	}
	there = s.named(there)
	if err := s.mountImages(ctx, there); err != nil {
		return err
	}
	return s.mountMissing(ctx, there)
}

// Complete fails unless all is mounted that a directory's state has: what is not there
// would be taken for nothing.
func Complete(dir string) error {
	s, err := Read(dir)
	if err != nil {
		return err
	}
	there, err := mounts(dir)
	if err != nil {
		return err
	}
	there = s.named(there)
	missing := func(at string) error {
		return fmt.Errorf("%s is not mounted, and without it the state is not what it was. Call enginestate restore before the engine is started", at)
	}
	for part := range s.Images {
		if at := mounted(dir, part); !slices.Contains(there, at) {
			return missing(at)
		}
	}
	for _, tree := range s.Trees {
		if at := filepath.Join(dir, tree.Path); s.overlaid(tree) && !slices.Contains(there, at) {
			return missing(at)
		}
	}
	return nil
}

// named are mount points by the name that the directory is called by.
func (s State) named(points []string) (named []string) {
	real, err := realPath(s.dir)
	if err != nil {
		return nil
	}
	for _, point := range points {
		named = append(named, filepath.Join(s.dir, strings.TrimPrefix(point, real)))
	}
	return named
}

// Remove removes a directory, and what is mounted in it.
func Remove(dir string) error {
	if err := Release(dir); err != nil {
		return err
	}
	// What is ours goes last, so that what is left is known to be an engine's.
	entries, err := os.ReadDir(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	for _, entry := range entries {
		if entry.Name() != enginedir.Ours {
			err = errors.Join(err, os.RemoveAll(filepath.Join(dir, entry.Name())))
		}
	}
	if err != nil {
		return err
	}
	return os.RemoveAll(dir)
}

// Release ends what is mounted in a directory. Who still uses it may go on.
func Release(dir string) error {
	at, err := mounts(dir)
	if err != nil {
		return err
	}
	for i := len(at) - 1; i >= 0; i-- { // the last one first: it may lie on another
		if err := unix.Unmount(at[i], unix.MNT_DETACH|unix.UMOUNT_NOFOLLOW); err != nil {
			return fmt.Errorf("unmount %s: %w", at[i], err)
		}
	}
	return nil
}

// mounts are the mount points below a directory, as they were made.
func mounts(dir string) (at []string, err error) {
	real, err := realPath(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	file, err := os.Open("/proc/self/mountinfo")
	if err != nil {
		return nil, err
	}
	defer func() { _ = file.Close() }()
	for lines := bufio.NewScanner(file); lines.Scan(); {
		fields := strings.Fields(lines.Text())
		if len(fields) < 5 {
			continue
		}
		if point := plain.Replace(fields[4]); strings.HasPrefix(point, real+"/") {
			at = append(at, point)
		}
	}
	return at, nil
}

// plain has the characters of a path that the kernel writes as numbers.
var plain = strings.NewReplacer(`\040`, " ", `\011`, "\t", `\012`, "\n", `\134`, `\`)

func realPath(dir string) (string, error) {
	real, err := filepath.EvalSymlinks(dir)
	if err != nil {
		return "", err
	}
	return filepath.Abs(real)
}
