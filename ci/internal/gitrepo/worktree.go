package gitrepo

import (
	"archive/tar"
	"context"
	"crypto/sha1" //nolint:gosec // git names objects by it
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"
	"os"
	"path"
	"path/filepath"
	"strings"
)

// Stream opens a tar archive of a source's files, anew at each call.
type Stream func() (io.ReadCloser, error)

// Git's words for what a file is.
const (
	plainFile  = "100644"
	executable = "100755"
	link       = "120000"
	submodule  = "160000"
)

// entry is a file of a tree: what it is, and the object of what is in it.
type entry struct{ mode, object string }

// onDisk is a file of the work tree.
type onDisk struct {
	entry
	sha256  string
	content string // the name of the file in the archive that has the content
}

// worktree is what a source's files are.
type worktree struct {
	files map[string]onDisk
	// rules has the files of it that say what git ignores and converts.
	rules *os.Root
}

// read notes every file of the stream but what lies in a .git, at the root or in
// a submodule. Objects are named by the hash of the given length.
func (w worktree) read(ctx context.Context, stream Stream, length int) error {
	return each(ctx, stream, func(header *tar.Header, name string, content io.Reader) error {
		switch header.Typeflag {
		case tar.TypeLink:
			same, is := w.files[path.Clean(header.Linkname)]
			if !is {
				return fmt.Errorf("%s is a hard link to %s, which does not come before it", name, header.Linkname)
			}
			w.files[name] = same
			return nil
		case tar.TypeSymlink:
			w.files[name] = onDisk{entry: entry{link, objectName(length, header.Linkname)}}
			return nil
		case tar.TypeReg:
			var err error
			if base := path.Base(name); base == ".gitignore" || base == ".gitattributes" {
				var file io.WriteCloser
				if file, err = w.create(name, header); err != nil {
					return err
				}
				defer func() { _ = file.Close() }() // A shorter rule shows as a change.
				content = io.TeeReader(content, file)
			}
			w.files[name], err = hashed(length, name, header, content)
			return err
		}
		return nil
	})
}

// fetch puts the content of files beside the rules.
func (w worktree) fetch(ctx context.Context, stream Stream, names []string) error {
	wanted := map[string][]string{}
	for _, name := range names {
		at := w.files[name].content
		wanted[at] = append(wanted[at], name)
	}
	return each(ctx, stream, func(header *tar.Header, name string, content io.Reader) error {
		if header.Typeflag != tar.TypeReg || len(wanted[name]) == 0 {
			return nil
		}
		var files []io.Writer
		for _, as := range wanted[name] {
			file, err := w.create(as, header)
			if err != nil {
				return err
			}
			defer func() { _ = file.Close() }() // A shorter file shows as a change.
			files = append(files, file)
		}
		_, err := io.Copy(io.MultiWriter(files...), content)
		return err
	})
}

func (w worktree) create(name string, header *tar.Header) (*os.File, error) {
	if err := w.rules.MkdirAll(path.Dir(name), 0o700); err != nil {
		return nil, err
	}
	return w.rules.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600|header.FileInfo().Mode()&0o100)
}

// each calls see with each entry of the stream that git could track.
func each(ctx context.Context, stream Stream, see func(header *tar.Header, name string, content io.Reader) error) error {
	opened, err := stream()
	if err != nil {
		return err
	}
	defer func() { _ = opened.Close() }() // It was only read.
	archive := tar.NewReader(opened)
	for {
		header, err := archive.Next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err = errors.Join(err, ctx.Err()); err != nil {
			return err
		}
		name := path.Clean(header.Name)
		if !filepath.IsLocal(name) {
			return fmt.Errorf("the file %q lies outside of the source", header.Name)
		}
		if strings.Contains("/"+name+"/", "/.git/") {
			continue
		}
		if err := see(header, name, archive); err != nil {
			return err
		}
	}
}

func hashed(length int, name string, header *tar.Header, content io.Reader) (onDisk, error) {
	object, sum := hashOf(length, header.Size), sha256.New()
	if _, err := io.Copy(io.MultiWriter(object, sum), content); err != nil {
		return onDisk{}, err
	}
	mode := plainFile
	if header.FileInfo().Mode()&0o100 != 0 {
		mode = executable
	}
	return onDisk{entry{mode, hex.EncodeToString(object.Sum(nil))}, hex.EncodeToString(sum.Sum(nil)), name}, nil
}

// hashOf is the hash by which git names a file's content, with the header that
// it begins with.
func hashOf(length int, size int64) hash.Hash {
	object := sha1.New() //nolint:gosec // as git does
	if length == hex.EncodedLen(sha256.Size) {
		object = sha256.New()
	}
	_, _ = fmt.Fprintf(object, "blob %d\x00", size) // A hash takes everything.
	return object
}

func objectName(length int, content string) string {
	object := hashOf(length, int64(len(content)))
	_, _ = io.WriteString(object, content) // A hash takes everything.
	return hex.EncodeToString(object.Sum(nil))
}
