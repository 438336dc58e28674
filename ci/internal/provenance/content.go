package provenance

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io/fs"
)

// Content is a hash of a tree's files: their paths, whether they can be
// executed, and what is in them. It says nothing of times and owners, so it is
// the same on every machine.
func Content(tree fs.FS) (string, error) {
	all := sha256.New()
	err := fs.WalkDir(tree, ".", func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		info, err := entry.Info()
		if err != nil {
			return err
		}
		var content []byte
		if entry.Type() == fs.ModeSymlink {
			target, err := fs.ReadLink(tree, path)
			if err != nil {
				return err
			}
			content = []byte(target)
		} else if content, err = fs.ReadFile(tree, path); err != nil {
			return err
		}
		_, err = fmt.Fprintf(all, "%q %v %v %x\n", path, entry.Type(), info.Mode()&0o100 != 0, sha256.Sum256(content))
		return err
	})
	if err != nil {
		return "", fmt.Errorf("hash the source's files: %w", err)
	}
	return "sha256:" + hex.EncodeToString(all.Sum(nil)), nil
}
