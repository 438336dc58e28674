package provenance

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"io/fs"
	"strings"
)

// Content is a hash of a tree's files: their paths, whether they can be
// executed, and what is in them. It says nothing of times and owners, so it is
// the same on every machine. A link counts by where it points to, and is not
// followed; nothing of a .git counts, at the root or in a submodule.
func Content(tree fs.FS) (string, error) {
	all := sha256.New()
	err := fs.WalkDir(tree, ".", func(path string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case entry.Name() == ".git" && entry.IsDir():
			return fs.SkipDir
		case entry.Name() == ".git", entry.IsDir():
			return nil
		}
		info, err := entry.Info()
		if err != nil {
			return err
		}
		content := sha256.New()
		if err := read(tree, path, entry.Type(), content); err != nil {
			return err
		}
		_, err = fmt.Fprintf(all, "%q %v %v %x\n", path, entry.Type(), info.Mode()&0o100 != 0, content.Sum(nil))
		return err
	})
	if err != nil {
		return "", fmt.Errorf("hash the source's files: %w", err)
	}
	return "sha256:" + hex.EncodeToString(all.Sum(nil)), nil
}

// read copies what a file or a link is to a writer. A pipe, a socket and a
// device have no content; to open one may wait for ever.
func read(tree fs.FS, path string, kind fs.FileMode, to io.Writer) error {
	switch kind {
	case fs.ModeSymlink:
		target, err := fs.ReadLink(tree, path)
		if err != nil {
			return err
		}
		_, err = io.Copy(to, strings.NewReader(target))
		return err
	case 0:
		file, err := tree.Open(path)
		if err != nil {
			return err
		}
		_, err = io.Copy(to, file)
		_ = file.Close() // It was only read.
		return err
	}
	return nil
}
