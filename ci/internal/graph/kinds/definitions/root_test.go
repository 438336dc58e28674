package definitions_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pingvas/pingvas-ci/ci/internal/affected"
	"github.com/pingvas/pingvas-ci/ci/internal/component"
)

// paths are where the components of a repository lie, and what was passed over.
func paths(t *testing.T, files map[string]string) (paths []string, table string) {
	t.Helper()
	found, err := component.Discover(tree(files), kinds, nil)
	require.NoError(t, err)
	for _, c := range found.Components {
		require.Empty(t, c.Fault)
		paths = append(paths, c.Path)
	}
	return paths, component.Table(found)
}

// TestTheRootBesideOthers: a project at the root is a component by a Dockerfile, by
// settings, or by what it builds, whatever lies below; one that only has tools is none.
func TestTheRootBesideOthers(t *testing.T) {
	const project = "[project]\nname = 'shop'\n"
	for name, test := range map[string]struct {
		files map[string]string
		want  []string
	}{
		"documentation": {map[string]string{"pyproject.toml": project, "requirements.txt": "", "app/__main__.py": "", "docs/requirements.txt": ""}, []string{"."}},
		"a plugin, and a Dockerfile": {map[string]string{"pyproject.toml": project, "Dockerfile": "FROM scratch\n", "plugins/mail/requirements.txt": ""},
			[]string{"."}},
		"settings":                  {map[string]string{"pyproject.toml": "[tool.pingvas-ci]\nname = 'shop'\n", "services/a/requirements.txt": ""}, []string{".", "services/a"}},
		"tools alone":               {map[string]string{"pyproject.toml": project, "requirements.txt": "ruff\n", "services/a/requirements.txt": ""}, []string{"services/a"}},
		"code and packages":         {map[string]string{"pyproject.toml": project, "src/shop/__init__.py": "", "packages/a/pyproject.toml": "[project]\nname='a'\n", "packages/a/a/__init__.py": ""}, []string{".", "packages/a"}},
		"a namespace":               {map[string]string{"pyproject.toml": project + "[build-system]\nrequires = []\n", "src/shop/core/__init__.py": "", "vendors/pyproject.toml": "[project]\nname='v'\n"}, []string{"."}},
		"a folder of services":      {map[string]string{"pyproject.toml": project + "[build-system]\nrequires = []\n", "src/a/app/__init__.py": "", "src/a/requirements.txt": ""}, []string{"src/a"}},
		"libraries alone":           {map[string]string{"libs/a/pyproject.toml": "[project]\nname='a'\n", "libs/b/pyproject.toml": "[project]\nname='b'\ndependencies=['a']\n[tool.uv.sources]\na = {path = '../a'}\n"}, []string{"libs/a", "libs/b"}},
		"a package's requirements":  {map[string]string{"pyproject.toml": project, "app/__init__.py": "", "app/plugins/__init__.py": "", "app/plugins/mail/__init__.py": "", "app/plugins/mail/requirements.txt": "", "app/plugins/mail/api/__init__.py": ""}, []string{"."}},
		"packages of tests":         {map[string]string{"pyproject.toml": project, "tests/__init__.py": "", "services/a/requirements.txt": ""}, []string{"services/a"}},
		"a site, and documentation": {map[string]string{"package.json": `{"scripts": {"build": "x"}}`, "pnpm-lock.yaml": "", "docs/package.json": "{}", "docs/pnpm-lock.yaml": ""}, []string{"."}},
		"a site, and an API":        {map[string]string{"package.json": `{"scripts": {"build": "x"}}`, "pnpm-lock.yaml": "", "api/requirements.txt": ""}, []string{".", "api"}},
		"packages for tools":        {map[string]string{"package.json": `{"scripts": {"prepare": "husky"}}`, "pnpm-lock.yaml": "", "services/a/requirements.txt": ""}, []string{"services/a"}},
		"a program in Go, and a site": {map[string]string{"go.mod": "module shop\n", "Dockerfile": "FROM scratch\n", "web/package.json": "{}", "web/pnpm-lock.yaml": ""},
			[]string{".", "web"}},
		"lists in a folder, and a program": {map[string]string{"pyproject.toml": "[tool.ruff]\n", "manage.py": "", "requirements/base.txt": "", "requirements/production.txt": ""},
			[]string{"."}},
		"lists in a folder, and Django's program in src": {map[string]string{"src/manage.py": "", "src/shop/__init__.py": "", "package.json": "{}", "requirements/base.txt": "", "Dockerfile": "FROM python\n", "docker/ci/requirements.txt": "", "docker/ci/describe.py": ""}, []string{"."}},
		"lists in a folder, and a Dockerfile":            {map[string]string{"back/Dockerfile": "FROM python:3.13\n", "back/requirements/common.txt": "", "lists/requirements/base.txt": ""}, []string{"back"}},
		"shared lists, and packages": {map[string]string{"requirements/base.txt": "", "Dockerfile": "FROM python\n", "shared/__init__.py": "", "apps/gw/Dockerfile": "FROM scratch\n", "apps/gw/go.mod": "", "apps/api/requirements.txt": "", "apps/api/main.py": "", "apps/job/requirements.txt": ""},
			[]string{"apps/api", "apps/gw", "apps/job"}},
		"shared lists, and nothing else":         {map[string]string{"requirements/base.txt": "", "Dockerfile": "FROM python\n", "shop/__init__.py": ""}, []string{"."}},
		"lists for the tools of a program in Go": {map[string]string{"gw/go.mod": "", "gw/Dockerfile": "FROM scratch\n", "gw/requirements/base.txt": "", "docker/Dockerfile": "FROM scratch\n", "docker/requirements.in": ""}, []string{"gw"}},
		"scripts for all that lies below":        {map[string]string{"package.json": `{"scripts": {"start": "docker compose up"}}`, "Dockerfile": "FROM scratch\n", "api/requirements.txt": ""}, []string{"api"}},
		"a package with a list":                  {map[string]string{"pyproject.toml": project, "src/shop/__init__.py": "", "src/shop/app.py": "", "src/shop/requirements.txt": ""}, []string{"."}},
		"a module called setup": {map[string]string{"requirements.txt": "", "main.py": "", "app/setup.py": "def create_app(): ...\n", "lib/setup.py": "import os, setuptools\n\nsetuptools.setup()\n", "lib/lib/__init__.py": ""},
			[]string{".", "lib"}},
		"a program alone":     {map[string]string{"bot.py": ""}, []string{"."}},
		"a program of others": {map[string]string{"main.py": "", "services/a/requirements.txt": ""}, []string{"services/a"}},
	} {
		got, _ := paths(t, test.files)
		assert.Equal(t, test.want, got, name)
	}
}

