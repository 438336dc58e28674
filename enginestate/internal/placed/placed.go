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
	"github.com/pingvas/pingvas-ci/enginestate/internal/kept"
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
	// Plain tells that it is written out, as no overlay may have what it has: an overlay
	// would take it for its own.
	Plain bool `json:"plain,omitempty"`
}

// Contents is what the images of a state have, besides the rest.
type Contents struct {
	Trees []Tree `json:"trees"`
	// Whole are the bytes of the files that each image was made of.
	Whole  []int64  `json:"whole,omitempty"`
	Filled []Filled `json:"filled,omitempty"`
	// Blobs are files that tarballs have parts of, by their digests.
	Blobs map[string]Blob `json:"blobs,omitempty"`
}

// State is a state that is placed in a directory.
type State struct {
	dir    string
	most   int64        // bytes that may be written out
	Images []kept.Image `json:"images"`
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

// Work is where a state is put together that is to be kept.
func Work(dir string) string { return ours(dir, "work") }

// EndWork removes it, and what is ours of a directory that has no images.
func EndWork(dir string) error {
	if err := Remove(Work(dir)); err != nil {
		return err
	}
	if err := os.Remove(ours(dir)); err != nil && !errors.Is(err, unix.ENOTEMPTY) {
		return err
	}
	return nil
}

// Begin makes the place of images, which root alone may look into.
func Begin(dir string) error { return os.Mkdir(ours(dir), 0o700) }

// ErrNoMounts is of a machine, or a container, that mounts no images.
var ErrNoMounts = errors.New("images cannot be mounted here")

// Mount places the state whose images lie in a directory that has nothing else.
func Mount(ctx context.Context, dir string, images []kept.Image, builtin []string, most int64) error {
	if strings.ContainsAny(dir, `,:\`) {
		return fmt.Errorf("%w: no overlay takes the name %s", ErrNoMounts, dir)
	}
	s := State{dir: dir, Images: images, Builtin: builtin, most: most}
	if err := s.mountable(ctx); err != nil {
		return errors.Join(ErrNoMounts, err, Release(dir))
	}
	if err := s.readIndex(); err != nil {
		return err
	}
	if err := s.within(s.rest()); err != nil {
		return err
	}
	if err := errors.Join(image.Copy(ctx, s.rest(), dir), os.Chmod(dir, 0o700)); err != nil {
		return err
	}
	if err := s.placeTrees(ctx); err != nil {
		return err
	}
	if err := s.mountMissing(ctx, nil); err != nil {
		return err
	}
	data, err := json.Marshal(s)
	if err != nil {
		return err
	}
	return os.WriteFile(ours(dir, file), data, 0o600)
}

// Bytes are those of a directory's files.
func Bytes(dir string) (total int64, err error) {
	return total, filepath.WalkDir(dir, func(_ string, entry fs.DirEntry, err error) error {
		if err != nil || !entry.Type().IsRegular() {
			return err
		}
		info, err := entry.Info()
		if err == nil {
			total += info.Size()
		}
		return err
	})
}

// within fails where a directory has more than the state is to have.
func (s State) within(dir string) error {
	total, err := Bytes(dir)
	if err == nil && total > s.most {
		err = errMore
	}
	return err
}

// placeTrees has the layers where the engine looks for them, and what is mounted at has a
// directory there.
func (s State) placeTrees(ctx context.Context) error {
	root, err := os.OpenRoot(s.dir)
	if err != nil {
		return err
	}
	defer func() { _ = root.Close() }()
	for i, tree := range s.Trees {
		switch {
		case noLinks(s.dir, filepath.Dir(filepath.Join(s.dir, tree.Path))) != nil:
			err = errLink
		case tree.Writes:
			err = s.placeChanging(ctx, root, tree)
		default:
			err = s.link(ctx, root, i)
		}
		if err != nil {
			return fmt.Errorf("place %s: %w", tree.Path, err)
		}
	}
	return nil
}

// placeChanging makes the directory of a tree that is written to.
func (s State) placeChanging(ctx context.Context, root *os.Root, tree Tree) error {
	if err := root.Mkdir(tree.Path, 0o700); err != nil && !errors.Is(err, fs.ErrExist) {
		return err
	}
	at := filepath.Join(s.dir, tree.Path)
	if err := noLinks(s.dir, at); err != nil || !tree.Plain {
		return err
	}
	if err := s.within(s.source(tree)); err != nil {
		return err
	}
	return errors.Join(image.Copy(ctx, s.source(tree), at), image.Like(s.source(tree), at))
}

func (s State) link(ctx context.Context, root *os.Root, i int) (err error) {
	tree := s.Trees[i]
	at := s.source(tree)
	if len(s.FilledOf(tree.Path)) > 0 {
		if at, err = s.writeOut(ctx, i); err != nil {
			return err
		}
	}
	// It holds wherever the directory is mounted, as in the engine's container.
	target, err := filepath.Rel(filepath.Dir(filepath.Join(s.dir, tree.Path)), at)
	if err != nil {
		return err
	}
	return root.Symlink(target, tree.Path)
}

func (s State) last() int { return len(s.Images) - 1 }

func (s State) rest() string { return filepath.Join(mounted(s.dir, s.last()), Rest) }

func (s State) source(tree Tree) string {
	return filepath.Join(mounted(s.dir, tree.Part), Trees, tree.Path)
}

// changes is where what is changed of a tree lies.
func (s State) changes(tree int) string { return ours(s.dir, "changes", strconv.Itoa(tree)) }

// Unpack writes the state out whose images lie in a directory, which has no trace of them
// then.
func Unpack(ctx context.Context, dir string, images []kept.Image, builtin []string, most int64) error {
	s := State{dir: dir, Images: images, Builtin: builtin, most: most}
	for part := range images {
		if err := os.RemoveAll(mounted(dir, part)); err != nil {
			return err
		}
		if err := image.Unpack(ctx, File(dir, part), mounted(dir, part)); err != nil {
			return err
		}
		if err := os.Remove(File(dir, part)); err != nil {
			return err
		}
	}
	if err := s.readIndex(); err != nil {
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
	if err := s.within(s.rest()); err != nil {
		return err
	}
	entries, err := os.ReadDir(s.rest())
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
		if err := move(filepath.Join(s.rest(), entry.Name()), entry.Name()); err != nil {
			return err
		}
	}
	for _, tree := range s.Trees {
		if err := s.fill(s.source(tree), tree.Path); err != nil {
			return err
		}
	}
	for _, tree := range s.Trees {
		err := noLinks(s.dir, filepath.Dir(filepath.Join(s.dir, tree.Path)))
		if err == nil {
			err = move(s.source(tree), tree.Path)
		}
		if err != nil {
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
	if s.Trees[i].Plain {
		return false
	}
	if !s.Trees[i].Writes {
		info, err := os.Lstat(at)
		return err == nil && info.Mode()&fs.ModeSymlink != 0
	}
	var before, now unix.Stat_t
	changed, err := os.ReadDir(filepath.Join(s.changes(i), "upper"))
	err = errors.Join(err, unix.Stat(s.source(s.Trees[i]), &before), unix.Stat(at, &now))
	return err == nil && len(changed) == 0 && before.Mode == now.Mode && before.Uid == now.Uid && before.Gid == now.Gid
}
