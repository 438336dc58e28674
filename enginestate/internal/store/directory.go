package store

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"golang.org/x/sys/unix"
)

// Directory is a store in a directory. For each key it has an envelope, which
// comes last and by one rename, and the payload that it names.
type Directory string

func (d Directory) envelope(key string) string { return filepath.Join(string(d), key+".json") }

func (d Directory) payload(key, digest string) string {
	return filepath.Join(string(d), key+"@"+strings.ReplaceAll(digest, ":", "-")+".tar.zst")
}

// Envelope reads what is said of a key's state.
func (d Directory) Envelope(_ context.Context, key string) ([]byte, error) {
	file, err := os.Open(d.envelope(key))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, ErrNone
	}
	if err != nil {
		return nil, err
	}
	defer func() { _ = file.Close() }()
	return io.ReadAll(io.LimitReader(file, mostEnvelope))
}

// Payload opens a key's state.
func (d Directory) Payload(_ context.Context, key, digest string) (io.ReadCloser, error) {
	return os.Open(d.payload(key, filepath.Base(digest)))
}

// Room is the directory itself, which it makes.
func (d Directory) Room() (dir string, leave func(), err error) {
	leave = func() {}
	if _, err := os.Stat(string(d)); errors.Is(err, fs.ErrNotExist) {
		leave = func() { _ = os.Remove(string(d)) } // It is not empty when something was kept.
	}
	return string(d), leave, os.MkdirAll(string(d), 0o700)
}

// Put moves a payload that lies in the directory, and removes what its key had.
func (d Directory) Put(_ context.Context, key string, envelope []byte, payload Payload) error {
	unlock, err := d.lock()
	if err != nil {
		return err
	}
	defer unlock()
	kept := d.payload(key, payload.Digest)
	if err := os.Rename(payload.Path, kept); err != nil {
		return err
	}
	begun := filepath.Join(string(d), ".envelope")
	if err := writeSynced(begun, envelope); err != nil {
		return err
	}
	if err := os.Rename(begun, d.envelope(key)); err != nil {
		return err
	}
	return d.removeOthers(key, kept)
}

// removeOthers removes the payloads that the envelope of a key names no more.
func (d Directory) removeOthers(key, kept string) error {
	entries, err := os.ReadDir(string(d))
	for _, entry := range entries {
		path := filepath.Join(string(d), entry.Name())
		if strings.HasPrefix(entry.Name(), key+"@") && path != kept {
			err = errors.Join(err, os.Remove(path))
		}
	}
	return err
}

// lock keeps other writers out.
func (d Directory) lock() (unlock func(), err error) {
	file, err := os.OpenFile(filepath.Join(string(d), ".lock"), os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, err
	}
	if err := unix.Flock(int(file.Fd()), unix.LOCK_EX); err != nil {
		return nil, errors.Join(fmt.Errorf("lock %s: %w", d, err), file.Close())
	}
	return func() { _ = file.Close() }, nil
}

// writeSynced writes a file that a rename is to make the one that counts.
func writeSynced(path string, data []byte) error {
	file, err := os.OpenFile(path, os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	_, err = file.Write(data)
	return errors.Join(err, file.Sync(), file.Close())
}