// TestUntested: a library whose tests no gate runs is said, and so is a Dockerfile of another
// name.
func TestUntested(t *testing.T) {
	files := map[string]string{
		"services/a/pyproject.toml": "[project]\nname='a'\ndependencies=['b']\n[tool.uv.sources]\nb = {path = '../../libs/b'}\n", "libs/b/pyproject.toml": "[project]\nname='b'\n", "libs/b/tests/test_b.py": "",
		"libs/c/pyproject.toml": "[project]\nname='c'\n", "services/a/docker/dev.Dockerfile": "", "services/a/docker/prod.Dockerfile": "",
	}
	got, table := paths(t, files)
	assert.Equal(t, []string{"services/a"}, got)
	assert.Contains(t, table, `libs/b: it is a library, and no gate runs its tests (libs/b/tests); to have it be a component as well, write include = ["**", "libs/b"] in the repository's settings`)
	assert.NotContains(t, table, "libs/c")
	assert.Contains(t, table, `set dockerfile to "docker/prod.Dockerfile"`)
	files["pingvas-ci.toml"] = "[repository]\ninclude = ['**', 'libs/b']\n"
	got, table = paths(t, files)
	assert.Equal(t, []string{"libs/b", "services/a"}, got, table)
	assert.NotContains(t, table, "no gate runs")
}

