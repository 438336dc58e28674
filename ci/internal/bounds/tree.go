// Package bounds reads what somebody else wrote, in a source, a GitOps
// repository or a file given by hand, as far as it is of ordinary size: a file
// that is none, is too large or lies elsewhere, and a document that would become
// much more than it is, are errors before any work is done on them.
package bounds

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"strings"
)

// MostBytes is how large a file may be that is read whole. The bundles of custom
// resources of large operators, and locks of large monorepos, have half of it.
const MostBytes = 8 << 20

// In calls use with the files of a directory. No link leads out of it, and no
// file of it is read whole that is too large.
func In(dir string, use func(tree fs.FS) error) error {
	root, err := os.OpenRoot(dir)
	if err != nil {
		return err
	}
	defer func() { _ = root.Close() }() // It was only read.
	return use(tree{root.FS().(rooted)})
}

// ReadIn reads one file of a directory, as In does.
func ReadIn(dir, name string) (text []byte, err error) {
	err = In(dir, func(tree fs.FS) (err error) {
		text, err = ReadFile(tree, name)
		return err
	})
	return text, err
}

// ReadFile reads a file of a tree whole: a regular one that is not too large. To
// open a pipe may wait for ever, and a device may have no end.
func ReadFile(tree fs.FS, name string) ([]byte, error) {
	info, err := fs.Stat(tree, name)
	switch {
	case err != nil:
		return nil, led(name, err)
	case info.IsDir():
		return nil, fmt.Errorf("%s is a directory. Put a file there", name)
	case !info.Mode().IsRegular():
		return nil, fmt.Errorf("%s is no regular file. Put one there", name)
	case info.Size() > MostBytes:
		return nil, TooLarge(name)
	}
	file, err := tree.Open(name)
	if err != nil {
		return nil, led(name, err)
	}
	defer func() { _ = file.Close() }() // It was only read.
	text, err := io.ReadAll(io.LimitReader(file, MostBytes+1))
	if err == nil && len(text) > MostBytes {
		err = TooLarge(name)
	}
	return text, err
}

// TooLarge is the error of a file with more than MostBytes.
func TooLarge(name string) error {
	return fmt.Errorf("%s has more than %d MiB, the most that is read. Split it, or move what is no configuration elsewhere", name, MostBytes>>20)
}

// led says of a link that leads out of its tree that it does.
func led(name string, err error) error {
	failed, is := errors.AsType[*fs.PathError](err)
	// The library has no name for this error.
	if !is || !strings.HasSuffix(failed.Err.Error(), "path escapes from parent") {
		return err
	}
	return fmt.Errorf("%s is a link, or lies behind one, that leads out of the files that it belongs to. Replace the link by what it leads to", name)
}

// tree is what In hands out.
type tree struct{ rooted }

// rooted is what the files of an os.Root can do.
type rooted interface {
	fs.ReadDirFS
	fs.StatFS
	fs.ReadLinkFS
}

// ReadFile is how fs.ReadFile asks.
func (t tree) ReadFile(name string) ([]byte, error) { return ReadFile(t.rooted, name) }

// Stat tells of a link that leads elsewhere, in words.
func (t tree) Stat(name string) (fs.FileInfo, error) {
	info, err := t.rooted.Stat(name)
	return info, led(name, err)
}
