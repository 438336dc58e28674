// Package enginedir knows the directory in which a Dagger engine has its state,
// /var/lib/dagger within its container.
package enginedir

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"

	"golang.org/x/sys/unix"
)

// lockFile is what an engine holds while it runs, by flock(2), and removes when
// it ends.
const lockFile = "dagger-engine.lock"

// database is what an engine writes when it is stopped. One that was killed has
// its journal beside it, and is emptied by the next engine.
const (
	database = "dagql-cache.db"
	journal  = database + "-wal"
)

// originFile says of a directory which run began it, or went on with it. It is ours,
// and no engine looks at it.
const originFile = ".enginestate.json"

// Ours is a directory that is ours, too: of the images that a restored state is in.
const Ours = ".enginestate"

// left are what is made anew: the engine's lock, who was connected and what was
// printed to them, networks, mounts, and what belongs to its containers.
var left = []string{lockFile, originFile, Ours, journal, database + "-shm", "worker/clientdbs", "worker/cachemounts", "worker/executor", "net"}

// Left are the paths of a state that are not worth keeping.
func Left() []string { return slices.Clone(left) }

// Blobs is where Content has them.
const Blobs = "blobs/sha256/"

// Mark writes down who began a directory, or goes on with it. It writes to a file of
// its own, never through a link that is there.
func Mark(dir string, origin []byte) error {
	if err := Unmark(dir); err != nil {
		return err
	}
	file, err := os.OpenFile(filepath.Join(dir, originFile), os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	_, err = file.Write(origin)
	return errors.Join(err, file.Close())
}

// Unmark removes what Mark wrote, if it is there.
func Unmark(dir string) error {
	if err := os.Remove(filepath.Join(dir, originFile)); !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}

// Origin is what Mark wrote, nil of a directory that nobody has marked.
func Origin(dir string) ([]byte, error) {
	origin, err := os.ReadFile(filepath.Join(dir, originFile))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	return origin, err
}

// ErrInUse is of a directory whose engine runs.
var ErrInUse = errors.New("an engine uses it. Stop the engine first, and give it the time to write its state down: docker stop -t 120 NAME")

// Hold keeps engines out of a directory, until it is released.
func Hold(dir string) (release func(), err error) {
	path := filepath.Join(dir, lockFile)
	file, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR|unix.O_NOFOLLOW|unix.O_NONBLOCK, 0o600)
	if err != nil {
		return nil, fmt.Errorf("%s has no state of an engine: %w", dir, err)
	}
	err = unix.Flock(int(file.Fd()), unix.LOCK_EX|unix.LOCK_NB)
	if errors.Is(err, unix.EWOULDBLOCK) {
		err = ErrInUse
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("%s: %w", dir, err), file.Close())
	}
	return func() {
		_ = os.Remove(path) // As an engine does.
		_ = file.Close()
	}, nil
}

// Worth fails unless the directory has a state that the next engine will use.
func Worth(dir string) error {
	if _, err := os.Stat(filepath.Join(dir, database)); err != nil {
		return fmt.Errorf("%s has no state of an engine: %w", dir, err)
	}
	info, err := os.Stat(filepath.Join(dir, journal))
	if err == nil && info.Size() > 0 {
		return fmt.Errorf("%s is what an engine left that was killed, and the next one would throw it away. Stop the engine by a signal, and give it the time to write its state down: docker stop -t 120 NAME", dir)
	}
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}

// Ordinary fails where a state has a link, or something else, in the place of a directory
// or a database of the engine's: it would lead to what is not the state's.
func Ordinary(dir string) error {
	for _, is := range []struct {
		name string
		mode fs.FileMode
	}{
		{"worker", fs.ModeDir}, {path.Dir(snapshotsDB), fs.ModeDir}, {path.Dir(snapshot{}.path()), fs.ModeDir},
		{database, 0}, {snapshotsDB, 0}, {metadataDB, 0},
	} {
		info, err := os.Lstat(filepath.Join(dir, is.name))
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return err
		}
		if info.Mode().Type() != is.mode {
			return fmt.Errorf("%s is no state: its %s is %s", dir, is.name, info.Mode().Type())
		}
	}
	return nil
}

// Is tells whether a directory is an engine's, or was begun to be one.
func Is(dir string) bool {
	return slices.ContainsFunc([]string{originFile, Ours, database, lockFile}, func(name string) bool {
		_, err := os.Lstat(filepath.Join(dir, name))
		return err == nil
	})
}

// Empty tells that a directory is not there, or has nothing in it but its mark.
func Empty(dir string) (bool, error) {
	entries, err := os.ReadDir(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return true, nil
	}
	others := slices.DeleteFunc(entries, func(e fs.DirEntry) bool { return e.Name() == originFile })
	return len(others) == 0, err
}