// TestWorkingStage: an image that is the stage that people work in is said to be that.
func TestWorkingStage(t *testing.T) {
	for text, says := range map[string]string{
		"FROM scratch AS builder\nFROM builder AS dev-envs\n": `the image is the last stage of a/Dockerfile, which is called dev-envs. To have it be another one, set target to "builder" in a/pingvas-ci.toml`,
		"FROM scratch AS dev\nFROM scratch AS final\n":        "",
		"FROM scratch AS dev\n":                               "",
	} {
		found, err := component.Discover(tree(map[string]string{"a/requirements.txt": "", "a/Dockerfile": text}), kinds, nil)
		require.NoError(t, err)
		if says == "" {
			assert.NotContains(t, found.Components[0].Unheard, "last stage")
			continue
		}
		assert.Contains(t, found.Components[0].Unheard, says)
	}
}

// TestLocksOfOthers: a project whose lock nothing here installs is one all the same,
// and its fault says what does.
func TestLocksOfOthers(t *testing.T) {
	for lock, says := range map[string]string{"Pipfile": "pipenv requirements", "pdm.lock": "pdm export"} {
		found, err := component.Discover(tree(map[string]string{lock: "", "main.py": "", "pyproject.toml": "[project]\nname = 'a'\n"}), kinds, nil)
		require.NoError(t, err)
		require.Len(t, found.Components, 1)
		assert.Contains(t, found.Components[0].Fault, says)
	}
}

// TestAFrontendInAService is found beside it, by both names.
func TestAFrontendInAService(t *testing.T) {
	files := map[string]string{
		"services/portal/requirements.txt": "", "services/portal/frontend/package.json": "{}", "services/portal/frontend/pnpm-lock.yaml": "",
		"services/portal/tests/site/package.json": "{}", "services/portal/tests/site/pnpm-lock.yaml": "",
		"services/portal/jobs/requirements.txt": "", "services/portal/e2e/package.json": "{}", "services/portal/e2e/pnpm-lock.yaml": "",
	}
	list, err := discover(tree(files))
	require.NoError(t, err)
	require.Len(t, list, 2)
	assert.Equal(t, "portal", list[0].Name)
	assert.Equal(t, "portal-frontend", list[1].Name)
	assert.Equal(t, "services/portal/frontend", list[1].Path)
}

// TestFoldersOfTools are passed over with a word, unless what is in them says that it is
// a component.
func TestFoldersOfTools(t *testing.T) {
	got, table := paths(t, map[string]string{
		"services/a/requirements.txt": "", "services/tools/requirements.txt": "",
		"scripts/x/requirements.txt": "", "scripts/y/requirements.txt": "", "examples/shop/pyproject.toml": "[project]\nname='x'\n",
		"template/base/requirements.txt": "", "requirements/requirements.txt": "", "tools/jobs/requirements.txt": "", "tools/jobs/Dockerfile": "FROM scratch\n",
		"docs/requirements.txt": "", "docs/pingvas-ci.toml": "",
		"templates/{{cookiecutter.name}}/requirements.txt": "",
		"starter/pyproject.toml":                           "[project]\nname = '{{ name }}'\n",
		"broken/pyproject.toml":                            "{% if x %}\n[project]\n",
	})
	assert.Equal(t, []string{"docs", "services/a", "services/tools", "tools/jobs"}, got)
	assert.Contains(t, table, "Passed over: scripts/x: a folder called scripts is for documents, tools or templates (scripts/x, scripts/y): ")
	assert.Contains(t, table, "Passed over: examples/shop: a folder called examples is for documents, tools or templates (examples/shop): ")
	assert.Contains(t, table, "Passed over: template/base: a folder called template is for documents, tools or templates")
	assert.Contains(t, table, "Passed over: requirements: ", "lists of packages, without anything that takes them")
	for _, template := range []string{"templates/{{cookiecutter.name}}", "starter", "broken"} {
		assert.Contains(t, table, "Passed over: "+template+": it is a template, with placeholders for a name; ")
	}
	again, _ := paths(t, map[string]string{"docs/requirements.txt": "", "pingvas-ci.toml": "[repository]\ninclude = ['docs']\n"})
	assert.Equal(t, []string{"docs"}, again)
}

