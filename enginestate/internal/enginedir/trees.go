package enginedir

import (
	"os"
	"path"
	"path/filepath"
	"regexp"
)

// Tree is a directory of a state that is kept by itself: it has most of the files, and
// the next engine need not have them on its disk to use it.
type Tree struct {
	Path string `json:"path"`
	// Writes tells that an engine may write into it. It does not into a layer, which it
	// reads through the path, and removes by that.
	Writes bool `json:"writes,omitempty"`
}

// known are the paths of trees that there may be; the first ones are written to.
var known = regexp.MustCompile(`^(worker/content|worker/snapshots/snapshots/[0-9]+/fs)$|^worker/snapshots/snapshots/[0-9]+$`)

// Possible tells whether a state may have such a tree.
func (t Tree) Possible() bool {
	path := known.FindStringSubmatch(t.Path)
	return path != nil && t.Writes == (path[1] != "")
}

// Content is the tree of containerd's content store, which has the layers of images as
// they are pulled.
const Content = "worker/content"

// Trees are those of a state that no engine uses: the layers, caches, and the content
// store. What an engine works on over a layer is none: an overlay writes to a disk.
func Trees(dir string) (trees []Tree, err error) {
	is := func(tree Tree) bool {
		info, err := os.Stat(filepath.Join(dir, tree.Path))
		return err == nil && info.IsDir()
	}
	if all := (Tree{Content, true}); is(all) {
		trees = append(trees, all)
	}
	err = eachSnapshot(dir, func(s snapshot) {
		tree := Tree{Path: s.path()}
		switch {
		case s.kind == active && s.parent == "":
			tree = Tree{path.Join(tree.Path, "fs"), true}
		case s.kind != committed:
			return
		}
		if is(tree) {
			trees = append(trees, tree)
		}
	})
	return trees, err
}
