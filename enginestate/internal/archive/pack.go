// Package archive packs a directory with all that the snapshots of an engine are
// made of, and unpacks it again: owners, modes, times, extended attributes, hard
// links, devices and holes. Overlays have deletions as devices and attributes,
// so that both ends are root's work.
//
// The archive is a tar archive. What is in two files of an engine's state is in
// it once: an image's layer is in its tarball, its layout and the engine's
// content store, and a package in every environment that it is installed in. A
// file that has something of an earlier one says so in its header (parts.go),
// and has as content what is new.
package archive

import (
	"archive/tar"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"time"

	"golang.org/x/sync/errgroup"
	"golang.org/x/sys/unix"
)

// Contents is how much there is in an archive.
type Contents struct {
	Entries int
	Bytes   int64 // of files
	// PassedOver are what no archive holds: sockets, and what is mounted.
	PassedOver []string
}

// ahead is how many entries are looked at before their turn.
const ahead = 256

// Pack writes what is in the directory root, but for the paths below it that
// omit tells.
func Pack(ctx context.Context, to io.Writer, root string, omit func(path string) bool) (Contents, error) {
	var top unix.Stat_t
	if err := unix.Lstat(root, &top); err != nil {
		return Contents{}, fmt.Errorf("look at %s: %w", root, err)
	}
	work, ctx := errgroup.WithContext(ctx)
	w := walker{device: top.Dev, names: map[uint64]string{}, entries: make(chan *entry, ahead)}
	w.readers.SetLimit(runtime.GOMAXPROCS(0))
	p := packer{tar: tar.NewWriter(to), known: map[sum]place{}}
	work.Go(func() error { return w.walk(ctx, root, omit) })
	work.Go(func() error { return p.all(ctx, w.entries) })
	if err := work.Wait(); err != nil {
		return Contents{}, fmt.Errorf("pack %s: %w", root, err)
	}
	p.contents.PassedOver = w.passedOver
	return p.contents, nil
}

// entry is one that is to be packed.
type entry struct {
	header *tar.Header
	file   *file
	ready  chan error // It is told when the file was read.
}

// walker looks at a directory, and has its files read.
type walker struct {
	device     uint64            // A file system below is not ours.
	names      map[uint64]string // Of files with several names, the first, by inode.
	passedOver []string
	readers    errgroup.Group
	entries    chan *entry // in their order
}