// TestNames: what a component is called where its settings do not say.
func TestNames(t *testing.T) {
	called := func() string { return "My_Service.X" }
	for want, files := range map[string]map[string]string{
		"poet":         {"pyproject.toml": "[tool.poetry]\nname = 'poet'\n"},
		"site":         {"requirements.txt": "", "package.json": `{"name": "@x/site"}`},
		"old":          {"requirements.txt": "", "setup.cfg": "[metadata]\nversion = 1\nname = old\n"},
		"older":        {"setup.py": "from setuptools import setup\n# name='x'\nsetup(\n    author_name='y',\n    name='older',  # the name\n)\n", "a.py": ""},
		"my-service-x": {"requirements.txt": ""},
		"big-one":      {"services/Big_One/requirements.txt": ""},
	} {
		found, err := component.Discover(tree(files), kinds, called)
		require.NoError(t, err)
		require.Len(t, found.Components, 1, want)
		assert.Empty(t, found.Components[0].Fault)
		assert.Equal(t, want, found.Components[0].Name)
	}
	found, err := component.Discover(tree(map[string]string{"requirements.txt": ""}), kinds, called)
	require.NoError(t, err)
	assert.Contains(t, component.Table(found), `The component in . is called my-service-x: "My_Service.X" of the repository's origin, in letters that an image's name may have`)
	list, err := discover(tree(map[string]string{"requirements.txt": ""}))
	require.NoError(t, err)
	assert.Equal(t, "app", list[0].Name)
	assert.Contains(t, list[0].Summary(), "name: app (no file says a name; for another one, write the setting name in pingvas-ci.toml)")
}

