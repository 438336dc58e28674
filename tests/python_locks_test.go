package tests

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"github.com/pingvas/pingvas-ci/tests/internal/harness"
)

// A uv workspace of two services and two libraries: a member, and a directory
// outside of the workspace, whose package lies there without a src.
var backend = map[string]string{
	"pyproject.toml": "[tool.uv.workspace]\nmembers = [\"services/*\", \"libs/common\"]\n",
	"ruff.toml":      "", "mypy.ini": "[mypy]\n", "pytest.ini": "[pytest]\n",
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
	long(t, "TestAgreement")
	t.Parallel()
	r := harness.NewRepository(t, backend)
	r.LockWithUv(".")

	said := r.Batch(t, words("service --name orders check"), words("service --name users lint"),
		words("service --name orders image --platform linux/amd64 with-exec --use-entrypoint --args anything stdout"),
		words("service --name orders image --platform linux/arm64 rootfs glob --pattern app/**/*.so"),
		words("service --name orders image --platform linux/arm64 rootfs glob --pattern app/**/*.py"))
	t.Run("the gates of both pass", func(t *testing.T) {
		said[0].Must(t)
		said[1].Must(t)
	})
	t.Run("a member has what it needs, and not what another does", func(t *testing.T) {
		assert.Equal(t, "&LT;FLAT&GT;", strings.TrimSpace(said[2].Must(t)))
		assert.Equal(t, "app/.venv/lib/python3.13/site-packages/markupsafe/_speedups.cpython-313-aarch64-linux-gnu.so", strings.TrimSpace(said[3].Must(t)))
		files := said[4].Must(t)
		assert.NotContains(t, files, "iniconfig")
		assert.NotContains(t, files, "test_flat")
	})
	t.Run("a lock that changed for another member is installed from what is kept", func(t *testing.T) {
		r.Append("uv.lock", "# "+time.Now().String()+"\n")
		built := r.Image("orders", "linux/arm64", "user")
		built.Must(t)
		assert.NotEqual(t, "CACHED", built.Ending(t, "withExec uv sync .*--frozen .*--no-editable"), "the lock is new")
		assert.NotContains(t, built.Output, "Downloading")
	})
	t.Run("a lock that is out of date is refused, once, with the way out", func(t *testing.T) {
		r.Replace("services/users/pyproject.toml", "iniconfig==2.0.0", "iniconfig==2.1.0")
		came := r.Batch(t, words("service --name users check"), words("service --name orders lint"))
		came[0].Refused(t,
			"users typecheck, users test: ", "The lockfile at `uv.lock` needs to be updated, but `--locked` was provided",
			"uv lock")
		came[1].Must(t) // The other's is not.
	})
}

// TestPoetryLockOutOfDate: Poetry's own sum of what it was asked for.
func TestPoetryLockOutOfDate(t *testing.T) {
	t.Parallel()
	r := harness.Shapes(t, "poetry-service")
	r.Replace("services/poetry-service/pyproject.toml", "(==3.0.2)", "(==3.0.3)")
	r.Call("service", "--name", "poetry-service", "test").Refused(t,
		"Error: poetry-service test: services/poetry-service/poetry.lock is out of date",
		"Run `poetry lock` in services/poetry-service and commit poetry.lock")
}
