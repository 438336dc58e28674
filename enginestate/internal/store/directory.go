package store

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

// Directory is a store in a directory. For each key it has an envelope, which
// comes last and by one rename, and the payload that it names.
type Directory string

func (d Directory) envelope(key string) string { return filepath.Join(string(d), key+".json") }

func (d Directory) image(key, digest string) string {
	return filepath.Join(string(d), key+"@"+strings.ReplaceAll(digest, ":", "-")+".squashfs")
}

// Envelope reads what is said of a key's state.
func (d Directory) Envelope(_ context.Context, key string) ([]byte, error) {
	file, err := openFile(d.envelope(key))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, ErrNone
	}
	if err != nil {
		return nil, err
	}
	defer func() { _ = file.Close() }()
	return io.ReadAll(io.LimitReader(file, mostEnvelope))
}

// Image opens one of a key's state.
func (d Directory) Image(_ context.Context, key, digest string) (io.ReadCloser, error) {
	return openFile(d.image(key, filepath.Base(digest)))
}

// begun are files that are not yet what their names will say.
const begun = ".packing-"

// Room is the directory itself, which it makes, and which is the caller's alone until it
// leaves. What a call has left that was killed is removed.
func (d Directory) Room(ctx context.Context) (dir string, leave func(), err error) {
	_, absent := os.Stat(string(d))
	if err := os.MkdirAll(string(d), 0o700); err != nil {
		return "", nil, err
	}
	unlock, err := Lock(ctx, string(d))
	if err != nil {
		return "", nil, err
	}
	entries, err := os.ReadDir(string(d))
	for _, entry := range entries {
		if strings.HasPrefix(entry.Name(), begun) {
			err = errors.Join(err, os.RemoveAll(filepath.Join(string(d), entry.Name())))
		}
	}
	if err != nil {
		unlock()
		return "", nil, err
	}
	return string(d), func() {
		if absent != nil {
			_ = os.Remove(string(d)) // It has something when something was kept.
		}
		unlock()
	}, nil
}

// Put moves what is new, copies what the directory has not yet, and removes what its key
// had. The caller is in its room.
func (d Directory) Put(_ context.Context, key string, envelope []byte, images []Image) error {
	kept := map[string]bool{}
	for _, image := range images {
		at := d.image(key, image.Digest)
		kept[at] = true
		if err := d.take(image, at); err != nil {
			return err
		}
	}
	if err := writeSynced(d.begun(), bytes.NewReader(envelope)); err != nil {
		return err
	}
	if err := os.Rename(d.begun(), d.envelope(key)); err != nil {
		return err
	}
	return d.removeOthers(key, kept)
}

func (d Directory) begun() string { return filepath.Join(string(d), begun+"copy") }

func (d Directory) take(image Image, at string) error {
	if image.New {
		return os.Rename(image.Path, at)
	}
	if info, err := os.Stat(at); err == nil && info.Size() == image.Size {
		return nil
	}
	from, err := os.Open(image.Path)
	if err != nil {
		return err
	}
	defer func() { _ = from.Close() }()
	if err := writeSynced(d.begun(), from); err != nil {
		return err
	}
	return os.Rename(d.begun(), at)
}

// removeOthers removes the images that the envelope of a key names no more.
func (d Directory) removeOthers(key string, kept map[string]bool) error {
	entries, err := os.ReadDir(string(d))
	for _, entry := range entries {
		path := filepath.Join(string(d), entry.Name())
		if strings.HasPrefix(entry.Name(), key+"@") && !kept[path] {
			err = errors.Join(err, os.Remove(path))
		}
	}
	return err
}

// openFile opens a file, and nothing that only has the name of one.
func openFile(path string) (*os.File, error) {
	file, err := os.OpenFile(path, os.O_RDONLY|unix.O_NONBLOCK, 0)
	if err != nil {
		return nil, err
	}
	info, err := file.Stat()
	if err == nil && !info.Mode().IsRegular() {
		err = fmt.Errorf("%s is no file", path)
	}
	if err != nil {
		return nil, errors.Join(err, file.Close())
	}
	return file, nil
}

// Lock keeps others that lock a directory out of it, and waits for those that are in it.
func Lock(ctx context.Context, dir string) (unlock func(), err error) {
	file, err := os.Open(dir)
	if err != nil {
		return nil, err
	}
	const pause = 100 * time.Millisecond
	for {
		err = unix.Flock(int(file.Fd()), unix.LOCK_EX|unix.LOCK_NB)
		if err == nil {
			return func() { _ = file.Close() }, nil
		}
		if !errors.Is(err, unix.EWOULDBLOCK) {
			return nil, errors.Join(fmt.Errorf("lock %s: %w", dir, err), file.Close())
		}
		select {
		case <-ctx.Done():
			return nil, errors.Join(fmt.Errorf("wait for whoever has locked %s: %w", dir, context.Cause(ctx)), file.Close())
		case <-time.After(pause):
		}
	}
}

// writeSynced writes a file that a rename is to make the one that counts.
func writeSynced(path string, content io.Reader) error {
	file, err := os.OpenFile(path, os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	_, err = io.Copy(file, content)
	return errors.Join(err, file.Sync(), file.Close())
}
