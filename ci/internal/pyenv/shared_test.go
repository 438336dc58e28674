package pyenv_test

import (
	"testing"
	"testing/fstest"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pingvas/pingvas-ci/ci/internal/pyenv"
)

// TestToolsOfAWorkspace: a member's checks install the root's groups whose tools it does not
// ask for itself. What another member alone asks for, they do not have.
func TestToolsOfAWorkspace(t *testing.T) {
	const locked = "version = 1\n[manifest]\nmembers = ['a', 'b', 'c']\n[manifest.dependency-groups]\ndev = [{name = 'pytest'}]\ndocs = [{name = 'mkdocs'}]\n" +
		"[[package]]\nname = 'a'\nversion = '1'\nsource = {editable = 'a'}\ndependencies = [{name = 'idna'}]\n" +
		"[[package]]\nname = 'b'\nversion = '1'\nsource = {editable = 'b'}\n[package.dev-dependencies]\ndev = [{name = 'mypy'}]\n" +
		"[[package]]\nname = 'c'\nversion = '1'\nsource = {editable = 'c'}\n[package.dev-dependencies]\ndev = [{name = 'pytest'}]\n" +
		"[[package]]\nname = 'pytest'\nversion = '9.2.0'\nsource = {registry = 'x'}\ndependencies = [{name = 'pluggy'}]\n[[package]]\nname = 'pluggy'\nversion = '1'\nsource = {registry = 'x'}\n" +
		"[[package]]\nname = 'mypy'\nversion = '2.4.1'\nsource = {registry = 'x'}\n[[package]]\nname = 'idna'\nversion = '3'\nsource = {registry = 'x'}\n[[package]]\nname = 'mkdocs'\nversion = '1'\nsource = {registry = 'x'}\n"
	fsys := fstest.MapFS{}
	for name, text := range map[string]string{
		"pyproject.toml": "[tool.uv.workspace]\nmembers = ['a', 'b', 'c']\n[dependency-groups]\ndev = ['pytest']\ndocs = ['mkdocs']\n", "uv.lock": locked,
		"a/pyproject.toml": "[project]\nname = 'a'\n[build-system]\n", "b/pyproject.toml": "[project]\nname = 'b'\n[dependency-groups]\ndev = ['mypy']\n",
		"c/pyproject.toml": "[project]\nname = 'c'\n[dependency-groups]\ndev = ['pytest>=9']\n",
	} {
		fsys[name] = &fstest.MapFile{Data: []byte(text)}
	}
	member := func(dir string) pyenv.Project {
		p, err := pyenv.Read(fsys, pyenv.Where{Path: dir, Workspace: ".", Python: "3.13.1"})
		require.NoError(t, err)
		return p
	}
	a, b, c := member("a"), member("b"), member("c")
	assert.Equal(t, []string{"dev"}, a.Shared)
	assert.Equal(t, []string{"dev"}, b.Shared)
	assert.Empty(t, c.Shared, "it has a pytest of its own")
	for _, name := range []string{"pytest", "pluggy", "idna"} {
		assert.True(t, a.Installed(name), name)
	}
	for _, name := range []string{"mypy", "mkdocs"} {
		assert.False(t, a.Installed(name), name)
	}
	assert.True(t, b.Installed("mypy"))
	assert.Equal(t, [][]string{
		words("uv sync --inexact --frozen --no-build --no-install-local --python 3.13 --no-install-package=x"),
		words("uv sync --inexact --frozen --no-install-local --project .. --no-install-package=x --no-build --python 3.13 --only-group=dev"),
	}, a.Fetch(pyenv.Use{}, pyenv.Files{}, "x"))
	assert.Len(t, a.Install(pyenv.Use{}, pyenv.Files{}), 2)
	assert.Len(t, a.Install(pyenv.Use{Image: true}, pyenv.Files{}), 1, "the image has none of them")
	assert.Len(t, c.Install(pyenv.Use{}, pyenv.Files{}), 1)
	var names []string
	for _, tool := range a.Tooling(fsys) {
		names = append(names, tool.Name)
	}
	assert.Equal(t, []string{"pytest"}, names, "mypy is b's")
}