// TestOtherVersionFiles: what the files of version managers and of platforms say.
func TestOtherVersionFiles(t *testing.T) {
	const at = "services/a/"
	for name, test := range map[string]struct {
		files map[string]string
		want  component.Version
	}{
		"mise":               {map[string]string{at + "mise.toml": "[tools]\npython = '3.13'\n"}, component.Version{Value: "3.13", Source: "mise.toml"}},
		"mise's list":        {map[string]string{at + ".mise.toml": "[tools]\npython = ['3.11', '3.12']\n"}, component.Version{Value: "3.11", Source: ".mise.toml"}},
		"mise's table":       {map[string]string{at + "mise.toml": "[tools]\npython = {version = 'latest'}\n"}, component.Version{Value: "3.14", Source: "mise.toml"}},
		"asdf":               {map[string]string{at + ".tool-versions": "# ours\nuv 0.7\npython 3.13.2 3.12\n"}, component.Version{Value: "3.13.2", Source: ".tool-versions"}},
		"Heroku":             {map[string]string{at + "runtime.txt": "python-3.11.9\n"}, component.Version{Value: "3.11.9", Source: "runtime.txt"}},
		"Pipenv":             {map[string]string{at + "Pipfile": "[requires]\npython_version = '3.13'\n"}, component.Version{Value: "3.13", Source: "Pipfile"}},
		"Poetry's tilde":     {map[string]string{at + "pyproject.toml": "[tool.poetry.dependencies]\npython = '~3.11'\n"}, component.Version{Value: "3.11", Source: "tool.poetry.dependencies.python"}},
		"Poetry's caret":     {map[string]string{at + "pyproject.toml": "[tool.poetry.dependencies]\npython = '^3.10'\n"}, component.Version{Value: "3.12", Source: "tool.poetry.dependencies.python"}},
		"Poetry's range":     {map[string]string{at + "pyproject.toml": "[tool.poetry.dependencies]\npython = '>=3.13,<4.0'\n"}, component.Version{Value: "3.13", Source: "tool.poetry.dependencies.python"}},
		"Poetry's any":       {map[string]string{at + "pyproject.toml": "[tool.poetry.dependencies]\npython = '*'\n"}, component.Version{Value: "3.12", Source: "tool.poetry.dependencies.python"}},
		"one folder above":   {map[string]string{"services/.python-version": "3.11\n", ".python-version": "3.13\n"}, component.Version{Value: "3.11", Source: "services/.python-version"}},
		"mise at the root":   {map[string]string{"mise.toml": "[tools]\npython = '3.13'\nnode = '24'\n"}, component.Version{Value: "3.13", Source: "repository mise.toml"}},
		"the nearest manner": {map[string]string{at + ".python-version": "latest", at + "mise.toml": "[tools]\npython = '3.11'\n"}, component.Version{Value: "3.14", Source: ".python-version"}},
		"free-threaded": {map[string]string{at + ".python-version": "3.14t\n"}, component.Version{Value: "3.14t", Source: ".python-version",
			Fault: `services/a/.python-version: "3.14t" is the free-threaded build, of which there is no official image. Write 3.14, or bring a Dockerfile`}},
	} {
		files := map[string]string{at + "requirements.txt": ""}
		for file, text := range test.files {
			files[file] = text
		}
		list, err := discover(tree(files))
		require.NoError(t, err, name)
		require.Len(t, list, 1, name)
		test.want.Tool = "python"
		assert.Equal(t, test.want, list[0].Version("python"), name)
	}
	list, err := discover(tree(map[string]string{"frontend/web/package.json": "{}", "frontend/web/pnpm-lock.yaml": "", ".tool-versions": "nodejs 24.1.0\n"}))
	require.NoError(t, err)
	assert.Equal(t, component.Version{Tool: "node", Value: "24.1.0", Source: "repository .tool-versions"}, list[0].Version("node"))
}

// TestFilesOfARootProject: what its code may read is there, and what other pipelines
// read is not.
func TestFilesOfARootProject(t *testing.T) {
	list, err := discover(tree(map[string]string{"requirements.txt": "", "hc/settings.py": "", "CHANGELOG.md": "", ".github/workflows/a.yml": ""}))
	require.NoError(t, err)
	for file, reads := range map[string]bool{"CHANGELOG.md": true, "hc/settings.py": true, ".github/workflows/a.yml": false} {
		plan, err := affected.Plan(list, []string{file})
		require.NoError(t, err)
		assert.Equal(t, reads, len(plan) == 1, file)
	}
}

// TestTestsOfTheRoot run in no component where the root has no code, which is said; its gates
// run where the repository's settings name it.
func TestTestsOfTheRoot(t *testing.T) {
	files := map[string]string{
		"pyproject.toml": "[project]\nname = 'all'\n[tool.pytest.ini_options]\n", "tests/test_all.py": "", "packages/a/requirements.txt": "", "packages/a/main.py": "",
	}
	found, table := paths(t, files)
	assert.Equal(t, []string{"packages/a"}, found)
	assert.Equal(t, 1, strings.Count(table, `Passed over: .: no component has the tests in tests. To have the gates of the root run, write include = ["**", "."] in the repository's settings`))

	files["pingvas-ci.toml"] = "[repository]\ninclude = ['**', '.']\n"
	list, err := discover(tree(files))
	require.NoError(t, err)
	require.Len(t, list, 2)
	assert.NotEmpty(t, list[0].NoImage)
	assert.Equal(t, []string{"test"}, running(list[0]))
	assert.Empty(t, list[1].NoImage)
}

