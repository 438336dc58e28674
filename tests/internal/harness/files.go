package harness

import (
	"bytes"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// Files is a directory that a test edits.
type Files struct {
	t *testing.T
	// Dir is where it is.
	Dir string
}

// NewFiles makes a directory of files, by their paths.
func NewFiles(t *testing.T, texts map[string]string) Files {
	t.Helper()
	f := Files{t, t.TempDir()}
	for name, text := range texts {
		f.Write(name, text)
	}
	return f
}

// At is where a file is.
func (f Files) At(name string) string { return filepath.Join(f.Dir, name) }

// In are the files below one of the directories.
func (f Files) In(dir string) Files { return Files{f.t, f.At(dir)} }

// Copy copies a tree of files to a directory.
func (f Files) Copy(dir, from string) {
	f.t.Helper()
	require.NoError(f.t, os.CopyFS(f.At(dir), os.DirFS(from)))
}

// Write puts a file there.
func (f Files) Write(name, text string) {
	f.t.Helper()
	require.NoError(f.t, os.MkdirAll(filepath.Dir(f.At(name)), 0o755))
	require.NoError(f.t, os.WriteFile(f.At(name), []byte(text), 0o644))
}

// Read is what a file says.
func (f Files) Read(name string) string {
	f.t.Helper()
	text, err := os.ReadFile(f.At(name))
	require.NoError(f.t, err)
	return string(text)
}

// Append adds to the end of a file.
func (f Files) Append(name, text string) {
	f.t.Helper()
	f.Write(name, f.Read(name)+text)
}

// Replace has a file say something else once. What it says must be there.
func (f Files) Replace(name, old, by string) {
	f.t.Helper()
	text := f.Read(name)
	require.Contains(f.t, text, old)
	f.Write(name, strings.Replace(text, old, by, 1))
}

// Remove removes a file, or a directory with all that is in it.
func (f Files) Remove(name string) {
	f.t.Helper()
	_, err := os.Stat(f.At(name))
	require.NoError(f.t, err)
	require.NoError(f.t, os.RemoveAll(f.At(name)))
}

// Holding are the files that hold a text.
func (f Files) Holding(text string) (names []string) {
	f.t.Helper()
	require.NoError(f.t, filepath.WalkDir(f.Dir, func(name string, entry fs.DirEntry, err error) error {
		if err != nil || !entry.Type().IsRegular() {
			return err
		}
		content, err := os.ReadFile(name)
		if bytes.Contains(content, []byte(text)) {
			names = append(names, name)
		}
		return err
	}))
	return names
}
