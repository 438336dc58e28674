package definitions_test

import (
	"maps"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pingvas/pingvas-ci/ci/internal/component"
)

// running are the gates of a component that check something.
func running(c component.Component) (names []string) {
	for _, gate := range c.Gates {
		if gate.Off == "" {
			names = append(names, gate.Name)
		}
	}
	return names
}

// TestTheGatesOfALibrary run, and nothing is built of it: no other gate looks at it.
func TestTheGatesOfALibrary(t *testing.T) {
	service := "[project]\nname = 'api'\ndependencies = ['core']\n[tool.uv.sources]\ncore = {path = '../../packages/core'}\n"
	library := "[project]\nname = 'core'\n[build-system]\nrequires = []\nbuild-backend = 'x'\n"
	files := map[string]string{
		"services/api/pyproject.toml": service, "services/api/main.py": "", "packages/core/src/core/__init__.py": "",
	}
	for name, test := range map[string]struct {
		files map[string]string
		want  map[string][]string // name to gates
	}{
		"nothing to check": {map[string]string{"packages/core/pyproject.toml": library}, map[string][]string{"api": nil}},
		"tools of its own": {
			map[string]string{"packages/core/pyproject.toml": library + "[tool.ruff]\n[tool.pytest.ini_options]\n", "packages/core/tests/test_core.py": ""},
			map[string][]string{"api": nil, "core": {"lint", "format", "test"}},
		},
		"tools of the repository, and no tests": {
			map[string]string{"packages/core/pyproject.toml": library, "ruff.toml": "", "pytest.ini": "[pytest]\n"},
			map[string][]string{"api": {"lint", "format", "test"}, "core": {"lint", "format"}},
		},
		"tests of its own form": {
			map[string]string{"packages/core/pyproject.toml": library + "[tool.pytest.ini_options]\npython_files = ['check_*.py']\n", "packages/core/check_core.py": ""},
			map[string][]string{"api": nil, "core": {"test"}},
		},
		"tests of its own, within the component of the root": {
			map[string]string{"pyproject.toml": "[project]\nname = 'all'\ndependencies = ['core']\n[tool.uv.sources]\ncore = {path = 'packages/core'}\n", "main.py": "", "packages/core/pyproject.toml": library + "[tool.pytest.ini_options]\n", "packages/core/test_core.py": ""},
			map[string][]string{"all": nil, "api": nil, "core": {"test"}},
		},
		"a name that is taken, and the next as well": {
			map[string]string{"packages/core/pyproject.toml": library + "[tool.ruff]\n", "services/core/requirements.txt": "", "services/packages-core/requirements.txt": ""},
			map[string][]string{"api": nil, "core": nil, "packages-core": nil, "packages-core-library": {"lint", "format"}},
		},
		"a name that is taken": {
			map[string]string{"packages/core/pyproject.toml": library + "[tool.ruff]\n", "services/core/requirements.txt": ""},
			map[string][]string{"api": nil, "core": nil, "packages-core": {"lint", "format"}},
		},
		"in the component of the root, which uses it": {
			map[string]string{"pyproject.toml": "[project]\nname = 'all'\ndependencies = ['core']\n[tool.ruff]\n[tool.uv.sources]\ncore = {path = 'packages/core'}\n", "main.py": "", "packages/core/pyproject.toml": library},
			map[string][]string{"all": {"lint", "format"}, "api": {"lint", "format"}},
		},
	} {
		t.Run(name, func(t *testing.T) {
			all := maps.Clone(files)
			maps.Copy(all, test.files)
			list, err := discover(tree(all))
			require.NoError(t, err)
			got := map[string][]string{}
			for _, c := range list {
				require.Empty(t, c.Fault)
				got[c.Name] = running(c)
				assert.Equal(t, c.Path == "packages/core", c.NoImage != "", c.Name)
			}
			assert.Equal(t, test.want, got)
		})
	}
}

