package frontenddef_test

import (
	"maps"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/pingvas/pingvas-ci/ci/internal/component"
)

// TestTasksOfNx stand for gates without a script, wherever Nx has them from.
func TestTasksOfNx(t *testing.T) {
	repository := map[string]string{
		"pnpm-workspace.yaml": "packages: ['apps/*', 'libs/*']\n",
		"pnpm-lock.yaml":      "",
		"package.json":        `{"devDependencies": {"nx": "22.0.0"}}`,
		"nx.json": `{"plugins": [
			{"plugin": "@nx/eslint/plugin", "options": {"targetName": "check"}}, "@nx/jest/plugin", {"plugin": "@nx/js/typescript", "options": {"typecheck": {"targetName": "types:check"}}},
			{"plugin": "@nx/vite/plugin", "options": {"testTargetName": "vitest"}}
		]}`,
		"eslint.config.mjs":            "",
		"apps/admin/package.json":      `{"name": "@a/admin", "nx": {"name": "admin", "targets": {"typecheck": {}}}, "scripts": {"test": "node --test"}}`,
		"apps/admin/project.json":      `{"targets": {"build": {}, "lint": {}}}`,
		"apps/web/package.json":        `{"name": "web"}`,
		"apps/web/index.html":          "",
		"apps/web/vite.config.ts":      "export default { test: {} };",
		"libs/ui/package.json":         `{"name": "ui", "exports": "./index.js"}`,
		"libs/ui/project.json":         `{"targets": {"build": {}}}`,
		"libs/util/package.json":       `{"name": "util"}`,
		"libs/util/project.json":       `{"projectType": "library", "targets": {"build": {}}}`,
		"apps/node_modules/x/nx.json":  "{",
		"apps/admin/tsconfig.app.json": "{}",
	}
	found, err := discover(repository)
	require.NoError(t, err)
	require.Len(t, found, 2)
	admin, web := found[0], found[1]
	nx := func(gate, task, source string) component.Tool {
		return component.Tool{Name: gate, Gate: gate, Source: source, Arguments: []string{"nx", task}}
	}
	require.Equal(t, []component.Tool{
		nx("lint", "admin:lint", "project.json"), nx("typecheck", "admin:typecheck", "package.json"),
		{Name: "test", Gate: "test", Source: "apps/admin/package.json", Arguments: []string{"test"}}, nx("build", "admin:build", "project.json"),
	}, admin.Tools)
	require.Equal(t, []component.Tool{nx("test", "web:vitest", "nx.json"), nx("build", "web:build", "nx.json")}, web.Tools)
	require.Equal(t, map[string]bool{"libs/ui/project.json": true, "libs/ui/x.js": false}, affects(t, web, "libs/ui/project.json", "libs/ui/x.js"))

	next := maps.Clone(repository)
	next["nx.json"] = `{"plugins": [{"plugin": "@nx/js/typescript", "options": {"typecheck": {"targetName": "types:check"}}}]}`
	next["apps/web/package.json"], next["apps/web/tsconfig.json"] = `{"name": "web", "scripts": {"build": "next build"}}`, "{}"
	checks := []component.Tool{nx("typecheck", "web:types:check", "nx.json")}
	for range 2 {
		found, err = discover(next)
		require.NoError(t, err)
		require.Equal(t, checks, found[1].Tools)
		// Nx checks no types of what Next.js builds.
		next["apps/web/next.config.mjs"], checks = "", nil
	}

	without := maps.Clone(repository)
	without["package.json"] = "{}"
	found, err = discover(without)
	require.NoError(t, err)
	require.Len(t, found, 1, "nobody can run Nx that is not installed: the root is left")
	require.Equal(t, ".", found[0].Path)
}
