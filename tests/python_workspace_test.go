package tests

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// A uv workspace of two services and two libraries: a member, and a directory
// outside of the workspace, whose package lies there without a src.
var backend = map[string]string{
	"pyproject.toml":                       "[tool.uv.workspace]\nmembers = [\"services/*\", \"libs/common\"]\n",
	"services/orders/pyproject.toml":       "[project]\nname = \"orders\"\nversion = \"1\"\nrequires-python = \">=3.13\"\ndependencies = [\"common\", \"flat\"]\n[tool.uv.sources]\ncommon = { workspace = true }\nflat = { path = \"../../libs/flat\" }\n[tool.pingvas-ci]\nentrypoint = [\"python\", \"-m\", \"orders\"]\n",
	"services/orders/orders/__init__.py":   "",
	"services/orders/orders/__main__.py":   "from common import shout\nfrom flat import NAME\n\nprint(shout(NAME))\n",
	"services/orders/tests/test_orders.py": "from common import shout\n\n\ndef test_shout() -> None:\n    assert shout(\"x\") == \"&LT;X&GT;\"\n",
	"services/users/pyproject.toml":        "[project]\nname = \"users\"\nversion = \"1\"\nrequires-python = \">=3.13\"\ndependencies = [\"iniconfig==2.0.0\"]\n[tool.pingvas-ci]\nentrypoint = [\"python\", \"-m\", \"users\"]\n",
	"services/users/users/__init__.py":     "",
	"services/users/users/__main__.py":     "import iniconfig\n\nprint(iniconfig.__name__)\n",
	"libs/common/pyproject.toml":           "[project]\nname = \"common\"\nversion = \"1\"\nrequires-python = \">=3.13\"\ndependencies = [\"markupsafe==3.0.2\"]\n",
	"libs/common/src/common/__init__.py":   "from markupsafe import escape\n\n\ndef shout(text: str) -> str:\n    return str(escape(f\"<{text}>\")).upper()\n",
	"libs/common/src/common/py.typed":      "",
	"libs/flat/pyproject.toml":             "[project]\nname = \"flat\"\nversion = \"1\"\nrequires-python = \">=3.13\"\n",
	"libs/flat/flat/__init__.py":           "NAME = \"flat\"\n",
	"libs/flat/flat/py.typed":              "",
	"libs/flat/tests/test_flat.py":         "",
}

// TestUvWorkspace checks and runs services that a workspace's one lock is for.
func TestUvWorkspace(t *testing.T) {
	t.Parallel()
	s := shapes{t, t.TempDir()}
	for name, text := range backend {
		at := filepath.Join(s.dir, name)
		require.NoError(t, os.MkdirAll(filepath.Dir(at), 0o755))
		require.NoError(t, os.WriteFile(at, []byte(text), 0o644))
	}
	s.lockDirectory(s.dir)

	t.Run("the gates of both pass", func(t *testing.T) {
		for _, call := range [][]string{{"service", "--name", "orders", "check"}, {"service", "--name", "users", "lint"}} {
			_, err := s.call(call...)
			require.NoError(t, err)
		}
	})
	t.Run("a member has what it needs, and not what another does", func(t *testing.T) {
		said, err := s.image("orders", "linux/amd64", "with-exec", "--use-entrypoint", "--args", "", "stdout")
		require.NoError(t, err)
		assert.Equal(t, "&LT;FLAT&GT;", strings.TrimSpace(said))
		files, err := s.image("orders", "linux/arm64", "rootfs", "glob", "--pattern", "app/**/*.so")
		require.NoError(t, err)
		assert.Equal(t, "app/deps/markupsafe/_speedups.cpython-313-aarch64-linux-gnu.so", strings.TrimSpace(files))
		files, err = s.image("orders", "linux/arm64", "rootfs", "glob", "--pattern", "app/**/*.py")
		require.NoError(t, err)
		assert.NotContains(t, files, "iniconfig")
		assert.NotContains(t, files, "test_flat")
	})
	t.Run("a lock that changed for another member installs nothing anew", func(t *testing.T) {
		lock := filepath.Join(s.dir, "uv.lock")
		text, err := os.ReadFile(lock)
		require.NoError(t, err)
		require.NoError(t, os.WriteFile(lock, append(text, "# "+time.Now().String()+"\n"...), 0o644))
		log, err := s.log("service", "--name", "orders", "image", "--platform", "linux/arm64", "user")
		require.NoError(t, err)
		assert.NotEqual(t, "CACHED", ending(t, log, "withExec uv export .*--no-dev"), "the lock is new")
		assert.Equal(t, "CACHED", ending(t, log, "withExec uv pip install .*pylock.toml"))
	})
	t.Run("a lock that is out of date is refused, once, with the way out", func(t *testing.T) {
		project := s.path("users", "pyproject.toml")
		text := strings.Replace(backend["services/users/pyproject.toml"], "iniconfig==2.0.0", "iniconfig==2.1.0", 1)
		require.NoError(t, os.WriteFile(project, []byte(text), 0o644))
		_, err := s.call("service", "--name", "users", "check")
		require.ErrorContains(t, err, "uv.lock is out of date with services/users/pyproject.toml: iniconfig==2.1.0 is not locked")
		require.ErrorContains(t, err, "users lint, users format, users typecheck, users test: ")
		require.ErrorContains(t, err, "Run `uv lock` in services/users and commit uv.lock")
		_, err = s.call("service", "--name", "orders", "lint")
		require.NoError(t, err, "the other's is not")
	})
}

// TestPoetryLockOutOfDate: Poetry's own sum of what it was asked for.
func TestPoetryLockOutOfDate(t *testing.T) {
	t.Parallel()
	s := newShapes(t, "poetry-service")
	project := s.path("poetry-service", "pyproject.toml")
	text, err := os.ReadFile(project)
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(project, []byte(strings.Replace(string(text), "(==3.0.2)", "(==3.0.3)", 1)), 0o644))
	_, err = s.call("service", "--name", "poetry-service", "lint")
	require.ErrorContains(t, err, "Error: poetry-service lint: services/poetry-service/poetry.lock is out of date")
	require.ErrorContains(t, err, "Run `poetry lock` in services/poetry-service and commit poetry.lock")
}
