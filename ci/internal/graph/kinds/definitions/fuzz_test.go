package definitions_test

import (
	"io/fs"
	"os"
	"testing"
	"testing/fstest"

	"github.com/stretchr/testify/require"

	"github.com/pingvas/pingvas-ci/ci/internal/component"
	"github.com/pingvas/pingvas-ci/ci/internal/names"
	"github.com/pingvas/pingvas-ci/ci/internal/plain"
)

// FuzzPyproject has the settings of a service be anything.
func FuzzPyproject(f *testing.F) {
	for _, text := range []string{
		"[project]\nname = \"a\"\nrequires-python = \">=3.13\"\n[tool.pingvas-ci]\nlibraries = [\"libs/common\", \"../b\"]\ncontext = \".\"\nplatforms = [\"linux/amd64\"]\n",
		"[tool.pingvas-ci]\nname = \"shop\"\ntarget = \"x\"\nsystem-packages = [\"libpq5=15\"]\ncache-volumes = [\"/root/.cache/models\"]\nport = 80\nhealth-path = \"/healthz\"\ntest-paths = [\"tests\"]\ncoverage-threshold = 80.5\nentrypoint = [\"a\"]\nbuild-args = {A = \"b\"}\nenvironment = {A = \"b\"}\n",
		"[tool.poetry]\nname = \"a\"\n[tool.poetry.dependencies]\npython = \"^3.12\"\n", "[tool]\npingvas-ci = 1\n", "[tool.pingvas-ci]\ndockerfile = \"../../libs\"\nname = \"A\\u001b\"\n",
	} {
		f.Add([]byte(text), "3.12\n")
	}
	f.Fuzz(func(t *testing.T, text []byte, version string) {
		sound(t, len(text)+len(version), tree(map[string]string{
			"services/a/pyproject.toml": string(text), "services/a/requirements.txt": "", "services/a/.python-version": version,
			"services/a/Dockerfile": "FROM scratch\nCOPY . .\n", "services/b/requirements.txt": "", "libs/common/pyproject.toml": string(text),
		}))
	})
}

// FuzzPackageJSON has a pnpm workspace and the manifest of a package of it be
// anything.
func FuzzPackageJSON(f *testing.F) {
	// The module may stand alone, without the project's examples.
	if text, err := os.ReadFile("../../../../../examples/studio/frontend/web/package.json"); err == nil {
		f.Add(text, []byte("packages: ['apps/*', 'packages/**', '!**/fixtures']\n"))
	}
	for text, workspace := range map[string]string{
		`{"name": "@p/web", "scripts": {"build": "x"}, "dependencies": {"@p/ui": "workspace:*", "react": "19"}, "packageManager": "pnpm@10.34.9+sha512.abc"}`: "packages: ['*/*', './packages/../x', '!a']\n",
		`{"pingvas-ci": {"platforms": ["linux/amd64"], "libraries": ["../../packages/ui"]}, "engines": {"node": ">=22 <24", "pnpm": "~9.1"}}`:                 "packages: ['**']\nonlyBuiltDependencies: [esbuild]\n",
		`{"pingvas-ci": [], "packageManager": "yarn@1"}`: "a: &a ['**', '**']\npackages: *a\n",
	} {
		f.Add([]byte(text), []byte(workspace))
	}
	f.Fuzz(func(t *testing.T, text, workspace []byte) {
		sound(t, len(text)+len(workspace), tree(map[string]string{
			"frontend/pnpm-workspace.yaml": string(workspace), "frontend/pnpm-lock.yaml": "", "frontend/package.json": `{"packageManager": "pnpm@10.34.9"}`,
			"frontend/apps/web/package.json": string(text), "frontend/apps/web/Dockerfile": "FROM scratch\n",
			"frontend/packages/ui/package.json": `{"name": "@p/ui", "scripts": {"build": "x"}}`,
		}))
	})
}

// sound checks that what is found lies in the repository, has names that can be put
// anywhere, and is told of without moving a terminal's cursor.
func sound(t *testing.T, size int, fsys fstest.MapFS) {
	found, err := component.Discover(fsys, kinds, nil)
	if err != nil {
		require.LessOrEqual(t, len(err.Error()), 4000+16*size)
		return
	}
	again, err := component.Discover(fsys, kinds, nil)
	require.NoError(t, err)
	require.Equal(t, found, again)
	for _, c := range found.Components {
		require.NoError(t, names.Component(c.Name))
		_, err := c.Inputs.Matcher()
		require.NoError(t, err)
		if c.Fault != "" {
			continue
		}
		for _, dir := range append([]component.Library{{Path: c.Path}}, c.Libraries...) {
			info, err := fs.Stat(fsys, dir.Path)
			require.NoError(t, err)
			require.True(t, info.IsDir())
		}
		for _, v := range c.Versions {
			require.Regexp(t, `^[0-9A-Za-z][0-9A-Za-z.+-]*$`, v.Value, v.Tool)
		}
		s := c.Settings
		if s.Dockerfile != "" {
			require.True(t, component.Exists(fsys, s.Dockerfile))
		}
		require.Contains(t, []string{"", "."}, s.Context)
		for _, words := range [][]string{s.Platforms, s.SystemPackages, s.BuildPackages, s.CacheVolumes, {s.Target, s.HealthPath}} {
			for _, word := range words {
				require.Regexp(t, `^([A-Za-z0-9/][A-Za-z0-9/._~?&=%:+-]*)?$`, word)
			}
		}
		for _, file := range s.TestPaths {
			require.NotRegexp(t, `^(-|/)|(^|/)\.\.(/|$)`, file)
		}
		for _, part := range c.Inputs.All() {
			require.True(t, fs.ValidPath(part.Dir), part.Dir)
		}
	}
	table := component.Table(found)
	require.Equal(t, plain.Text(table), table)
}
