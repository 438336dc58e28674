// Package cache keeps what the kit makes, addressed by the content of what it
// was made from. An entry appears whole or not at all, so a killed run resumes
// at the entry it was making.
package cache

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"syscall"
)

// Dir is a directory of finished entries.
type Dir struct{ path string }

// Open returns the cache at path, which it creates when missing.
func Open(path string) (*Dir, error) {
	if err := os.MkdirAll(path, 0o755); err != nil {
		return nil, fmt.Errorf("open cache %s: %w", path, err)
	}
	return &Dir{path: path}, nil
}

// Key returns the address of what is made from inputs, which must be
// encodable as JSON.
func Key(inputs ...any) (string, error) {
	data, err := json.Marshal(inputs)
	if err != nil {
		return "", fmt.Errorf("hash inputs: %w", err)
	}
	sum := sha256.Sum256(data)
	return hex.EncodeToString(sum[:])[:20], nil
}

// Has tells whether the entry name/key is finished.
func (d *Dir) Has(name, key string) bool {
	_, err := os.Stat(d.entry(name, key))
	return err == nil
}

// Get returns the path of the entry name/key. When it is missing, make is
// called with an empty directory to fill, which becomes the entry once make
// has succeeded. Two processes asking for one entry make it once. Older
// entries of the same name are removed after a new one is in place.
func (d *Dir) Get(name, key string, make func(dir string) error) (string, error) {
	entry := d.entry(name, key)
	unlock, err := Lock(filepath.Join(d.path, name+".lock"))
	if err != nil {
		return "", err
	}
	defer unlock()
	if d.Has(name, key) {
		return entry, nil
	}
	partial := filepath.Join(d.path, name+".partial")
	if err := errors.Join(os.RemoveAll(partial), os.MkdirAll(partial, 0o755)); err != nil {
		return "", fmt.Errorf("prepare %s: %w", name, err)
	}
	if err := make(partial); err != nil {
		return "", errors.Join(err, os.RemoveAll(partial))
	}
	if err := os.Rename(partial, entry); err != nil {
		return "", fmt.Errorf("keep %s: %w", name, err)
	}
	return entry, d.prune(name, entry)
}

func (d *Dir) entry(name, key string) string {
	return filepath.Join(d.path, name+"@"+key)
}

func (d *Dir) prune(name, keep string) error {
	old, err := filepath.Glob(filepath.Join(d.path, name+"@*"))
	if err != nil {
		return fmt.Errorf("list old entries of %s: %w", name, err)
	}
	for _, path := range old {
		if path != keep {
			err = errors.Join(err, os.RemoveAll(path))
		}
	}
	return err
}

// Lock waits until nobody else holds the file, also in another process, and holds it.
func Lock(path string) (unlock func(), err error) {
	file, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o644)
	if err != nil {
		return nil, fmt.Errorf("lock %s: %w", path, err)
	}
	if err := syscall.Flock(int(file.Fd()), syscall.LOCK_EX); err != nil {
		return nil, errors.Join(fmt.Errorf("lock %s: %w", path, err), file.Close())
	}
	// Closing the file releases the lock.
	return func() { _ = file.Close() }, nil
}
