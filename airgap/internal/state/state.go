// Package state is the one directory in which the kit keeps all it makes: the
// built tools and images, the engine's caches, and what identifies the running
// processes.
package state

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"

	"golang.org/x/sys/unix"
)

// Dir is an opened state directory.
type Dir struct{ path string }

// Default returns the directory that is used when the caller names none:
// pingvas-ci/airgap in the user's cache directory.
func Default() (string, error) {
	base, err := os.UserCacheDir()
	if err != nil {
		return "", fmt.Errorf("find the user's cache directory: %w; name a directory with --state", err)
	}
	return filepath.Join(base, "pingvas-ci", "airgap"), nil
}

// longestSocket is what the kernel accepts as a unix socket's path, less the
// closing zero.
const longestSocket = 107

// Open returns the state directory at path, which it creates when missing.
func Open(path string) (Dir, error) {
	path, err := filepath.Abs(path)
	if err != nil {
		return Dir{}, fmt.Errorf("find state directory: %w", err)
	}
	dir := Dir{path: path}
	if length := len(dir.Socket()); length > longestSocket {
		return Dir{}, fmt.Errorf("the engine's socket below %s would have a path of %d characters, and the system allows %d; name a shorter directory with --state",
			path, length, longestSocket)
	}
	if err := errors.Join(os.MkdirAll(dir.Run(), 0o755), os.MkdirAll(filepath.Dir(dir.Socket()), 0o755)); err != nil {
		return Dir{}, fmt.Errorf("make state directory: %w; name a writable one with --state", err)
	}
	return dir, nil
}

// Path returns the directory itself.
func (d Dir) Path() string { return d.path }

// Cache returns where finished build results lie.
func (d Dir) Cache() string { return filepath.Join(d.path, "cache") }

// Engine returns the engine's own state: snapshots, cache volumes, databases.
func (d Dir) Engine() string { return filepath.Join(d.path, "engine") }

// Run returns where things lie that mean nothing once the engine is down.
func (d Dir) Run() string { return filepath.Join(d.path, "run") }

// RunFile returns the path of one such thing.
func (d Dir) RunFile(name string) string { return filepath.Join(d.Run(), name) }

// Env returns the file that holds the lines which `up` has printed.
func (d Dir) Env() string { return filepath.Join(d.path, "env") }

// Socket returns the engine's socket.
func (d Dir) Socket() string { return filepath.Join(d.path, "run", "socket", "engine.sock") }

// Lock makes the caller the only one that starts, stops or cleans, until unlock
// is called. It waits for another one to finish.
func (d Dir) Lock() (unlock func(), err error) {
	file, err := os.OpenFile(filepath.Join(d.path, "lock"), os.O_CREATE|os.O_RDWR, 0o644)
	if err != nil {
		return nil, fmt.Errorf("open lock of state directory: %w", err)
	}
	if err := syscall.Flock(int(file.Fd()), syscall.LOCK_EX); err != nil {
		return nil, errors.Join(fmt.Errorf("lock state directory: %w", err), file.Close())
	}
	// Closing the file releases the lock.
	return func() { _ = file.Close() }, nil
}

// NeedFree fails when the disk below the directory has less than needed bytes
// free.
func (d Dir) NeedFree(needed uint64, what string) error {
	var stat unix.Statfs_t
	if err := unix.Statfs(d.path, &stat); err != nil {
		return fmt.Errorf("measure free space of %s: %w", d.path, err)
	}
	free := stat.Bavail * uint64(stat.Bsize)
	if free >= needed {
		return nil
	}
	return fmt.Errorf("%s needs %s of disk below %s and %s are available; free some space, or name a directory on another disk with --state",
		what, Bytes(needed), d.path, Bytes(free))
}

// Size returns the disk space that a file or directory takes, which is 0 for a
// missing one. Files with several names count once.
func Size(path string) (uint64, error) {
	type inode struct{ device, number uint64 }
	seen := map[inode]bool{}
	var total uint64
	err := filepath.WalkDir(path, func(_ string, entry fs.DirEntry, err error) error {
		if errors.Is(err, fs.ErrNotExist) {
			return nil // Removed while we looked.
		}
		if err != nil {
			return err
		}
		info, err := entry.Info()
		if err != nil {
			return nil //nolint:nilerr // Removed while we looked.
		}
		stat, ok := info.Sys().(*syscall.Stat_t)
		if !ok || seen[inode{stat.Dev, stat.Ino}] {
			return nil
		}
		seen[inode{stat.Dev, stat.Ino}] = true
		total += uint64(stat.Blocks) * 512
		return nil
	})
	if err != nil {
		return 0, fmt.Errorf("measure %s: %w", path, err)
	}
	return total, nil
}

// Bytes writes a size for people.
func Bytes(n uint64) string {
	const unit = 1000
	if n < unit {
		return fmt.Sprintf("%d B", n)
	}
	value, prefix := float64(n)/unit, 0
	for value >= unit && prefix < len("kMGTP")-1 {
		value /= unit
		prefix++
	}
	return fmt.Sprintf("%.1f %cB", value, "kMGTP"[prefix])
}
