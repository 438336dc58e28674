package provenance_test

import (
	"os"
	"path/filepath"
	"syscall"
	"testing"
	"testing/fstest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pingvas/pingvas-ci/ci/internal/provenance"
)

func TestContent(t *testing.T) {
	tree := func(change func(fstest.MapFS)) fstest.MapFS {
		files := fstest.MapFS{
			"a/one.py": {Data: []byte("1"), Mode: 0o644}, "run.sh": {Data: []byte("2"), Mode: 0o755},
			"link": {Data: []byte("run.sh"), Mode: os.ModeSymlink | 0o777},
		}
		change(files)
		return files
	}
	content := func(change func(fstest.MapFS)) string {
		hash, err := provenance.Content(tree(change))
		require.NoError(t, err)
		return hash
	}
	first := content(func(fstest.MapFS) {})
	assert.Equal(t, first, content(func(f fstest.MapFS) { f["run.sh"].ModTime = time.Now() }), "a time is no content")
	assert.Equal(t, first, content(func(f fstest.MapFS) { f["run.sh"].Mode = 0o775 }), "nor is a umask")
	for what, change := range map[string]func(fstest.MapFS){
		"content":  func(f fstest.MapFS) { f["run.sh"].Data = []byte("3") },
		"a name":   func(f fstest.MapFS) { f["a/two.py"] = f["a/one.py"]; delete(f, "a/one.py") },
		"a mode":   func(f fstest.MapFS) { f["run.sh"].Mode = 0o644 },
		"a link":   func(f fstest.MapFS) { f["link"].Data = []byte("a/one.py") },
		"no link":  func(f fstest.MapFS) { f["link"].Mode = 0o644 },
		"one more": func(f fstest.MapFS) { f["new"] = &fstest.MapFile{} },
	} {
		assert.NotEqual(t, first, content(change), what)
	}
	for what, change := range map[string]func(fstest.MapFS){
		"a repository":      func(f fstest.MapFS) { f[".git/config"] = &fstest.MapFile{Data: []byte("x")} },
		"a worktree":        func(f fstest.MapFS) { f[".git"] = &fstest.MapFile{Data: []byte("gitdir: x")} },
		"a submodule":       func(f fstest.MapFS) { f["a/.git"] = &fstest.MapFile{Data: []byte("gitdir: x")} },
		"a link for a .git": func(f fstest.MapFS) { f[".git"] = &fstest.MapFile{Data: []byte("x"), Mode: os.ModeSymlink} },
	} {
		assert.Equal(t, first, content(change), what)
	}
	assert.NotEqual(t, first, content(func(f fstest.MapFS) { f[".gitignore"] = &fstest.MapFile{} }))
	assert.Equal(t, "sha256:a0be", first[:11], "a hash stands in labels of images that are published already")
	_, err := provenance.Content(os.DirFS("gone"))
	require.ErrorContains(t, err, "hash the source's files")
}

func TestContentOfADirectory(t *testing.T) {
	dir := t.TempDir()
	outside := filepath.Join(t.TempDir(), "outside")
	require.NoError(t, os.WriteFile(outside, []byte("1"), 0o600))
	require.NoError(t, os.WriteFile(filepath.Join(dir, "a"), []byte("1"), 0o600))
	for name, target := range map[string]string{"gone": "nowhere", "up": "..", "loop": ".", "out": outside} {
		require.NoError(t, os.Symlink(target, filepath.Join(dir, name)))
	}
	require.NoError(t, syscall.Mkfifo(filepath.Join(dir, "pipe"), 0o600))
	first, err := provenance.Content(os.DirFS(dir))
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(outside, []byte("2"), 0o600))
	again, err := provenance.Content(os.DirFS(dir))
	require.NoError(t, err)
	assert.Equal(t, first, again, "what a link points to is not in the tree")
}