// TestAPackageWithoutACommand has gates alone, unless something says that it is to run.
func TestAPackageWithoutACommand(t *testing.T) {
	library := "[project]\nname = 'core'\n[build-system]\nrequires = []\nbuild-backend = 'x'\n"
	for name, test := range map[string]struct {
		files map[string]string
		image bool
	}{
		"a package":           {map[string]string{"sdk/pyproject.toml": library}, false},
		"with a Dockerfile":   {map[string]string{"sdk/pyproject.toml": library, "sdk/Dockerfile": "FROM python\n"}, true},
		"with a script":       {map[string]string{"sdk/pyproject.toml": library + "[project.scripts]\ncore = 'core:main'\n"}, true},
		"with a port":         {map[string]string{"sdk/pyproject.toml": library + "[tool.pingvas-ci]\nport = 80\n"}, true},
		"with platforms":      {map[string]string{"sdk/pyproject.toml": library + "[tool.pingvas-ci]\nplatforms = ['linux/amd64']\n"}, true},
		"with a server":       {map[string]string{"sdk/pyproject.toml": "[project]\nname = 'core'\ndependencies = ['fastapi', 'uvicorn']\n[build-system]\nrequires = []\n", "sdk/requirements.txt": "fastapi\nuvicorn\n", "sdk/src/core/main.py": "app = FastAPI()\n"}, true},
		"with gates":          {map[string]string{"sdk/pyproject.toml": library + "[tool.pingvas-ci.gates]\nlint = ['x']\n"}, false},
		"no package":          {map[string]string{"sdk/pyproject.toml": "[project]\nname = 'core'\n"}, true},
		"a service, expected": {map[string]string{"services/sdk/pyproject.toml": library}, true},
	} {
		list, err := discover(tree(test.files))
		require.NoError(t, err, name)
		require.Len(t, list, 1, name)
		assert.Equal(t, test.image, list[0].NoImage == "", name)
	}
}

// TestLibrariesInTheirFolder are no components, which is said where they have tests, unless
// the repository's settings name them.
func TestLibrariesInTheirFolder(t *testing.T) {
	files := map[string]string{
		"services/api/requirements.txt": "", "services/api/pyproject.toml": "[tool.pingvas-ci]\nlibraries = ['libs/core']\n",
		"libs/core/pyproject.toml": "[project]\nname = 'core'\n[tool.ruff]\n", "libs/core/tests/test_core.py": "", "libs/bare/pyproject.toml": "[project]\nname = 'bare'\n",
		"libs/web/requirements.txt": "", "libs/web/Dockerfile": "FROM python\n",
	}
	found, err := component.Discover(tree(files), kinds, nil)
	require.NoError(t, err)
	assert.Len(t, found.Components, 2, "and the one with a Dockerfile")
	assert.Equal(t, []string{`libs/core: it is a library, and no gate runs its tests (libs/core/tests); to have it be a component as well, write include = ["**", "libs/core"] in the repository's settings`}, found.PassedOver)

	files["pingvas-ci.toml"] = "[repository]\ninclude = ['**', 'libs/core']\n"
	found, err = component.Discover(tree(files), kinds, nil)
	require.NoError(t, err)
	require.Len(t, found.Components, 3)
	assert.Equal(t, "core", found.Components[0].Name)
	assert.Equal(t, []string{"lint", "format"}, running(found.Components[0]))
	assert.NotEmpty(t, found.Components[0].NoImage)
	assert.Empty(t, found.PassedOver)
}

