package source

import (
	"bytes"
	"errors"
	"io"
	"io/fs"
	"path"
	"slices"
	"strings"
	"time"

	"github.com/pingvas/pingvas-ci/ci/internal/bounds"
)

// tree is a repository of which all names are known, and the text of those files
// that were fetched; another is fetched when it is read.
type tree struct {
	entries map[string][]string // the names in each directory
	fetched fs.FS
	fetch   func(name string) ([]byte, error)
}

// listed is the tree with the given paths, of which directories end with a slash.
func listed(paths []string, fetched fs.FS, fetch func(name string) ([]byte, error)) tree {
	t := tree{entries: map[string][]string{".": nil}, fetched: fetched, fetch: fetch}
	for _, p := range paths {
		name, isDir := strings.CutSuffix(p, "/")
		if _, known := t.entries[name]; isDir && !known {
			t.entries[name] = nil
		}
		parent := path.Dir(name)
		t.entries[parent] = append(t.entries[parent], path.Base(name))
	}
	for _, names := range t.entries {
		slices.Sort(names)
	}
	return t
}

// Open opens a file or directory; it is how fs.FS asks.
func (t tree) Open(name string) (fs.File, error) {
	info, err := t.Stat(name)
	if err != nil {
		return nil, err
	}
	if info.IsDir() {
		return nil, &fs.PathError{Op: "open", Path: name, Err: errors.New("is a directory")}
	}
	text, err := t.ReadFile(name)
	if err != nil {
		return nil, err
	}
	return file{io.NopCloser(bytes.NewReader(text)), info}, nil
}

// ReadFile reads a file.
func (t tree) ReadFile(name string) ([]byte, error) {
	if info, err := t.Stat(name); err != nil || info.IsDir() {
		return nil, &fs.PathError{Op: "read", Path: name, Err: fs.ErrNotExist}
	}
	text, err := fs.ReadFile(t.fetched, name)
	if errors.Is(err, fs.ErrNotExist) {
		text, err = t.fetch(name)
	}
	if err == nil && len(text) > bounds.MostBytes {
		return nil, bounds.TooLarge(name)
	}
	return text, err
}

// ReadDir lists a directory.
func (t tree) ReadDir(name string) ([]fs.DirEntry, error) {
	names, isDir := t.entries[name]
	if !isDir {
		return nil, &fs.PathError{Op: "readdir", Path: name, Err: fs.ErrNotExist}
	}
	var list []fs.DirEntry
	for _, base := range names {
		info, err := t.Stat(path.Join(name, base))
		if err != nil {
			return nil, err
		}
		list = append(list, fs.FileInfoToDirEntry(info))
	}
	return list, nil
}

// Stat says whether a name is there, and whether it is a directory.
func (t tree) Stat(name string) (fs.FileInfo, error) {
	if _, isDir := t.entries[name]; isDir {
		return info{path.Base(name), fs.ModeDir | 0o755}, nil
	}
	if _, is := slices.BinarySearch(t.entries[path.Dir(name)], path.Base(name)); !is {
		return nil, &fs.PathError{Op: "stat", Path: name, Err: fs.ErrNotExist}
	}
	return info{path.Base(name), 0o644}, nil
}

// file is an open file.
type file struct {
	io.ReadCloser
	info fs.FileInfo
}

func (f file) Stat() (fs.FileInfo, error) { return f.info, nil }

// info is what is known of a name.
type info struct {
	name string
	mode fs.FileMode
}

func (i info) Name() string      { return i.name }
func (i info) Size() int64       { return 0 }
func (i info) Mode() fs.FileMode { return i.mode }
func (info) ModTime() time.Time  { return time.Time{} }
func (i info) IsDir() bool       { return i.mode.IsDir() }
func (info) Sys() any            { return nil }
