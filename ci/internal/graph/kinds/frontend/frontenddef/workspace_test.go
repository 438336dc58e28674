package frontenddef_test

import (
	"testing"
	"testing/fstest"

	"github.com/stretchr/testify/require"

	"github.com/pingvas/pingvas-ci/ci/internal/component"
	"github.com/pingvas/pingvas-ci/ci/internal/graph/kinds/frontend/frontenddef"
)

// discover finds the frontends of a repository of path and content pairs.
func discover(files map[string]string) ([]component.Component, error) {
	fsys := fstest.MapFS{}
	for name, content := range files {
		fsys[name] = &fstest.MapFile{Data: []byte(content)}
	}
	found, err := component.Discover(fsys, []component.Definition{frontenddef.Definition{}}, nil)
	return found.Components, err
}

func TestPackagesOfAWorkspace(t *testing.T) {
	// At the repository's root and below it, the same workspace.
	for _, root := range []string{"", "frontend/"} {
		found, err := discover(map[string]string{
			root + "pnpm-workspace.yaml":            "packages: ['apps/*', 'packages/**', '!**/fixtures']\n",
			root + "pnpm-lock.yaml":                 "",
			root + "package.json":                   `{"packageManager": "pnpm@10.34.9"}`,
			root + ".nvmrc":                         "24\n",
			root + "apps/web/package.json":          `{"name": "@p/web", "scripts": {"build": "x"}, "dependencies": {"@p/ui": "workspace:*", "react": "19"}}`,
			root + "apps/admin/package.json":        `{"name": "@p/admin", "packageManager": "pnpm@9.15.9", "scripts": {"build": "x"}}`,
			root + "packages/ui/package.json":       `{"name": "@p/ui", "scripts": {"build": "x"}, "dependencies": {"@p/tokens": "workspace:^"}}`,
			root + "packages/deep/t/package.json":   `{"name": "@p/tokens"}`,
			root + "packages/fixtures/package.json": `{"name": "@p/f", "scripts": {"build": "x"}}`,
			"services/user/requirements.txt":        "",
		})
		require.NoError(t, err)
		frontends := found
		require.Len(t, frontends, 2, "a library and what the patterns leave out are no frontends")

		admin, web := frontends[0], frontends[1]
		require.Equal(t, root+"apps/admin", admin.Path)
		require.Equal(t, component.Version{Tool: "pnpm", Value: "9.15.9", Source: "packageManager"}, admin.Version("pnpm"))
		require.Empty(t, admin.Libraries)
		require.Equal(t, "web", web.Name)
		require.Equal(t, component.Version{Tool: "pnpm", Value: "10.34.9", Source: "packageManager"}, web.Version("pnpm"))
		require.Equal(t, component.Version{Tool: "node", Value: "24", Source: map[string]string{"": "repository .nvmrc", "frontend/": "frontend/.nvmrc"}[root]}, web.Version("node"))
		require.Equal(t, []component.Library{
			{Path: root + "packages/ui"}, {Path: root + "packages/deep/t", Via: root + "packages/ui"},
		}, web.Libraries)
		require.Equal(t, map[string]string{"": ".", "frontend/": "frontend"}[root], web.Workspace)
	}
}

// TestSettingsAreNoWorkspace: pnpm 10 keeps settings in the workspace's file.
func TestSettingsAreNoWorkspace(t *testing.T) {
	found, err := discover(map[string]string{
		"frontend/web/pnpm-workspace.yaml": "onlyBuiltDependencies: [esbuild]\n",
		"frontend/web/pnpm-lock.yaml":      "",
		"frontend/web/package.json":        `{"name": "web"}`,
	})
	require.NoError(t, err)
	require.Len(t, found, 1)
	require.Equal(t, "frontend", found[0].Name)
	require.Empty(t, found[0].Workspace)
}

func TestAPackageOfAWorkspaceIsAFrontendWhenItSaysSo(t *testing.T) {
	files := map[string]string{
		"pnpm-workspace.yaml":  "packages: ['*']\n",
		"pnpm-lock.yaml":       "",
		"docs/package.json":    `{"name": "docs", "pingvas-ci": {"platforms": ["linux/amd64"]}}`,
		"preview/package.json": `{"name": "preview"}`,
		"preview/Dockerfile":   "FROM scratch",
		"nothing/package.json": `{"name": "nothing"}`,
	}
	found, err := discover(files)
	require.NoError(t, err)
	require.Len(t, found, 2)
	files["pnpm-workspace.yaml"] = "packages: {"
	found, err = discover(files)
	require.NoError(t, err)
	require.Len(t, found, 1, "which its packages are, nobody knows")
	require.Contains(t, found[0].Fault, "pnpm-workspace.yaml: yaml: ")
	require.Contains(t, found[0].Fault, "Correct the YAML")
}