// TestALibraryThatIsDelivered is one of which others are built, and that is a service itself.
func TestALibraryThatIsDelivered(t *testing.T) {
	worker := "[project]\nname = 'worker'\ndependencies = ['api']\n[tool.uv.sources]\napi = {path = '../api'}\n"
	for name, files := range map[string]map[string]string{
		"by its settings": {"apps/api/pyproject.toml": "[project]\nname = 'api'\n[tool.pingvas-ci]\nport = 8000\nentrypoint = ['api']\n"},
		"by its server":   {"apps/api/pyproject.toml": "[project]\nname = 'api'\n", "apps/api/requirements.txt": "fastapi\nuvicorn\n", "apps/api/main.py": "app = FastAPI()\n"},
	} {
		files["apps/worker/pyproject.toml"] = worker
		list, err := discover(tree(files))
		require.NoError(t, err, name)
		require.Len(t, list, 2, name)
		assert.Empty(t, list[0].NoImage, name)
	}
}

// TestAWorkspaceWithoutALock: what its members are built from is known without one.
func TestAWorkspaceWithoutALock(t *testing.T) {
	list, err := discover(tree(map[string]string{
		"pyproject.toml":               "[tool.uv.workspace]\nmembers = ['services/*', 'packages/*']\n",
		"services/api/pyproject.toml":  "[project]\nname = 'api'\ndependencies = ['core']\n[tool.uv.sources]\ncore = {workspace = true}\n",
		"packages/core/pyproject.toml": "[project]\nname = 'core'\ndependencies = ['Base_Kit']\n[tool.uv.sources]\nBase_Kit = {workspace = true}\n",
		"packages/base/pyproject.toml": "[project]\nname = 'base-kit'\n", "packages/other/requirements.txt": "", "services/api/main.py": "",
	}))
	require.NoError(t, err)
	api, err := component.Find(list, "api")
	require.NoError(t, err)
	require.Empty(t, api.Fault)
	assert.Equal(t, ".", api.Workspace)
	assert.Equal(t, []component.Library{{Path: "packages/base", Import: "packages/base/src"}, {Path: "packages/core", Import: "packages/core/src"}}, api.Libraries)
	assert.Contains(t, api.Unhashed, "uv lock")
}

// TestLibrariesBesideOthers: what lies in libs/ takes no place of a program, and a library
// with a fault says it.
func TestLibrariesBesideOthers(t *testing.T) {
	for name, test := range map[string]struct {
		files map[string]string
		want  []string
	}{
		"a program":       {map[string]string{"main.py": "", "libs/core/pyproject.toml": "[project]\nname = 'core'\n"}, []string{"."}},
		"another program": {map[string]string{"app/go.mod": "", "app/Dockerfile": "FROM scratch\n", "libs/core/pyproject.toml": "[project]\nname = 'core'\n[project.scripts]\ncore = 'x'\n"}, []string{"app"}},
		"shared lists":    {map[string]string{"requirements/base.txt": "", "Dockerfile": "FROM python\n", "shop/__init__.py": "", "package.json": "{}", "libs/core/requirements.txt": ""}, []string{"."}},
		"a service that is a package": {map[string]string{"pyproject.toml": "[project]\nname = 'all'\n", "all/__init__.py": "", "apps/foo/__init__.py": "", "apps/foo/main.py": "", "apps/foo/requirements.txt": ""},
			[]string{".", "apps/foo"}},
		"the package of the root": {map[string]string{"pyproject.toml": "[project]\nname = 'my-shop'\n", "src/my_shop/__init__.py": "", "src/my_shop/app.py": "", "src/my_shop/requirements.txt": ""}, []string{"."}},
	} {
		got, table := paths(t, test.files)
		assert.Equal(t, test.want, got, name+"\n"+table)
	}
	list, err := discover(tree(map[string]string{
		"services/api/pyproject.toml":  "[project]\nname = 'api'\ndependencies = ['core']\n[tool.uv.sources]\ncore = {path = '../../packages/core'}\n",
		"packages/core/pyproject.toml": "[project]\nname = 'core'\n[tool.ruff]\n[tool.pingvas-ci]\ncoverge = 3\n",
	}))
	require.NoError(t, err)
	require.Len(t, list, 2)
	assert.Contains(t, list[0].Fault, "coverge")
}
