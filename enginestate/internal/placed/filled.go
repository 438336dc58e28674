package placed

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"

	"golang.org/x/sys/unix"

	"github.com/pingvas/pingvas-ci/enginestate/internal/image"
)

// Filled is a file of which others have parts: a tarball of layers that a layout has, too.
// In the image it has holes in their place, and is filled where it is written out.
type Filled struct {
	Tree  string `json:"tree"`
	File  string `json:"file"` // below the tree
	Parts []Part `json:"parts"`
}

// Part is what of a file another one is.
type Part struct {
	Offset int64 `json:"offset"`
	Length int64 `json:"length"`
	Blob
}

// Blob is a file that an image has.
type Blob struct {
	Part int    `json:"part"` // the image, as of a tree
	Path string `json:"path"` // within it
}

// Open opens a blob of a state that is placed in a directory.
func (b Blob) Open(dir string) (*os.File, error) {
	root, err := os.OpenRoot(mounted(dir, b.Part))
	if err != nil {
		return nil, err
	}
	defer func() { _ = root.Close() }()
	return openFile(root, b.Path, os.O_RDONLY)
}

// openFile opens a file within a directory, and nothing that only has a file's name: a
// pipe would be waited for, a device is another one's.
func openFile(root *os.Root, path string, how int) (*os.File, error) {
	info, err := root.Lstat(path)
	if err == nil && !info.Mode().IsRegular() {
		err = fmt.Errorf("%s is no file", path)
	}
	if err != nil {
		return nil, err
	}
	return root.OpenFile(path, how|unix.O_NONBLOCK, 0)
}

// FilledOf are the files of a tree that are to be filled.
func (s State) FilledOf(tree string) (files []Filled) {
	for _, f := range s.Filled {
		if f.Tree == tree {
			files = append(files, f)
		}
	}
	return files
}

// writeOut writes a tree out whose files are to be filled, and returns where it is.
func (s State) writeOut(ctx context.Context, tree int) (at string, err error) {
	source := s.source(s.Trees[tree])
	at = ours(s.dir, "filled", fmt.Sprint(tree))
	if err := errors.Join(s.within(source), image.Like(source, at)); err != nil {
		return at, err
	}
	if err := image.Copy(ctx, source, at); err != nil {
		return at, err
	}
	return at, s.fill(at, s.Trees[tree].Path)
}

// fill fills the files of a tree that lies at a path.
func (s State) fill(at, tree string) error {
	root, err := os.OpenRoot(at)
	if err != nil {
		return err
	}
	defer func() { _ = root.Close() }()
	for _, f := range s.FilledOf(tree) {
		if err := s.fillFile(root, f); err != nil {
			return fmt.Errorf("fill %s of %s: %w", f.File, tree, err)
		}
	}
	return nil
}

func (s State) fillFile(root *os.Root, f Filled) error {
	before, err := root.Lstat(f.File)
	if err != nil {
		return err
	}
	file, err := openFile(root, f.File, os.O_WRONLY)
	if err != nil {
		return err
	}
	for _, part := range f.Parts {
		err = errors.Join(err, s.fillPart(file, part))
	}
	return errors.Join(err, file.Close(), root.Chtimes(f.File, before.ModTime(), before.ModTime()))
}

func (s State) fillPart(to *os.File, part Part) error {
	from, err := part.Open(s.dir)
	if err != nil {
		return err
	}
	defer func() { _ = from.Close() }()
	if _, err := to.Seek(part.Offset, io.SeekStart); err != nil {
		return err
	}
	_, err = io.CopyN(to, from, part.Length)
	return err
}