// TestTheRootForAll: a root without code is a component with gates alone where the
// repository's automation runs its tests there. It has those gates that are run there, the
// components without tests of their own have none, and a library is one of these as far as
// a gate of it runs nowhere else.
func TestTheRootForAll(t *testing.T) {
	files := map[string]string{
		"pyproject.toml": "[project]\nname = 'all'\ndependencies = ['a', 'b']\n[project.scripts]\nall = 'a:main'\n[build-system]\nrequires = []\n[tool.pytest.ini_options]\n[tool.mypy]\n[tool.ruff]\n[dependency-groups]\ndev = ['ruff', 'mypy', 'pytest']\n" +
			"[tool.uv.workspace]\nmembers = ['packages/*']\n[tool.uv.sources]\na = {workspace = true}\nb = {workspace = true}\n",
		"uv.lock": "version = 1\n[[package]]\nname = 'all'\nsource = {editable = '.'}\ndependencies = [{name = 'a'}, {name = 'b'}]\n" +
			"[[package]]\nname = 'a'\nsource = {editable = 'packages/a'}\ndependencies = [{name = 'b'}]\n[[package]]\nname = 'b'\nsource = {editable = 'packages/b'}\n",
		"tests/test_all.py":         "",
		"Makefile":                  "check:\n\tuv run mypy\n\nlint:\n\tuv run ruff check\n\tuv run ruff format --check\n\ntest:\n\tuv run pytest -n auto\n",
		"packages/a/pyproject.toml": "[project]\nname = 'a'\ndependencies = ['b']\n[project.scripts]\na = 'a:main'\n[build-system]\nrequires = []\n", "packages/a/a/__init__.py": "",
		"packages/b/pyproject.toml": "[project]\nname = 'b'\n[build-system]\nrequires = []\n", "packages/b/b/__init__.py": "",
	}
	list, err := discover(tree(files))
	require.NoError(t, err)
	require.Len(t, list, 2)
	root, a := list[0], list[1]
	assert.Equal(t, "workspace", root.Name)
	assert.NotEmpty(t, root.NoImage)
	assert.Empty(t, root.Settings.Entrypoint)
	assert.Equal(t, []string{"lint", "format", "typecheck", "test"}, running(root))
	assert.Equal(t, "packages/a", a.Path)
	assert.Empty(t, a.NoImage)
	assert.Equal(t, []string{"lint", "format"}, running(a))
	assert.Equal(t, "workspace", a.CheckedBy)
	for _, file := range []string{"packages/a/a/x.py", "packages/b/b/x.py", "tests/test_all.py"} {
		plan, err := affected.Plan([]component.Component{root}, []string{file})
		require.NoError(t, err)
		assert.Len(t, plan, 1, file)
	}

	files["Makefile"] = "test:\n\tuv run pytest -n auto\n"
	files["packages/a/tests/test_a.py"] = ""
	list, err = discover(tree(files))
	require.NoError(t, err)
	require.Len(t, list, 3)
	assert.Equal(t, []string{"test"}, running(list[0]))
	assert.Equal(t, []string{"lint", "format", "typecheck", "test"}, running(list[1]))
	assert.Empty(t, list[1].CheckedBy)
	assert.Equal(t, []string{"lint", "format", "typecheck"}, running(list[2]), "the library's")

	files[".pre-commit-config.yaml"] = "repos:\n- repo: https://github.com/astral-sh/ruff-pre-commit\n  rev: v0.9.0\n  hooks:\n  - id: ruff\n"
	list, err = discover(tree(files))
	require.NoError(t, err)
	assert.Equal(t, []string{"lint", "test"}, running(list[0]), "a hook runs it there")
	delete(files, ".pre-commit-config.yaml")

	files["Makefile"] = "test:\n\tuv run pytest packages/a/tests\n\tuv run pytest tests\n"
	_, table := paths(t, files)
	assert.Contains(t, table, "Passed over: .: no component has the tests in tests.", "each has its own")

	files["Makefile"] = "test:\n\tcd packages/a && uv run pytest\n"
	_, table = paths(t, files)
	assert.Contains(t, table, "Passed over: .: no component has the tests in tests.")
}

