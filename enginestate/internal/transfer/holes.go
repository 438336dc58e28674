package transfer

import (
	"archive/tar"
	"bufio"
	"bytes"
	"errors"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"golang.org/x/sys/unix"

	"github.com/pingvas/pingvas-ci/enginestate/internal/enginedir"
	"github.com/pingvas/pingvas-ci/enginestate/internal/image"
	"github.com/pingvas/pingvas-ci/enginestate/internal/placed"
)

// least is how large a file is that is worth to be looked at.
const least = 64 << 10

// survey is what there is in trees that are packed.
type survey struct {
	image int // that is to have them
	blobs map[string]placed.Blob
	open  map[string]func() (*os.File, error) // of blobs, where they are now
	// tarballs are those of trees that no engine writes to.
	tarballs []tarball
	// odd are trees that have what an overlay takes for its own.
	odd map[string]bool
}

type tarball struct{ tree, file, at string }

// newSurvey knows the blobs that images have that are kept.
func newSurvey(p plan, dir string) survey {
	s := survey{image: len(p.images), blobs: map[string]placed.Blob{}, open: map[string]func() (*os.File, error){}, odd: map[string]bool{}}
	for name, blob := range p.old.Blobs {
		before := placed.Blob{Part: p.images[blob.Part], Path: blob.Path} // There its image has another number.
		s.blobs[name] = blob
		s.open[name] = func() (*os.File, error) { return before.Open(dir) }
	}
	return s
}

// look looks at a tree, but for blobs that are left out, and returns the bytes of its files.
func (s *survey) look(tree enginedir.Tree, at string, leftOut []string) (total int64, err error) {
	return total, filepath.WalkDir(at, func(path string, entry fs.DirEntry, err error) error {
		if err == nil && tree.Writes && ofAnOverlay(path, entry) {
			s.odd[tree.Path] = true
		}
		if err != nil || !entry.Type().IsRegular() || slices.Contains(leftOut, entry.Name()) {
			return err
		}
		info, err := entry.Info()
		if err != nil {
			return err
		}
		total += info.Size()
		if info.Size() >= least {
			s.note(tree, strings.TrimPrefix(path, at+"/"), path)
		}
		return nil
	})
}

// ofAnOverlay tells whether an entry is what an overlay has of its own: a deletion, or
// attributes.
func ofAnOverlay(path string, entry fs.DirEntry) bool {
	if entry.Type()&fs.ModeCharDevice != 0 {
		var stat unix.Stat_t
		return unix.Lstat(path, &stat) != nil || stat.Rdev == 0
	}
	size, err := unix.Llistxattr(path, nil)
	if err != nil || size == 0 { // as of nearly all
		return false
	}
	names := make([]byte, size)
	size, err = unix.Llistxattr(path, names)
	return err != nil || bytes.Contains(names[:size], []byte("trusted.overlay."))
}

// note keeps in mind where a file is that is a blob or a tarball by its name.
func (s *survey) note(tree enginedir.Tree, below, at string) {
	name := filepath.Base(below)
	switch _, known := s.blobs[name]; {
	case blobName.MatchString(name) && !known:
		s.blobs[name] = placed.Blob{Part: s.image, Path: filepath.Join(placed.Trees, tree.Path, below)}
		s.open[name] = func() (*os.File, error) { return os.Open(at) }
	case strings.HasSuffix(name, ".tar") && !tree.Writes:
		s.tarballs = append(s.tarballs, tarball{tree.Path, below, at})
	}
}

// holes have, in a view, each tarball without what blobs have of it. The files that stand
// for them are made in a directory.
func (s *survey) holes(view image.View, dir string) (filled []placed.Filled, err error) {
	for _, t := range s.tarballs {
		parts, err := s.parts(t)
		if err != nil {
			return nil, err
		}
		if len(parts) == 0 {
			continue
		}
		file, err := os.CreateTemp(dir, "tarball-")
		if err != nil {
			return nil, err
		}
		err = errors.Join(withHoles(file, t.at, parts), file.Close())
		if err == nil {
			err = view.Over(file.Name(), filepath.Join(placed.Trees, t.tree, t.file))
		}
		if err != nil {
			return nil, err
		}
		filled = append(filled, placed.Filled{Tree: t.tree, File: t.file, Parts: parts})
	}
	return filled, nil
}

// parts are what of a tarball blobs are, by their names and by their bytes. What cannot be
// read as a tarball has none.
func (s *survey) parts(t tarball) (parts []placed.Part, err error) {
	file, err := os.Open(t.at)
	if err != nil {
		return nil, err
	}
	defer func() { _ = file.Close() }()
	for entries := tar.NewReader(file); ; {
		header, err := entries.Next()
		if err != nil { // the end, or no tarball
			return parts, nil
		}
		blob, known := s.blobs[path.Base(header.Name)]
		if !known || header.Typeflag != tar.TypeReg || header.Size < least {
			continue
		}
		offset, err := file.Seek(0, io.SeekCurrent)
		if err != nil {
			return nil, err
		}
		same, err := s.same(path.Base(header.Name), io.NewSectionReader(file, offset, header.Size))
		if err != nil {
			return nil, err
		}
		if same {
			parts = append(parts, placed.Part{Offset: offset, Length: header.Size, Blob: blob})
		}
	}
}

// same tells that a blob is what a tarball has by its name.
func (s *survey) same(name string, content io.Reader) (bool, error) {
	file, err := s.open[name]()
	if err != nil {
		return false, err
	}
	defer func() { _ = file.Close() }()
	const chunk = 1 << 20
	one, other := bufio.NewReaderSize(file, chunk), bufio.NewReaderSize(content, chunk)
	for {
		a, errA := one.Peek(chunk)
		b, errB := other.Peek(chunk)
		if !bytes.Equal(a, b) {
			return false, nil
		}
		if errors.Is(errA, io.EOF) && errors.Is(errB, io.EOF) {
			return true, nil
		}
		if err := errors.Join(errA, errB); err != nil {
			return false, err
		}
		_, _ = one.Discard(len(a))
		_, _ = other.Discard(len(b))
	}
}

// withHoles writes a file without parts of it, with all else that it has.
func withHoles(to *os.File, from string, parts []placed.Part) error {
	file, err := os.Open(from)
	if err != nil {
		return err
	}
	defer func() { _ = file.Close() }()
	var stat unix.Stat_t
	if err := unix.Fstat(int(file.Fd()), &stat); err != nil {
		return err
	}
	at := int64(0)
	for _, part := range append(parts, placed.Part{Offset: stat.Size}) {
		if _, err := io.Copy(io.NewOffsetWriter(to, at), io.NewSectionReader(file, at, part.Offset-at)); err != nil {
			return err
		}
		at = part.Offset + part.Length
	}
	times := []unix.Timespec{stat.Mtim, stat.Mtim}
	return errors.Join(to.Truncate(stat.Size), to.Chown(int(stat.Uid), int(stat.Gid)), unix.Fchmod(int(to.Fd()), stat.Mode&0o7777),
		unix.UtimesNanoAt(unix.AT_FDCWD, to.Name(), times, 0))
}
