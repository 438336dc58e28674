// Package placed knows how a kept state lies in the directory of an engine: as images
// that are mounted, whose layers the engine reads where they are, and whose caches it
// changes in an overlay. What else a state has, databases above all, is written out.
package placed

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"

	"github.com/pingvas/pingvas-ci/enginestate/internal/enginedir"
	"github.com/pingvas/pingvas-ci/enginestate/internal/image"
)

// Within an image.
const (
	// Trees is the directory of trees, by their paths in the engine's directory.
	Trees = "trees"
	// Rest has all else of the engine's directory.
	Rest = "rest"
	// Index has the Contents, in the last image of a state.
	Index = "index.json"
)

// Tree is one of a state.
type Tree struct {
	enginedir.Tree
	Part  int   `json:"part"`  // the image that has it, of those of the state
	Bytes int64 `json:"bytes"` // of its files
}

// Image is the file of an image that a directory has.
type Image struct {
	Digest string `json:"digest"`
	Size   int64  `json:"size"`
}

// Contents is what the images of a state have, besides the rest.
type Contents struct {
	Trees  []Tree   `json:"trees"`
	Filled []Filled `json:"filled,omitempty"`
	// Blobs are files that tarballs have parts of, by their digests.
	Blobs map[string]Blob `json:"blobs,omitempty"`
}

// State is a state that is placed in a directory.
type State struct {
	dir    string
	Images []Image `json:"images"`
	Contents
	// Builtin are blobs of the content store that no image has.
	Builtin []string `json:"builtin,omitempty"`
}

func ours(dir string, names ...string) string {
	return filepath.Join(append([]string{dir, enginedir.Ours}, names...)...)
}

const file = "state.json"

// File is where the file of an image is.
func File(dir string, part int) string { return ours(dir, strconv.Itoa(part)+".squashfs") }

// mounted is where its content is.
func mounted(dir string, part int) string { return ours(dir, strconv.Itoa(part)) }

// Builtin is where the blobs are that no image has, in the content store's own way.
func Builtin(dir string) string { return ours(dir, "builtin") }

// Begin makes the place of images, which root alone may look into.
func Begin(dir string) error { return os.Mkdir(ours(dir), 0o700) }

// ErrNoMounts is of a machine, or a container, that mounts no images.
var ErrNoMounts = errors.New("images cannot be mounted here")