// TestTheRootTakesNothing: what stands in for others is a root beside them. A repository with
// one project keeps its image, whatever runs its tests, and what is installed for the tests
// of a root is no library of it.
func TestTheRootTakesNothing(t *testing.T) {
	const checks = "check:\n\tuv sync --all-packages\n\tuv run ruff check .\n\tuv run mypy .\n\ntest:\n\tuv run pytest\n"
	const root = "[project]\nname = 'shop'\n[tool.pytest.ini_options]\n[tool.mypy]\n[tool.ruff]\n"
	const worker = "[project]\nname = 'worker'\n[project.scripts]\nworker = 'worker:main'\n[build-system]\nrequires = []\n"
	workspace := func(more map[string]string) map[string]string {
		files := map[string]string{
			"pyproject.toml": root + "[tool.uv.workspace]\nmembers = ['packages/*']\n", "Makefile": checks, "tests/test_a.py": "",
			"uv.lock": "version = 1\n[[package]]\nname = 'shop'\nsource = {virtual = '.'}\n[[package]]\nname = 'worker'\nsource = {editable = 'packages/worker'}\n" +
				"[[package]]\nname = 'lib'\nsource = {editable = 'packages/lib'}\n[[package]]\nname = 'pytest'\nversion = '9'\nsource = {registry = 'x'}\n",
			"packages/worker/pyproject.toml": worker, "packages/worker/worker/__init__.py": "",
		}
		for name, text := range more {
			files[name] = text
		}
		return files
	}
	const lib = "[project]\nname = 'lib'\n[build-system]\nrequires = []\n"
	for name, test := range map[string]struct {
		files         map[string]string
		images, alone []string
	}{
		"one project, with a script":    {map[string]string{"pyproject.toml": root + "[project.scripts]\nshop = 'cli:main'\n[build-system]\nrequires = []\n", "cli.py": "", "Makefile": checks, "tests/test_a.py": ""}, []string{"."}, nil},
		"a root with code":              {workspace(map[string]string{"house/__init__.py": "", "house/__main__.py": ""}), []string{".", "packages/worker"}, nil},
		"a root with a Dockerfile":      {workspace(map[string]string{"Dockerfile": "FROM scratch\n"}), []string{".", "packages/worker"}, nil},
		"Dockerfiles of others":         {workspace(map[string]string{"docker/Dockerfile": "FROM scratch\n", "Dockerfile.prod": "FROM scratch\n"}), []string{"packages/worker"}, []string{"."}},
		"a library with tests":          {workspace(map[string]string{"packages/lib/pyproject.toml": lib, "packages/lib/lib/__init__.py": "", "packages/lib/tests/test_b.py": ""}), []string{"packages/worker"}, []string{".", "packages/lib"}},
		"a directory of a matrix":       {workspace(map[string]string{"Makefile": "", ".github/workflows/a.yml": "jobs:\n  a:\n    steps:\n      - run: pytest\n        working-directory: packages/${{ matrix.package }}\n"}), []string{"packages/worker"}, nil},
		"what is excluded is not asked": {workspace(map[string]string{"pingvas-ci.toml": "[repository]\nexclude = ['legacy']\n"}), []string{"packages/worker"}, []string{"."}},
	} {
		list, err := discover(tree(test.files))
		require.NoError(t, err, name)
		var images, alone []string
		for _, c := range list {
			require.Empty(t, c.Fault, name)
			if c.NoImage == "" {
				images = append(images, c.Path)
			} else {
				alone = append(alone, c.Path)
			}
		}
		assert.Equal(t, test.images, images, name)
		assert.Equal(t, test.alone, alone, name)
	}

	// Types are left to the root where it looks at them.
	for line, left := range map[string]bool{"mypy .": true, "mypy packages tests": true, "mypy tests": false} {
		list, err := discover(tree(workspace(map[string]string{"Makefile": strings.ReplaceAll(checks, "mypy .", line)})))
		require.NoError(t, err)
		gate, _ := list[1].Gate("typecheck")
		assert.Equal(t, left, gate.Off != "", line)
	}
}
