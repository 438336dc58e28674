package pylock_test

import (
	"io/fs"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pingvas/pingvas-ci/ci/internal/bounds"
	"github.com/pingvas/pingvas-ci/ci/internal/pylock"
)

// A link that leads out of the source would show what the pipeline's own machine
// has, such as the environment of its process.
func TestLinks(t *testing.T) {
	const locked = "idna==3.10 --hash=sha256:0123456789012345678901234567890123456789012345678901234567890123\n"
	outside := filepath.Join(t.TempDir(), "environ")
	require.NoError(t, os.WriteFile(outside, []byte("SECRET=1\x00"), 0o600))
	read := func(files, links map[string]string) (lock pylock.Lock, err error) {
		dir := t.TempDir()
		for name, text := range files {
			require.NoError(t, os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600))
		}
		for name, target := range links {
			require.NoError(t, os.Symlink(target, filepath.Join(dir, name)))
		}
		err = bounds.In(dir, func(tree fs.FS) (err error) {
			lock, err = pylock.Read(tree, pylock.Policy{Path: "services/x"})
			return err
		})
		return lock, err
	}
	for name, test := range map[string]struct{ files, links map[string]string }{
		"requirements.txt":     {nil, map[string]string{"requirements.txt": outside}},
		"requirements-dev.txt": {map[string]string{"requirements.txt": locked}, map[string]string{"requirements-dev.txt": "../../../../../../../proc/self/environ"}},
		"more.txt":             {map[string]string{"requirements.txt": "-r more.txt\n"}, map[string]string{"more.txt": outside}},
		"constraints.txt":      {map[string]string{"requirements.txt": "-c constraints.txt\n"}, map[string]string{"constraints.txt": outside}},
		"uv.lock":              {nil, map[string]string{"uv.lock": outside}},
		"poetry.lock":          {nil, map[string]string{"poetry.lock": outside}},
		"pyproject.toml":       {map[string]string{"uv.lock": "version = 1\n"}, map[string]string{"pyproject.toml": outside}},
	} {
		_, err := read(test.files, test.links)
		require.ErrorContains(t, err, name+" is a link, or lies behind one, that leads out of")
		assert.NotContains(t, err.Error(), "SECRET")
	}
	lock, err := read(map[string]string{"locked.txt": locked}, map[string]string{"requirements.txt": "locked.txt"})
	require.NoError(t, err)
	assert.Equal(t, locked, lock.Files["requirements.txt"])
}