// Mount places the state whose images lie in a directory that has nothing else.
func Mount(ctx context.Context, dir string, images []Image, builtin []string) error {
	if strings.ContainsAny(dir, `,:\`) {
		return fmt.Errorf("%w: no overlay takes the name %s", ErrNoMounts, dir)
	}
	s := State{dir: dir, Images: images, Builtin: builtin}
	if err := s.mountImages(ctx); err != nil {
		return errors.Join(ErrNoMounts, err, Release(dir))
	}
	if err := s.readIndex(mounted(dir, s.last())); err != nil {
		return err
	}
	rest := filepath.Join(mounted(dir, s.last()), Rest)
	if err := errors.Join(image.Copy(ctx, rest, dir), os.Chmod(dir, 0o700)); err != nil {
		return err
	}
	if err := s.link(ctx); err != nil {
		return err
	}
	if err := s.mountChanging(ctx); err != nil {
		return err
	}
	data, err := json.Marshal(s)
	if err != nil {
		return err
	}
	return os.WriteFile(ours(dir, file), data, 0o600)
}

// link has the layers where the engine looks for them. What the images say leads nowhere
// else: links are made within the directory alone.
func (s State) link(ctx context.Context) error {
	root, err := os.OpenRoot(s.dir)
	if err != nil {
		return err
	}
	defer func() { _ = root.Close() }()
	for i, tree := range s.Trees {
		if tree.Writes {
			continue
		}
		at := s.source(tree)
		if len(s.FilledOf(tree.Path)) > 0 {
			if at, err = s.writeOut(ctx, i); err != nil {
				return err
			}
		}
		// It holds wherever the directory is mounted, as in the engine's container.
		target, err := filepath.Rel(filepath.Dir(filepath.Join(s.dir, tree.Path)), at)
		if err == nil {
			err = root.Symlink(target, tree.Path)
		}
		if err != nil {
			return fmt.Errorf("place %s: %w", tree.Path, err)
		}
	}
	return nil
}

func (s State) last() int { return len(s.Images) - 1 }

func (s State) source(tree Tree) string {
	return filepath.Join(mounted(s.dir, tree.Part), Trees, tree.Path)
}

func (s State) mountImages(ctx context.Context) error {
	for part := range s.Images {
		at := mounted(s.dir, part)
		if err := os.MkdirAll(at, 0o700); err != nil {
			return err
		}
		if err := image.Mount(ctx, File(s.dir, part), at); err != nil {
			return err
		}
	}
	return nil
}

// changes is where what is changed of a tree lies.
func (s State) changes(tree int) string { return ours(s.dir, "changes", strconv.Itoa(tree)) }

func (s State) mountChanging(ctx context.Context) error {
	for i, tree := range s.Trees {
		if !tree.Writes {
			continue
		}
		at := filepath.Join(s.dir, tree.Path)
		if err := os.MkdirAll(at, 0o700); err != nil {
			return err
		}
		if err := noLinks(s.dir, at, s.source(tree)); err != nil {
			return err
		}
		below := []string{s.source(tree)}
		if tree.Path == enginedir.Content && len(s.Builtin) > 0 {
			below = append(below, Builtin(s.dir))
		}
		if err := image.Overlay(ctx, below, s.changes(i), at); err != nil {
			return err
		}
	}
	return nil
}

// noLinks fails where one of some paths below a directory leads through a symbolic link.
func noLinks(dir string, paths ...string) error {
	real, err := filepath.EvalSymlinks(dir)
	if err != nil {
		return err
	}
	for _, path := range paths {
		at, err := filepath.EvalSymlinks(path)
		if err != nil {
			return err
		}
		below, err := filepath.Rel(dir, path)
		if err != nil {
			return err
		}
		if at != filepath.Join(real, below) {
			return fmt.Errorf("%s leads through a link", path)
		}
	}
	return nil
}

// Again mounts what of a directory's state is mounted no more, as after a start of the
// machine.
func Again(ctx context.Context, dir string) error {
	s, err := Read(dir)
	if err != nil || len(s.Images) == 0 {
		return err
	}
	at, err := mounts(dir)
	if err != nil || len(at) > 0 {
		return err
	}
	if err := s.mountImages(ctx); err != nil {
		return err
	}
	return s.mountChanging(ctx)
}

// Unpack writes the state out whose images lie in a directory, which has no trace of them
// then.
func Unpack(ctx context.Context, dir string, images []Image, builtin []string) error {
	s := State{dir: dir, Images: images, Builtin: builtin}
	for part := range images {
		if err := image.Unpack(ctx, File(dir, part), mounted(dir, part)); err != nil {
			return err
		}
		if err := os.Remove(File(dir, part)); err != nil {
			return err
		}
	}
	if err := s.readIndex(mounted(dir, s.last())); err != nil {
		return err
	}
	if err := s.moveOut(); err != nil {
		return err
	}
	return os.RemoveAll(ours(dir))
}

// moveOut moves what the images have to where the engine looks for it, within the
// directory alone.
func (s State) moveOut() error {
	rest := filepath.Join(mounted(s.dir, s.last()), Rest)
	entries, err := os.ReadDir(rest)
	if err != nil {
		return err
	}
	root, err := os.OpenRoot(s.dir)
	if err != nil {
		return err
	}
	defer func() { _ = root.Close() }()
	move := func(from, to string) error {
		below, err := filepath.Rel(s.dir, from)
		if err != nil {
			return err
		}
		return root.Rename(below, to)
	}
	for _, entry := range entries {
		if err := move(filepath.Join(rest, entry.Name()), entry.Name()); err != nil {
			return err
		}
	}
	for _, tree := range s.Trees {
		if err := s.fill(s.source(tree), tree.Path); err != nil {
			return err
		}
	}
	for _, tree := range s.Trees {
		if err := move(s.source(tree), tree.Path); err != nil {
			return fmt.Errorf("place %s: %w", tree.Path, err)
		}
	}
	for _, blob := range s.Builtin {
		at := filepath.Join(enginedir.Blobs, blob)
		if err := move(filepath.Join(Builtin(s.dir), at), filepath.Join(enginedir.Content, at)); err != nil {
			return err
		}
	}
	return nil
}

// readIndex reads which trees there are, and believes nothing of it.
func (s *State) readIndex(in string) error {
	data, err := os.ReadFile(filepath.Join(in, Index))
	if err != nil {
		return err
	}
	if err := json.Unmarshal(data, &s.Contents); err != nil {
		return fmt.Errorf("its list of trees cannot be read: %w", err)
	}
	for _, tree := range s.Trees {
		if !filepath.IsLocal(tree.Path) || tree.Part < 0 || tree.Part > s.last() {
			return fmt.Errorf("its list of trees has %q of part %d, which cannot be", tree.Path, tree.Part)
		}
	}
	for _, f := range s.Filled {
		for _, part := range f.Parts {
			if part.Part < 0 || part.Part > s.last() || part.Offset < 0 || part.Length < 0 {
				return fmt.Errorf("its list of files has %q, with a part that cannot be", f.File)
			}
		}
	}
	return nil
}

// Read is the state that is placed in a directory; one without images, where none is.
func Read(dir string) (State, error) {
	s := State{dir: dir}
	data, err := os.ReadFile(ours(dir, file))
	if errors.Is(err, fs.ErrNotExist) {
		return s, nil
	}
	if err == nil {
		err = json.Unmarshal(data, &s)
	}
	return s, err
}

// Unchanged are the trees that are still what an image has, by their paths.
func (s State) Unchanged() map[string]Tree {
	same := map[string]Tree{}
	for i, tree := range s.Trees {
		if s.unchanged(i) {
			same[tree.Path] = tree
		}
	}
	return same
}

func (s State) unchanged(i int) bool {
	at := filepath.Join(s.dir, s.Trees[i].Path)
	if !s.Trees[i].Writes {
		info, err := os.Lstat(at)
		return err == nil && info.Mode()&fs.ModeSymlink != 0
	}
	var before, now unix.Stat_t
	changed, err := os.ReadDir(filepath.Join(s.changes(i), "upper"))
	err = errors.Join(err, unix.Stat(s.source(s.Trees[i]), &before), unix.Stat(at, &now))
	return err == nil && len(changed) == 0 && before.Mode == now.Mode && before.Uid == now.Uid && before.Gid == now.Gid
}
