package provenance_test

import (
	"os"
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
	_, err := provenance.Content(os.DirFS("gone"))
	require.ErrorContains(t, err, "hash the source's files")
}
