package definitions_test

import (
	"maps"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pingvas/pingvas-ci/ci/internal/component"
)

// TestGatesOfAWorkspace: what a root checks of all of its workspace is a component with
// gates and without an image, and takes nothing from what lies below it.
func TestGatesOfAWorkspace(t *testing.T) {
	files := map[string]string{
		"pnpm-workspace.yaml": "packages: ['apps/*', 'packages/*']\n", "pnpm-lock.yaml": "",
		"apps/web/package.json":    `{"name": "web", "scripts": {"build": "vite build"}, "dependencies": {"ui": "workspace:*"}}`,
		"apps/web/index.html":      "",
		"packages/ui/package.json": `{"name": "ui", "scripts": {"test": "vitest run", "lint": "eslint ."}}`,
		"api/Dockerfile":           "FROM scratch\n", "api/go.mod": "module api\n",
	}
	find := func(root string) component.Found {
		all := maps.Clone(files)
		all["package.json"] = root
		found, err := component.Discover(tree(all), kinds, nil)
		require.NoError(t, err)
		return found
	}
	names := func(found component.Found) (names []string) {
		for _, c := range found.Components {
			require.Empty(t, c.Fault)
			names = append(names, c.Name)
		}
		return names
	}

	found := find(`{"scripts": {"lint": "eslint .", "test": "pnpm -r test"}}`)
	require.Equal(t, []string{"workspace", "api", "web"}, names(found))
	require.Empty(t, found.PassedOver)
	root := found.Components[0]
	assert.NotEmpty(t, root.NoImage)
	assert.Empty(t, root.Libraries, "a plain install builds none")
	lint, _ := root.Gate("lint")
	assert.Empty(t, lint.Off)
	test, _ := root.Gate("test")
	assert.Contains(t, test.Off, `"pingvas-ci": {}`, "it is the packages' own")
	assert.Contains(t, component.Table(found), "none, gates alone")
	assert.Len(t, component.Delivered(found.Components), 2)

	asked := find(`{"scripts": {"lint": "eslint .", "test": "pnpm -r test"}, "pingvas-ci": {}}`)
	require.Equal(t, []string{"workspace", "api", "web"}, names(asked))
	test, _ = asked.Components[0].Gate("test")
	assert.Empty(t, test.Off)

	files["docker/Dockerfile"], files["services/workspace/Dockerfile"], files["services/workspace/go.mod"] = "FROM scratch\n", "FROM scratch\n", "module workspace\n"
	beside := find(`{"scripts": {"lint": "eslint ."}}`)
	require.Equal(t, []string{"workspace-root", "api", "web", "workspace"}, names(beside))
	assert.NotEmpty(t, beside.Components[0].NoImage, "that Dockerfile is not its own")
	only, err := component.FindOf(beside.Components, "frontend", "")
	require.NoError(t, err)
	assert.Equal(t, "web", only.Name)
	for file := range maps.Keys(files) {
		if strings.HasPrefix(file, "services/") || strings.HasPrefix(file, "docker/") {
			delete(files, file)
		}
	}

	packages := find(`{"scripts": {"lint": "turbo run lint", "test": "turbo run test"}}`)
	require.Equal(t, []string{"api", "web"}, names(packages))
	require.Equal(t, []string{`.: its scripts lint, test run those of its packages, and no component has those of packages/ui; to have them run, write "pingvas-ci": {} in package.json`}, packages.PassedOver)

	require.Equal(t, []string{"api", "web"}, names(find(`{"scripts": {"prepare": "husky"}, "pingvas-ci": {"repository": {"exclude": ["docs"]}}}`)))
}

// TestOtherDockerfiles: one with an end of its own is not taken, and is said.
func TestOtherDockerfiles(t *testing.T) {
	found, err := component.Discover(tree(map[string]string{
		"apps/web/package.json": `{"scripts": {"build": "x"}}`, "apps/web/pnpm-lock.yaml": "", "apps/web/Dockerfile.web": "FROM scratch\n", "apps/web/Dockerfile.dev": "FROM scratch\n",
		"apps/api/requirements.txt": "", "apps/api/Dockerfile.test": "FROM scratch\n", "apps/api/Dockerfile.dockerignore": "*\n",
	}), kinds, nil)
	require.NoError(t, err)
	require.Equal(t, []string{`apps/web/Dockerfile.web: the built-in recipe makes the image of web; to have it made by this, set dockerfile to "Dockerfile.web" in apps/web/package.json`}, found.PassedOver)
}
