package image

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"golang.org/x/sys/unix"
)

// View is a directory in which others are mounted as an image is to have them, for reading
// alone, so that nothing is copied.
type View string

// NewView makes one in a directory that is made for it, which Close removes.
func NewView(ctx context.Context, dir string) (View, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return "", err
	}
	if err := run(ctx, "mount", "-t", "tmpfs", "-o", "mode=700", "enginestate", dir); err != nil {
		return "", errors.Join(fmt.Errorf("nothing can be mounted here: %w", err), os.Remove(dir))
	}
	return View(dir), nil
}

// Close ends all that is mounted.
func (v View) Close() error {
	return errors.Join(unix.Unmount(string(v), unix.MNT_DETACH), os.Remove(string(v)))
}

// Add has a file or a directory at a name, whose parents are there or of no account.
func (v View) Add(from, name string) error {
	at := filepath.Join(string(v), name)
	info, err := os.Lstat(from)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(at), 0o700); err != nil {
		return err
	}
	switch {
	case info.Mode()&fs.ModeSymlink != 0:
		target, err := os.Readlink(from)
		if err != nil {
			return err
		}
		return os.Symlink(target, at)
	case info.IsDir():
		err = os.MkdirAll(at, 0o700)
	default:
		err = os.WriteFile(at, nil, 0o600)
	}
	if err == nil {
		err = unix.Mount(from, at, "", unix.MS_BIND|unix.MS_REC, "")
	}
	if err == nil { // What is mounted over it is nowhere else.
		err = unix.Mount("", at, "", unix.MS_PRIVATE|unix.MS_REC, "")
	}
	if err == nil {
		err = unix.Mount("", at, "", unix.MS_BIND|unix.MS_REMOUNT|unix.MS_RDONLY, "")
	}
	if err != nil {
		return fmt.Errorf("have %s in the image: %w", from, err)
	}
	return nil
}

// Over has a file in the place of another one, in a directory that was added, which stays
// as it is.
func (v View) Over(from, name string) error {
	at := filepath.Join(string(v), name)
	if err := unix.Mount(from, at, "", unix.MS_BIND, ""); err != nil {
		return fmt.Errorf("have %s in the image: %w", from, err)
	}
	return nil
}

// AddSome has a directory at a name, but for the paths below it that omit tells. What
// within tells of is a directory that has such paths.
func (v View) AddSome(from, name string, omit, within func(path string) bool) error {
	return v.addSome(from, name, ".", omit, within)
}

func (v View) addSome(from, name, below string, omit, within func(path string) bool) error {
	if err := Like(filepath.Join(from, below), filepath.Join(string(v), name, below)); err != nil {
		return err
	}
	entries, err := os.ReadDir(filepath.Join(from, below))
	if err != nil {
		return err
	}
	for _, entry := range entries {
		path := filepath.Join(below, entry.Name())
		switch {
		case omit(path):
		case within(path):
			err = v.addSome(from, name, path, omit, within)
		default:
			err = v.Add(filepath.Join(from, path), filepath.Join(name, path))
		}
		if err != nil {
			return err
		}
	}
	return nil
}
