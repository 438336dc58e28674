package definitions_test

import (
	"maps"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pingvas/pingvas-ci/ci/internal/component"
)

// tools has a service, and folders of tools that look like components.
var tools = map[string]string{
	"services/orders/requirements.txt":      "",
	"docs/requirements.txt":                 "",
	"e2e/package.json":                      "{}",
	"e2e/pnpm-lock.yaml":                    "",
	"e2e/fixtures/app/requirements.txt":     "",
	"libs/jobs/pyproject.toml":              "[project]\nname = 'jobs'\n",
	"tools/a/b/c/worker/requirements.txt":   "",
	"tools/a/b/c/worker/tests/package.json": "{}",
}

// TestIncludeAndExclude: which directories are components, and which are not.
func TestIncludeAndExclude(t *testing.T) {
	for name, test := range map[string]struct {
		file, text string
		want       []string
		passed     []string
	}{
		"all that look like components": {"README.md", "", []string{"services/orders"}, []string{
			`docs: a folder called docs is for documents, tools or templates (docs): what in it has neither a Dockerfile nor settings is no component; to include it, write include = ["**", "docs"] in the repository's settings`,
			`e2e: a folder called e2e is for documents, tools or templates (e2e, e2e/fixtures/app): what in it has neither a Dockerfile nor settings is no component; to include it, write include = ["**", "e2e"] in the repository's settings`}},
		"less some": {"pyproject.toml", "[tool.pingvas-ci.repository]\nexclude = ['docs', 'e2e/**']\n",
			[]string{"services/orders"}, []string{"docs: excluded by pyproject.toml", "e2e: excluded by pyproject.toml"}},
		"all below one": {"package.json", `{"pingvas-ci": {"repository": {"exclude": ["e2e"]}}}`,
			[]string{"services/orders"}, []string{"e2e: excluded by package.json",
				`docs: a folder called docs is for documents, tools or templates (docs): what in it has neither a Dockerfile nor settings is no component; to include it, write include = ["**", "docs"] in the repository's settings`}},
		"only some, and what lies below what is none": {"pingvas-ci.toml", "[repository]\ninclude = ['services/*', 'e2e/fixtures/*']\n",
			[]string{"e2e/fixtures/app", "services/orders"}, []string{
				`docs: not included by pingvas-ci.toml; to include it: include = ["services/*", "e2e/fixtures/*", "docs"]`,
				`e2e: not included by pingvas-ci.toml; to include it: include = ["services/*", "e2e/fixtures/*", "e2e"]`}},
		"by name, where discovery does not look": {"pingvas-ci.toml", "[repository]\ninclude = ['**', 'docs', 'libs/jobs/', './tools/a/b/c/worker']\nexclude = ['e2e']\n",
			[]string{"docs", "libs/jobs", "services/orders", "tools/a/b/c/worker"}, []string{"e2e: excluded by pingvas-ci.toml"}},
	} {
		t.Run(name, func(t *testing.T) {
			files := maps.Clone(tools)
			files[test.file] = test.text
			found, err := component.Discover(tree(files), kinds, nil)
			require.NoError(t, err)
			var paths []string
			for _, c := range found.Components {
				paths = append(paths, c.Path)
			}
			assert.Equal(t, test.want, paths)
			assert.Equal(t, test.passed, found.PassedOver)
			for _, passed := range test.passed {
				assert.Contains(t, component.Table(found), "Passed over: "+passed+"\n")
			}
		})
	}
}

// TestTheRepositorysSettingsMakeItNoComponent: the root that says what its
// components are is none itself, unless it says so.
func TestTheRepositorysSettingsMakeItNoComponent(t *testing.T) {
	const settings = "[project]\nname = 'shop'\n[tool.pingvas-ci.repository]\n"
	none, err := discover(tree(map[string]string{"pyproject.toml": settings}))
	require.NoError(t, err)
	assert.Empty(t, none)
	one, err := discover(tree(map[string]string{"pyproject.toml": settings + "include = ['.']\n"}))
	require.NoError(t, err)
	require.Len(t, one, 1)
	assert.Equal(t, "shop", one[0].Name)
	configured, err := discover(tree(map[string]string{"pyproject.toml": "[tool.pingvas-ci.repository]\nexclude = ['x']\n"}))
	require.NoError(t, err)
	assert.Empty(t, configured, "settings for the repository are none of a component")
}

func TestRefusedRepositorySettings(t *testing.T) {
	toml := func(text string) map[string]string { return map[string]string{"pingvas-ci.toml": text} }
	for name, test := range map[string]struct {
		files map[string]string
		want  string
	}{
		"in two places": {map[string]string{
			"pyproject.toml":  "[tool.pingvas-ci.repository]\nexclude = ['docs']\n",
			"pingvas-ci.toml": "[repository]\nexclude = ['docs']\n",
		}, "the repository's settings stand in pyproject.toml and in pingvas-ci.toml. Keep them in one"},
		"unknown key":   {toml("[repository]\nexcludes = ['docs']\n"), `pingvas-ci.toml: the repository's settings: unknown key "excludes"; did you mean "exclude"?`},
		"no list":       {toml("[repository]\nexclude = 'docs'\n"), "include and exclude are lists of directories"},
		"no table":      {toml("repository = 1\n"), "they are no table"},
		"outside":       {toml("[repository]\nexclude = ['../x']\n"), `"../x" is no directory of the repository`},
		"no pattern":    {toml("[repository]\nexclude = ['[']\n"), `"[" is no directory of the repository`},
		"nothing there": {toml("[repository]\ninclude = ['services/gone']\n"), "pingvas-ci.toml includes services/gone, which is no directory of the repository. Correct include"},
		"not known": {map[string]string{"pingvas-ci.toml": "[repository]\ninclude = ['scripts']\n", "scripts/run.sh": ""},
			"pingvas-ci.toml includes scripts, and nothing in it says what it is. Add a Dockerfile.cuda, or a pyproject.toml with a project, a requirements.txt or a Pipfile, or a package.json with a pnpm-lock.yaml, or a Dockerfile, or take it from include"},
		"in a component": {map[string]string{"services/a/pyproject.toml": "[project]\nname = 'a'\n[tool.pingvas-ci.repository]\nexclude = ['x']\n"},
			`"repository" is of the whole repository, and this is services/a. Move it to the repository's root`},
		"broken": {toml("[repository\n"), "pingvas-ci.toml:1:"},
	} {
		t.Run(name, func(t *testing.T) {
			require.ErrorContains(t, faults(tree(test.files)), test.want)
		})
	}
}

// TestSubmodules: one that is not checked out is said of the component that it lies in.
func TestSubmodules(t *testing.T) {
	files := map[string]string{
		".gitmodules":                 "[submodule \"a\"]\n\tpath = services/a/vendor/x\n\turl = https://git.example/x\n[submodule \"b\"]\n\tpath = services/b/vendor\n\turl = ../y\n",
		"services/a/main.py":          "",
		"services/a/requirements.txt": "", "services/b/main.py": "", "services/b/requirements.txt": "", "services/b/vendor/z.py": "",
	}
	list, err := discover(tree(files))
	require.NoError(t, err)
	require.Len(t, list, 2)
	assert.Equal(t, []string{"services/a/vendor/x is a submodule that is not checked out; what needs it fails. Check it out, or clone with it: git submodule update --init services/a/vendor/x"}, list[0].Unheard)
	assert.Empty(t, list[1].Unheard)
}