func (w *walker) walk(ctx context.Context, root string, omit func(path string) bool) error {
	defer close(w.entries)
	return filepath.WalkDir(root, func(path string, found fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		name, err := filepath.Rel(root, path)
		if err != nil || name == "." {
			return err
		}
		if omit(name) {
			return beyond(found)
		}
		header, err := w.header(path, name)
		if err != nil {
			return err
		}
		if header == nil {
			w.passedOver = append(w.passedOver, name)
			return beyond(found)
		}
		select {
		case w.entries <- w.begin(path, header):
			return nil
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	})
}

// begin has a file read.
func (w *walker) begin(path string, header *tar.Header) *entry {
	e := &entry{header: header}
	if header.Typeflag == tar.TypeReg && header.Size > 0 {
		e.file, e.ready = &file{}, make(chan error, 1)
		w.readers.Go(func() error {
			e.ready <- e.file.read(path, header.Size)
			return nil
		})
	}
	return e
}

// header is what an archive says of an entry, nil of one that it cannot hold.
func (w *walker) header(path, name string) (*tar.Header, error) {
	var stat unix.Stat_t
	if err := unix.Lstat(path, &stat); err != nil {
		return nil, fmt.Errorf("look at %s: %w", path, err)
	}
	if stat.Dev != w.device {
		return nil, nil
	}
	header := &tar.Header{
		Format: tar.FormatPAX, Name: name, Mode: int64(stat.Mode &^ unix.S_IFMT),
		Uid: int(stat.Uid), Gid: int(stat.Gid), ModTime: time.Unix(stat.Mtim.Unix()),
	}
	switch stat.Mode & unix.S_IFMT {
	case unix.S_IFREG:
		header.Typeflag, header.Size = tar.TypeReg, stat.Size
	case unix.S_IFDIR:
		header.Typeflag, header.Name = tar.TypeDir, name+"/"
	case unix.S_IFLNK:
		target, err := os.Readlink(path)
		if err != nil {
			return nil, err
		}
		header.Typeflag, header.Linkname = tar.TypeSymlink, target
	case unix.S_IFCHR, unix.S_IFBLK:
		header.Typeflag = tar.TypeChar
		if stat.Mode&unix.S_IFMT == unix.S_IFBLK {
			header.Typeflag = tar.TypeBlock
		}
		header.Devmajor, header.Devminor = int64(unix.Major(stat.Rdev)), int64(unix.Minor(stat.Rdev))
	case unix.S_IFIFO:
		header.Typeflag = tar.TypeFifo
	default:
		return nil, nil
	}
	if first, again := w.seen(&stat, name); again {
		return &tar.Header{Format: tar.FormatPAX, Typeflag: tar.TypeLink, Name: name, Linkname: first}, nil
	}
	return header, addAttributes(header, path)
}

// seen tells the name by which an inode is packed already.
func (w *walker) seen(stat *unix.Stat_t, name string) (first string, again bool) {
	if stat.Nlink < 2 || stat.Mode&unix.S_IFMT == unix.S_IFDIR {
		return "", false
	}
	if first, again = w.names[stat.Ino]; !again {
		w.names[stat.Ino] = name
	}
	return first, again
}

// attribute is what a tar archive calls an extended attribute.
const attribute = "SCHILY.xattr."

// addAttributes adds the extended attributes of a path, which is not followed.
func addAttributes(header *tar.Header, path string) error {
	names, err := sized(func(into []byte) (int, error) { return unix.Llistxattr(path, into) })
	if errors.Is(err, unix.ENOTSUP) || len(names) == 0 && err == nil {
		return nil
	}
	if err != nil {
		return fmt.Errorf("list the attributes of %s: %w", path, err)
	}
	header.PAXRecords = map[string]string{}
	for name := range strings.SplitSeq(strings.TrimSuffix(string(names), "\x00"), "\x00") {
		value, err := sized(func(into []byte) (int, error) { return unix.Lgetxattr(path, name, into) })
		if err != nil {
			return fmt.Errorf("read attribute %s of %s: %w", name, path, err)
		}
		header.PAXRecords[attribute+name] = string(value)
	}
	return nil
}

// sized asks for a size first, and then for what has it.
func sized(ask func(into []byte) (int, error)) ([]byte, error) {
	size, err := ask(nil)
	if err != nil || size == 0 {
		return nil, err
	}
	data := make([]byte, size)
	size, err = ask(data)
	return data[:max(size, 0)], err
}

// beyond goes on behind an entry.
func beyond(found fs.DirEntry) error {
	if found.IsDir() {
		return filepath.SkipDir
	}
	return nil
}

// packer writes entries in their order.
type packer struct {
	tar      *tar.Writer
	known    map[sum]place
	files    int // that have content, so far
	contents Contents
}

func (p *packer) all(ctx context.Context, entries <-chan *entry) error {
	for e := range entries {
		if err := p.add(e); err != nil {
			return fmt.Errorf("%s: %w", e.header.Name, err)
		}
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
	}
	return p.tar.Close()
}

func (p *packer) add(e *entry) error {
	p.contents.Entries++
	if e.file == nil {
		return p.tar.WriteHeader(e.header)
	}
	if err := <-e.ready; err != nil {
		return err
	}
	defer e.file.close()
	p.contents.Bytes += e.header.Size
	parts := p.parts(e.file)
	parts.describe(e.header)
	if err := p.tar.WriteHeader(e.header); err != nil {
		return err
	}
	at := int64(0)
	for _, part := range parts {
		if part.isNew() {
			if _, err := p.tar.Write(e.file.data[at : at+part.length]); err != nil {
				return err
			}
		}
		at += part.length
	}
	return nil
}

// parts are what of a file is new, and what an earlier one has.
func (p *packer) parts(f *file) (all parts) {
	at := int64(0)
	for _, c := range f.chunks {
		from, again := p.known[c.sum]
		if !again || c.sum == hole {
			from = newContent
			p.known[c.sum] = place{p.files, at}
		}
		all = all.with(part{from, c.length})
		at += c.length
	}
	p.files++
	return all
}
