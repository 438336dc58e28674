package pydef_test

import (
	"slices"
	"testing"
	"testing/fstest"

	"github.com/stretchr/testify/require"

	"github.com/pingvas/pingvas-ci/ci/internal/affected"
	"github.com/pingvas/pingvas-ci/ci/internal/component"
	"github.com/pingvas/pingvas-ci/ci/internal/graph/kinds/python/pydef"
)

// discover finds the Python services of a repository of path and content pairs.
func discover(files map[string]string) ([]component.Component, error) {
	fsys := fstest.MapFS{}
	for name, content := range files {
		fsys[name] = &fstest.MapFile{Data: []byte(content)}
	}
	found, err := component.Discover(fsys, []component.Definition{pydef.Definition{}}, nil)
	return found.Components, err
}

const uvLock = `[[package]]
name = "common"
version = "1"
source = { editable = "libs/common" }
dependencies = [{ name = "flat" }]
[[package]]
name = "flat"
version = "1"
source = { directory = "shared/flat" }
[[package]]
name = "orders"
version = "1"
source = { virtual = "services/orders" }
dependencies = [{ name = "common" }]
[[package]]
name = "users"
version = "1"
source = { virtual = "services/users" }
`

func TestUvWorkspace(t *testing.T) {
	for _, root := range []string{"", "backend/"} {
		files := map[string]string{
			root + "pyproject.toml":                     "[tool.uv.workspace]\nmembers = ['services/*', 'libs/*']\nexclude = ['services/alone']\n",
			root + "uv.lock":                            uvLock,
			root + "services/orders/pyproject.toml":     "[project]\nname = 'orders'\n",
			root + "services/users/pyproject.toml":      "[project]\nname = 'users'\n",
			root + "services/alone/requirements.txt":    "",
			root + "libs/common/pyproject.toml":         "[project]\nname = 'common'\n",
			root + "libs/common/src/common/__init__.py": "",
			root + "shared/flat/pyproject.toml":         "[project]\nname = 'flat'\n",
			root + "shared/flat/flat/__init__.py":       "",
		}
		found, err := discover(files)
		require.NoError(t, err)
		byName := map[string]component.Component{}
		for _, c := range found {
			byName[c.Name] = c
		}
		require.Len(t, byName, map[string]int{"": 3, "backend/": 3}[root], "a library is no component")
		at := map[string]string{"": ".", "backend/": "backend"}[root]
		require.Equal(t, at, byName["orders"].Workspace)
		require.Equal(t, at, byName["users"].Workspace)
		require.Empty(t, byName["alone"].Workspace)
		require.Empty(t, byName["users"].Libraries)
		require.Equal(t, []component.Library{
			{Path: root + "libs/common", Import: root + "libs/common/src"},
			{Path: root + "shared/flat", Import: root + "shared/flat"},
		}, byName["orders"].Libraries)

		delete(files, root+"shared/flat/flat/__init__.py")
		delete(files, root+"shared/flat/pyproject.toml")
		found, err = discover(files)
		require.NoError(t, err)
		orders := slices.IndexFunc(found, func(c component.Component) bool { return c.Name == "orders" })
		require.Contains(t, found[orders].Fault, root+"uv.lock names "+root+"shared/flat, which is no directory of the repository")
	}
}

// TestALocalWheel is a file that is installed, and no library.
func TestALocalWheel(t *testing.T) {
	found, err := discover(map[string]string{
		"services/a/pyproject.toml":      "[project]\nname = 'a'\nversion = '1'\ndependencies = ['tiny']\n[tool.uv.sources]\ntiny = {path = '../../vendor/tiny-1-py3-none-any.whl'}\n",
		"vendor/tiny-1-py3-none-any.whl": "",
	})
	require.NoError(t, err)
	require.Len(t, found, 1)
	require.Empty(t, found[0].Fault)
	require.Empty(t, found[0].Libraries)
	plan, err := affected.Plan(found, []string{"vendor/tiny-1-py3-none-any.whl"})
	require.NoError(t, err)
	require.Len(t, plan, 1)
}
