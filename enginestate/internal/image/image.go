// Package image makes images of directories that are used without being unpacked:
// file systems of squashfs, by its own tools.
package image

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"

	"golang.org/x/sys/unix"
)

// Write makes an image of what is in a directory, also of what is mounted there, but for
// the paths that are left out.
func Write(ctx context.Context, path, from string, leftOut []string) error {
	// Speed counts: most of a state is compressed already.
	args := []string{from, path, "-noappend", "-exit-on-error", "-quiet", "-no-progress", "-comp", "zstd", "-Xcompression-level", "3"}
	if len(leftOut) > 0 {
		args = append(append(args, "-e"), leftOut...)
	}
	return run(ctx, "mksquashfs", args...)
}

// Mount has the content of an image at a directory, for all to read.
func Mount(ctx context.Context, path, at string) error {
	return run(ctx, "mount", "-t", "squashfs", "-o", "loop,ro", path, at)
}

// Overlay has at a directory what others have, the first before the next, and writes what
// is changed of it to another one, changes, which is on a disk.
func Overlay(ctx context.Context, below []string, changes, at string) error {
	upper, work := filepath.Join(changes, "upper"), filepath.Join(changes, "work")
	if err := errors.Join(Like(below[0], upper), os.MkdirAll(work, 0o700)); err != nil {
		return err
	}
	// A directory that was there may be renamed, as on any disk.
	return run(ctx, "mount", "-t", "overlay", "-o",
		"redirect_dir=on,lowerdir="+strings.Join(below, ":")+",upperdir="+upper+",workdir="+work, "overlay", at)
}

// Like makes a directory that has the owner and the mode of another one, unless it is
// there.
func Like(other, dir string) error {
	var stat unix.Stat_t
	if err := unix.Stat(other, &stat); err != nil {
		return fmt.Errorf("look at %s: %w", other, err)
	}
	if err := os.MkdirAll(filepath.Dir(dir), 0o700); err != nil {
		return err
	}
	if err := os.Mkdir(dir, 0o700); errors.Is(err, fs.ErrExist) {
		return nil
	} else if err != nil {
		return err
	}
	return errors.Join(os.Lchown(dir, int(stat.Uid), int(stat.Gid)), unix.Chmod(dir, stat.Mode&0o7777))
}

// Unpack writes the content of an image to a directory that is not there yet.
func Unpack(ctx context.Context, path, to string) error {
	return run(ctx, "unsquashfs", "-no-progress", "-quiet", "-dest", to, path)
}

// Copy writes what is in a directory to another one that is there, with all that it has.
func Copy(ctx context.Context, from, to string) error {
	return run(ctx, "cp", "--archive", "--sparse=always", from+"/.", to)
}

// run runs a tool.
func run(ctx context.Context, name string, args ...string) error {
	call := exec.CommandContext(ctx, name, args...)
	var said bytes.Buffer
	call.Stdout, call.Stderr = &said, &said
	// A tool that outlives this program would go on in what is removed. It ends with the
	// thread that began it.
	call.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	err := call.Run()
	switch {
	case errors.Is(err, exec.ErrNotFound) && strings.Contains(name, "squashfs"):
		return fmt.Errorf("there is no %s on this machine. Install squashfs-tools, 4.5 or newer: apt-get install squashfs-tools", name)
	case ctx.Err() != nil:
		return context.Cause(ctx)
	case err != nil:
		return fmt.Errorf("%s: %w: %s", name, err, strings.TrimSpace(said.String()))
	}
	return nil
}
