package toolbuild

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// isFresh reports whether the binary that is there was made from the inputs
// that the key stands for.
func isFresh(outDir, name, key string) bool {
	if _, err := os.Stat(filepath.Join(outDir, name)); err != nil {
		return false
	}
	have, err := os.ReadFile(keyFile(outDir, name))
	return err == nil && strings.TrimSpace(string(have)) == key
}

func keyFile(outDir, name string) string {
	return filepath.Join(outDir, name+".key")
}

// key returns a digest of all that a tool is made of: go.sum fixes every
// dependency, so that only what is local has to be read.
func (t Tool) key(repoRoot, toolchain string) (string, error) {
	sum := sha256.New()
	_, _ = fmt.Fprintf(sum, "%s\n%s\n%q\ncgo %t\n", toolchain, t.Package, t.flags(), t.CGO)
	for _, variable := range t.Env {
		_, _ = fmt.Fprintf(sum, "env %s\n", variable)
	}
	for _, file := range []string{"go.mod", "go.sum"} {
		if err := addFile(sum, repoRoot, filepath.Join(t.Module, file)); err != nil {
			return "", err
		}
	}
	for _, dir := range t.Local {
		if err := addTree(sum, repoRoot, dir); err != nil {
			return "", err
		}
	}
	return hex.EncodeToString(sum.Sum(nil)), nil
}

// addTree adds every file below a directory, in the order of their names.
func addTree(sum hash.Hash, root, dir string) error {
	return fs.WalkDir(os.DirFS(root), filepath.ToSlash(dir), func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		return addFile(sum, root, path)
	})
}

// addFile adds a file's name and contents. The length keeps two files apart
// from one that contains both.
func addFile(sum hash.Hash, root, path string) error {
	content, err := os.ReadFile(filepath.Join(root, path))
	if err != nil {
		return err
	}
	_, _ = fmt.Fprintf(sum, "%s %d\n", filepath.ToSlash(path), len(content))
	_, _ = sum.Write(content)
	return nil
}

// install moves a made binary to its place and notes its key. The old key goes
// first: whenever this is cut off, the next Build makes the tool again.
func install(made, outDir, name, key string) error {
	if err := os.Remove(keyFile(outDir, name)); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("install %s: forget the old key: %w", name, err)
	}
	if err := os.Rename(made, filepath.Join(outDir, name)); err != nil {
		return fmt.Errorf("install %s: %w", name, err)
	}
	noted := filepath.Join(filepath.Dir(made), name+".key")
	if err := os.WriteFile(noted, []byte(key+"\n"), 0o644); err != nil {
		return fmt.Errorf("install %s: note its key: %w", name, err)
	}
	if err := os.Rename(noted, keyFile(outDir, name)); err != nil {
		return fmt.Errorf("install %s: note its key: %w", name, err)
	}
	return nil
}
