package frontenddef_test

import (
	"testing"
	"testing/fstest"

	"github.com/stretchr/testify/require"

	"github.com/pingvas/pingvas-ci/ci/internal/component"
	"github.com/pingvas/pingvas-ci/ci/internal/graph/kinds/frontend/frontenddef"
	"github.com/pingvas/pingvas-ci/ci/internal/inputs"
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

// counts tells whether a file is among inputs.
func counts(t *testing.T, of inputs.Inputs, file string) bool {
	t.Helper()
	matcher, err := of.Matcher()
	require.NoError(t, err)
	why, err := matcher.Why(file)
	require.NoError(t, err)
	return why != ""
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

// TestALockOfAPackageItself counts for nothing in a workspace, as to pnpm.
func TestALockOfAPackageItself(t *testing.T) {
	found, err := discover(map[string]string{
		"pnpm-workspace.yaml": "packages: ['web']\n", "pnpm-lock.yaml": "lockfileVersion: '9.0'\n", "package.json": `{"packageManager": "pnpm@9.15.3"}`,
		"web/package.json": `{"scripts": {"build": "x"}}`, "web/pnpm-lock.yaml": "lockfileVersion: '6.0'\n",
	})
	require.NoError(t, err)
	require.Len(t, found, 1)
	require.Equal(t, component.Version{Tool: "pnpm", Value: "9.15.3", Source: "packageManager"}, found[0].Version("pnpm"))
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

// affects tells which of the files a component is made of.
func affects(t *testing.T, c component.Component, files ...string) map[string]bool {
	t.Helper()
	matcher, err := c.Inputs.Matcher()
	require.NoError(t, err)
	found := map[string]bool{}
	for _, file := range files {
		why, err := matcher.Why(file)
		require.NoError(t, err)
		found[file] = why != ""
	}
	return found
}

// TestWhatAnInstallReads is there, and nothing else of what lies beside.
func TestWhatAnInstallReads(t *testing.T) {
	found, err := discover(map[string]string{
		"shop/pnpm-workspace.yaml": "packages: ['apps/*', 'packages/*']\npnpmfile: tools/hooks.cjs\npatchedDependencies: {ms@2.1.3: changes/ms.patch}\n",
		"shop/pnpm-lock.yaml": "lockfileVersion: '9.0'\n\npackages:\n  '@a/loose@file:../libs/loose':\n    resolution: {directory: ../libs/loose, type: directory}\n" +
			"  v@file:vendor/v.tgz:\n    resolution: {integrity: sha512-x, tarball: file:vendor/v.tgz}\n",
		"shop/package.json":                   `{"scripts": {"postinstall": "node scripts/made.mjs"}, "pnpm": {"patchedDependencies": {"a@1": "old/a.patch"}}}`,
		"shop/scripts/made.mjs":               "",
		"shop/changes/ms.patch":               "",
		"shop/changes/other.patch":            "",
		"shop/old/a.patch":                    "",
		"shop/tools/hooks.cjs":                "",
		"shop/vendor/v.tgz":                   "",
		"shop/unread/x":                       "",
		"shop/types/global.d.ts":              "",
		"shop/types/deep/x.d.ts":              "",
		"libs/loose/deep/index.js":            "",
		"shop/apps/web/package.json":          `{"name": "web", "scripts": {"build": "x"}, "dependencies": {"ui": "workspace:@a/ui@*"}, "optionalDependencies": {"theme": "workspace:../../packages/theme"}}`,
		"shop/apps/web/tsconfig.json":         `{"include": ["src", "../../types/global.d.ts", "../../packages/other/x.ts"]}`,
		"shop/packages/ui/package.json":       `{"name": "@a/ui", "bin": {"ui": "bin/ui.js"}, "dependencies": {"linked": "link:../../../libs/linked"}}`,
		"shop/packages/ui/bin/ui.js":          "",
		"shop/packages/theme/package.json":    `{"name": "@a/theme", "scripts": {"build": "x"}}`,
		"shop/packages/other/package.json":    `{"name": "other", "types": "x.d.ts", "scripts": {"build": "tsc"}}`,
		"libs/linked/index.js":                "",
		"shop/packages/other/x.ts":            "",
		"shop/packages/other/deep/index.html": "",
	})
	require.NoError(t, err)
	require.Len(t, found, 1, "what is for others to import is no application")
	require.Equal(t, []component.Library{
		{Path: "shop/packages/ui"}, {Path: "shop/packages/theme"}, {Path: "shop/packages/other", Called: "its configuration names it"},
		{Path: "libs/linked", Via: "shop/packages/ui"},
	}, found[0].Libraries)
	require.Equal(t, map[string]bool{
		"shop/changes/ms.patch": true, "shop/changes/other.patch": false, "shop/old/a.patch": true, "shop/tools/hooks.cjs": true, "shop/vendor/v.tgz": true,
		"shop/unread/x": false, "libs/loose/deep/index.js": true, "libs/linked/index.js": true, "shop/packages/ui/bin/ui.js": true, "shop/packages/other/package.json": true,
		"shop/packages/other/x.ts": true, "shop/scripts/made.mjs": true, "shop/types/deep/x.d.ts": true,
	}, affects(t, found[0], "shop/changes/ms.patch", "shop/changes/other.patch", "shop/old/a.patch", "shop/tools/hooks.cjs", "shop/vendor/v.tgz", "shop/unread/x",
		"libs/loose/deep/index.js", "libs/linked/index.js", "shop/packages/ui/bin/ui.js", "shop/packages/other/package.json", "shop/packages/other/x.ts", "shop/scripts/made.mjs", "shop/types/deep/x.d.ts"))
}

// TestWhatScriptsCall is there without being a dependency, and stays a component.
func TestWhatScriptsCall(t *testing.T) {
	for script, called := range map[string][]string{
		"pnpm --filter @a/mail run build && vite build": {"apps/mail"}, "pnpm -F mail build && next build": {"apps/mail"}, "vite build --config ../mail/x.ts": {"apps/mail"},
		"turbo run generate --filter=@a/gen... && vite build": {"packages/gen"}, "pnpm --filter '@a/*' generate; vite build": {"apps/mail", "packages/gen"},
		"pnpm -C ../../packages/gen generate && vite build": {"packages/gen"}, "pnpm --filter ./packages/gen x && vite build": {"packages/gen"},
		"pnpm -w run all && vite build": {"apps/mail", "packages/gen"}, "pnpm -w one && vite build": {"packages/gen"},
		"pnpm -w run in && vite build": {"packages/gen"}, "pnpm run --workspace-root dir && vite build": {"packages/gen"}, "nx run gen:x && vite build": {"packages/gen"},
		"vite build": nil, "pnpm --filter . x && vite build": nil, "pnpm --filter '!@a/gen' x && vite build": nil, "node ../../tools/x.mjs": nil,
	} {
		found, err := discover(map[string]string{
			"pnpm-workspace.yaml":       "packages: ['apps/*', 'packages/*']\n",
			"pnpm-lock.yaml":            "",
			"package.json":              `{"scripts": {"all": "pnpm -r generate", "one": "pnpm --filter gen x", "in": "cd packages/gen && pnpm x", "dir": "pnpm --dir packages/gen x"}}`,
			"apps/web/package.json":     `{"name": "web", "scripts": {"build": "` + script + `", "clean": "pnpm -r clean", "dev": "cd ../../apps/mail && pnpm dev"}}`,
			"apps/mail/package.json":    `{"name": "@a/mail", "scripts": {"build": "x", "test": "pnpm --filter web build"}}`,
			"packages/gen/package.json": `{"name": "@a/gen"}`,
		})
		require.NoError(t, err)
		require.Len(t, found, 2, script)
		var got []string
		for _, l := range found[1].Libraries {
			got = append(got, l.Path)
			require.Equal(t, "its scripts call it", l.Called)
		}
		require.Equal(t, called, got, script)
	}
}

// TestContextsOfPackages: a Dockerfile that is written for the repository's root is
// given that.
func TestContextsOfPackages(t *testing.T) {
	for text, context := range map[string]string{
		"COPY . .\nRUN pnpm install --frozen-lockfile\n": ".", "COPY . .\nRUN turbo prune web --docker\n": ".", "COPY pnpm-lock.yaml package.json ./\n": ".",
		"COPY apps/web/nginx.conf /\n": ".", "COPY packages/*/package.json ./\n": ".",
		"COPY . .\nRUN npm install\n": "", "COPY package.json .\n": "", "COPY nothing /\n": "",
		"COPY package.json .npmrc* ./\n": "", "COPY apps/web/nginx.conf nothing /\n": "",
	} {
		found, err := discover(map[string]string{
			"pnpm-workspace.yaml": "packages: ['apps/*', 'packages/*']\n", "pnpm-lock.yaml": "", "package.json": "{}", "packages/ui/package.json": "{}", ".npmrc": "",
			"apps/web/package.json": `{"name": "web", "scripts": {"build": "x"}}`, "apps/web/nginx.conf": "", "apps/web/Dockerfile": "FROM node:22-slim\n" + text,
		})
		require.NoError(t, err)
		require.Len(t, found, 1, text)
		require.Empty(t, found[0].Fault)
		require.Equal(t, context, found[0].Settings.Context, text)
	}
}

// TestAnApplicationAtTheRootOfAWorkspace is told from what runs its packages' scripts.
func TestAnApplicationAtTheRootOfAWorkspace(t *testing.T) {
	for script, is := range map[string]bool{"vite build": true, "turbo run build": false, "pnpm -r build": false, "pnpm --filter web build": false, "next build": true} {
		for _, root := range []string{"", "shop/"} {
			found, err := discover(map[string]string{
				root + "pnpm-workspace.yaml":      "packages: ['packages/*']\n",
				root + "pnpm-lock.yaml":           "",
				root + "package.json":             `{"name": "store", "scripts": {"build": "` + script + `"}, "dependencies": {"ui": "workspace:*"}}`,
				root + "packages/ui/package.json": `{"name": "ui", "scripts": {"build": "x"}}`,
				"other/pnpm-lock.yaml":            "",
				"other/package.json":              `{"scripts": {"build": "x"}}`,
			})
			require.NoError(t, err)
			require.Equal(t, is, len(found) == 2, "%s at %q", script, root)
		}
	}
}

// TestVersionsOfPnpm: by what somebody wrote, else by the lock file.
func TestVersionsOfPnpm(t *testing.T) {
	for manifest, want := range map[string]component.Version{
		`{"packageManager": "pnpm@9.1.0+sha512.abc"}`:                                                    {Value: "9.1.0", Source: "packageManager"},
		`{"packageManager": "pnpm@^10"}`:                                                                 {Value: "10", Source: "packageManager"},
		`{"packageManager": "pnpm@10.1"}`:                                                                {Value: "10.1.0", Source: "packageManager"},
		`{"devEngines": {"packageManager": {"name": "pnpm", "version": "11.0.0"}}}`:                      {Value: "11.0.0", Source: "devEngines.packageManager"},
		`{"devEngines": {"packageManager": [{"name": "npm"}, {"name": "pnpm", "version": ">=12 <13"}]}}`: {Value: "12", Source: "devEngines.packageManager"},
		`{"engines": {"pnpm": "11.5.x"}}`:                                                                {Value: "11.5.0", Source: "engines.pnpm"},
		`{"engines": {"pnpm": ">=8"}}`:                                                                   {Value: "8", Source: "engines.pnpm"},
		`{"engines": {"pnpm": ">=11"}}`:                                                                  {Value: "11", Source: "engines.pnpm"},
		`{}`:                                                                                             {Value: "8", Source: "pnpm-lock.yaml"},
	} {
		found, err := discover(map[string]string{"web/package.json": manifest, "web/pnpm-lock.yaml": "lockfileVersion: '6.0'\n"})
		require.NoError(t, err)
		want.Tool = "pnpm"
		require.Equal(t, want, found[0].Version("pnpm"), manifest)
	}
	for manifest, says := range map[string]string{
		`{"engines": {"pnpm": ">=99"}}`:      `web/package.json: engines.pnpm ">=99": none of 9, 10, 11, 12, 8, 7 fits. Widen the range`,
		`{"packageManager": "yarn@4.0.0"}`:   `web/package.json: packageManager "yarn@4.0.0" is no version of pnpm. Write pnpm@VERSION`,
		`{"packageManager": "pnpm@nothing"}`: `is no version of pnpm`,
	} {
		found, err := discover(map[string]string{"web/package.json": manifest, "web/pnpm-lock.yaml": "", "other/package.json": "{}", "other/pnpm-lock.yaml": ""})
		require.NoError(t, err)
		require.Empty(t, found[0].Fault)
		require.Contains(t, found[1].Fault, says)
	}
	found, err := discover(map[string]string{"web/package.json": "{}", "web/pnpm-lock.yaml": "lockfileVersion: '9.0'\n", "web/mise.toml": "[tools]\npnpm = 'latest'\nnode = 'lts'\n"})
	require.NoError(t, err)
	require.Equal(t, component.Version{Tool: "pnpm", Value: "12", Source: "mise.toml"}, found[0].Version("pnpm"))
	require.Equal(t, component.Version{Tool: "node", Value: "26", Source: "mise.toml"}, found[0].Version("node"))
}

// TestPackagesInAComponent: the programs of those that lie in one are linked, as they
// are there.
func TestPackagesInAComponent(t *testing.T) {
	found, err := discover(map[string]string{
		"shop/pnpm-workspace.yaml": "packages: ['packages/*']\n", "shop/pnpm-lock.yaml": "", "shop/package.json": `{"scripts": {"build": "vite build"}}`,
		"shop/packages/tool/package.json": `{"name": "tool", "bin": "bin/tool.js"}`, "shop/packages/tool/bin/tool.js": "",
	})
	require.NoError(t, err)
	require.Len(t, found, 1)
	require.Contains(t, found[0].Inputs.Manifests, inputs.Part{Dir: "shop/packages/tool/bin", Include: []string{"tool.js"}, Why: "the lock of its packages, or what their install reads"})
}

// TestVolta pins versions, too.
func TestVolta(t *testing.T) {
	found, err := discover(map[string]string{
		"pnpm-workspace.yaml": "packages: ['apps/*']\n", "pnpm-lock.yaml": "lockfileVersion: '9.0'\n", "package.json": `{"volta": {"node": "20.11.1", "pnpm": "10.2.0"}}`,
		"apps/web/package.json": `{"scripts": {"build": "x"}, "volta": {"extends": "../../package.json"}}`,
	})
	require.NoError(t, err)
	require.Equal(t, component.Version{Tool: "node", Value: "20.11.1", Source: "volta.node"}, found[0].Version("node"))
	require.Equal(t, component.Version{Tool: "pnpm", Value: "10.2.0", Source: "volta.pnpm"}, found[0].Version("pnpm"))
}

// TestOtherManagers: what they lock is passed over, with the command that makes it one.
func TestOtherManagers(t *testing.T) {
	fsys := fstest.MapFS{}
	for name, content := range map[string]string{
		"a/package.json": `{"scripts": {"build": "x"}, "workspaces": ["packages/*"]}`, "a/package-lock.json": "{}", "a/packages/p/package.json": `{"scripts": {"build": "x"}}`,
		"b/package.json": `{"scripts": {"dev": "x"}, "packageManager": "bun@1.2.0"}`, "b/bun.lock": "", "c/package.json": `{"scripts": {"build": "x"}}`,
		"d/package.json": `{"devDependencies": {"husky": "9"}}`, "d/yarn.lock": "", "docs/package.json": `{"scripts": {"build": "x"}}`, "docs/yarn.lock": "",
		"g/package.json": "{}", "g/pnpm-lock.yaml": "", "g/pnpm-workspace.yaml": "packages: ['packages/*']\n", "g/packages/p/package.json": `{"scripts": {"dev": "x"}}`, "g/website/package.json": `{"scripts": {"build": "gatsby build"}}`,
		"g/packages/app/package.json": `{"name": "app", "exports": "./x.js", "scripts": {"build": "vite build"}}`, "g/packages/app/index.html": "", "g/packages/shell/package.json": `{"dependencies": {"app": "workspace:*"}}`,
		"e/package.json": "{}", "e/pnpm-lock.yaml": "", "f/package.json5": "{}", "f/pnpm-lock.yaml": "",
	} {
		fsys[name] = &fstest.MapFile{Data: []byte(content)}
	}
	found, err := component.Discover(fsys, []component.Definition{frontenddef.Definition{}}, nil)
	require.NoError(t, err)
	require.Len(t, found.Components, 1)
	require.Equal(t, []string{
		"a: npm locks its packages (package-lock.json), and pnpm those of a frontend. To have it be one, name its workspaces in pnpm-workspace.yaml (packages: [\"packages/*\"]), run `pnpm import` in a and commit pnpm-lock.yaml",
		"b: bun locks its packages (bun.lock), and pnpm those of a frontend. To have it be one, take packageManager \"bun@1.2.0\" out of package.json, run `pnpm install` in b and commit pnpm-lock.yaml",
		"c: nothing locks its packages, and pnpm those of a frontend. To have it be one, run `pnpm install` in c and commit pnpm-lock.yaml",
		"f: its manifest is a package.json5, which pnpm alone reads. To have it be one, write it as package.json",
		"g/packages/app: its build writes a site, and it is taken for a library, as it is there for others to import, or another package is built from it. To have an image of it, write \"pingvas-ci\": {} in g/packages/app/package.json",
		"g/website: it is no package of the workspace in g, and nothing locks its packages. To have it be one, add g/website to packages in g/pnpm-workspace.yaml, run `pnpm install` there and commit pnpm-lock.yaml",
	}, found.PassedOver)
}

// TestMarkdownThatIsBuilt: pages are Markdown, and scripts copy what is else for people.
func TestMarkdownThatIsBuilt(t *testing.T) {
	files := map[string]string{
		"pnpm-workspace.yaml": "packages: ['*']\n", "pnpm-lock.yaml": "",
		"web/package.json": `{"scripts": {"build": "slidev build"}, "dependencies": {"ui": "workspace:*"}}`, "web/slides.md": "", "web/README.md": "",
		"ui/package.json": `{"name": "ui", "scripts": {"build": "tsc && cp README.md LICENSE dist"}}`, "ui/README.md": "", "ui/LICENSE": "", "ui/CHANGELOG.md": "",
	}
	found, err := discover(files)
	require.NoError(t, err)
	require.Len(t, found, 1)
	// Above, and in a library, what is for readers is no page but of what makes pages of it.
	files["web/package.json"] = `{"scripts": {"build": "vitepress build"}, "dependencies": {"ui": "workspace:*"}, "devDependencies": {"vitepress": "1"}}`
	pages, err := discover(files)
	require.NoError(t, err)
	for _, file := range []string{"CHANGELOG.md", "ui/CHANGELOG.md"} {
		require.False(t, affects(t, found[0], file)[file], file)
		require.True(t, affects(t, pages[0], file)[file], file)
	}
	for file, want := range map[string]struct{ check, image bool }{
		"web/slides.md": {true, true}, "web/README.md": {true, true}, "ui/README.md": {true, true}, "ui/LICENSE": {true, true}, "ui/CHANGELOG.md": {false, false}, "ui/intro.md": {true, true},
	} {
		require.Equal(t, want.check, counts(t, inputs.Inputs{Check: found[0].Inputs.Check}, file), file)
		require.Equal(t, want.image, counts(t, inputs.Inputs{Image: found[0].Inputs.Image}, file), file)
	}
}

// TestTestsThatAreMeasured go first where somebody has set how much they are to cover,
// which nothing else judges. Else the developer's own are those of test.
func TestTestsThatAreMeasured(t *testing.T) {
	const both = `"scripts": {"test": "vitest run", "test:coverage": "vitest run --coverage"}`
	for name, test := range map[string]struct {
		files map[string]string
		want  string
	}{
		"no threshold":           {map[string]string{"package.json": "{" + both + "}", "vite.config.ts": "export default { test: { coverage: { provider: 'v8' } } }"}, "test"},
		"Vitest's":               {map[string]string{"package.json": "{" + both + "}", "vitest.config.ts": "test: {\n  coverage: {\n    thresholds: { lines: 80 },"}, "test:coverage"},
		"one that is a comment":  {map[string]string{"package.json": "{" + both + "}", "vitest.config.ts": "coverage: {\n    // thresholds: { lines: 80 },"}, "test"},
		"Jest's":                 {map[string]string{"package.json": "{" + both + `, "jest": {"coverageThreshold": {}}}`}, "test:coverage"},
		"c8's":                   {map[string]string{"package.json": "{" + both + "}", ".c8rc.json": `{"check-coverage": true}`}, "test:coverage"},
		"ours":                   {map[string]string{"package.json": "{" + both + `, "pingvas-ci": {"coverageThreshold": 70}}`}, "test:coverage"},
		"the script's":           {map[string]string{"package.json": `{"scripts": {"test": "x", "test:coverage": "vitest --coverage.thresholds.lines=3"}}`}, "test:coverage"},
		"a threshold of no test": {map[string]string{"package.json": `{"scripts": {"test": "vitest"}}`, "vitest.config.ts": "thresholds: {}"}, "test"},
		"what test runs itself":  {map[string]string{"package.json": `{"scripts": {"test": "pnpm run /^test:/", "test:version": "x", "test:coverage": "vitest --coverage"}}`, ".c8rc.json": `{"check-coverage": true}`}, "test"},
		"nothing else":           {map[string]string{"package.json": `{"scripts": {"test:coverage": "vitest --coverage"}}`}, "test:coverage"},
	} {
		files := map[string]string{"web/pnpm-lock.yaml": ""}
		for file, text := range test.files {
			files["web/"+file] = text
		}
		found, err := discover(files)
		require.NoError(t, err)
		require.Len(t, found, 1)
		tool, _ := found[0].Tool("test")
		require.Equal(t, []string{test.want}, tool.Arguments, name)
	}
}

// TestLocksOfPackages are there where a workspace shares none, with what they name in the
// repository.
func TestLocksOfPackages(t *testing.T) {
	const patches = "lockfileVersion: '9.0'\npatchedDependencies:\n  a@1.0.0:\n    hash: x\n    path: ../patches/a.patch\n"
	for settings, own := range map[string]bool{"shared-workspace-lockfile=false\n": true, "shared-workspace-lockfile=true\n": false, "": false} {
		found, err := discover(map[string]string{
			"pnpm-workspace.yaml": "packages: ['web', 'ui']\n", "pnpm-lock.yaml": "", "package.json": "{}", ".npmrc": settings, "patches/a.patch": "",
			"web/package.json": `{"scripts": {"build": "x"}}`, "web/pnpm-lock.yaml": "", "ui/package.json": `{"name": "ui"}`, "ui/pnpm-lock.yaml": patches,
		})
		require.NoError(t, err)
		require.Len(t, found, 1)
		require.True(t, counts(t, inputs.Inputs{Check: found[0].Inputs.Locks}, "pnpm-lock.yaml"))
		for _, file := range []string{"web/pnpm-lock.yaml", "ui/pnpm-lock.yaml", "patches/a.patch"} {
			require.Equal(t, own, counts(t, inputs.Inputs{Check: found[0].Inputs.Locks}, file), file)
		}
	}
}

// TestNoLockAtTheRoot is a workspace all the same where its packages have theirs, and the
// pnpm is that of a package's lock.
func TestNoLockAtTheRoot(t *testing.T) {
	found, err := discover(map[string]string{
		"pnpm-workspace.yaml": "packages: ['web', 'ui']\nsharedWorkspaceLockfile: false\n",
		"web/package.json":    `{"scripts": {"build": "x"}, "dependencies": {"ui": "workspace:*"}}`, "web/pnpm-lock.yaml": "lockfileVersion: '9.0'\n",
		"ui/package.json": `{"name": "ui", "scripts": {"build": "x"}}`, "ui/pnpm-lock.yaml": "lockfileVersion: '9.0'\n",
	})
	require.NoError(t, err)
	require.Len(t, found, 1)
	require.Equal(t, ".", found[0].Workspace)
	require.Equal(t, []component.Library{{Path: "ui"}}, found[0].Libraries)
	require.Contains(t, found[0].Versions, component.Version{Tool: "pnpm", Value: "10", Source: "pnpm-lock.yaml"})
	require.False(t, counts(t, inputs.Inputs{Check: found[0].Inputs.Locks}, "pnpm-lock.yaml"))
	require.True(t, counts(t, inputs.Inputs{Check: found[0].Inputs.Locks}, "ui/pnpm-lock.yaml"))
}

// TestTasksOfTurborepo: what it runs of a package itself before a script runs before that, what
// never ends is no gate, and what packages mend is looked for.
func TestTasksOfTurborepo(t *testing.T) {
	const root = `{"scripts": {"lint": "turbo run lint", "test": "turbo run test", "test:ci": "turbo run test:ci"}, "devDependencies": {"turbo": "2"}}`
	files := map[string]string{
		"pnpm-workspace.yaml": "packages: ['apps/*', 'packages/*']\n", "pnpm-lock.yaml": "", "package.json": root,
		"turbo.json": `{
			// It has comments.
			"tasks": {"check-types": {"dependsOn": ["^check-types", "typegen"]}, "typegen": {"dependsOn": ["prepare:typegen", "gone"]}, "test": {"persistent": true}, "build": {"dependsOn": ["^build", "typegen"]},
			"other#lint": {"dependsOn": ["typegen"]},},
		}`,
		"apps/web/package.json":    `{"name": "web", "scripts": {"build": "next build", "check-types": "tsc", "typegen": "next typegen", "prepare:typegen": "x", "lint": "eslint"}}`,
		"packages/ui/package.json": `{"name": "ui", "scripts": {"lint": "eslint --fix", "test:ci": "vitest run"}}`,
	}
	found, err := discover(files)
	require.NoError(t, err)
	require.Len(t, found, 2)
	rootOf, web := found[0], found[1]
	types, _ := web.Tool("typecheck")
	require.Equal(t, []string{"pnpm run prepare:typegen", "pnpm run typegen"}, types.Before)
	build, _ := web.Tool("build")
	require.Equal(t, []string{"pnpm run prepare:typegen", "pnpm run typegen"}, build.Before)
	lint, _ := web.Tool("lint")
	require.Empty(t, lint.Before)
	require.False(t, lint.Mends)
	lint, _ = rootOf.Tool("lint")
	require.True(t, lint.Mends)
	tests, _ := rootOf.Tool("test")
	require.Equal(t, []string{"test:ci"}, tests.Arguments)

	files["apps/web/turbo.json"] = `{"extends": ["//"], "tasks": {"check-types": {"dependsOn": []}}}`
	found, err = discover(files)
	require.NoError(t, err)
	types, _ = found[1].Tool("typecheck")
	require.Empty(t, types.Before)
}

// TestRootsThatBuild: a root with packages builds something of its own where that is a site, a
// server or an image.
func TestRootsThatBuild(t *testing.T) {
	for name, test := range map[string]struct {
		root  string
		files map[string]string
		image bool
	}{
		"packages, by a script of its own": {`{"private": true, "scripts": {"build": "node scripts/build.js", "test": "vitest"}}`, nil, false},
		"a page":                           {`{"scripts": {"build": "node scripts/build.js"}}`, map[string]string{"index.html": ""}, true},
		"a site":                           {`{"scripts": {"build": "pnpm -r build && next build"}}`, nil, true},
		"an image":                         {`{"scripts": {"build": "node scripts/build.js"}}`, map[string]string{"Dockerfile": "FROM node\n"}, true},
		"a server":                         {`{"scripts": {"build": "node scripts/build.js", "start": "node dist/server.js"}}`, nil, true},
		"a library that its authors start": {`{"exports": "./dist/a.js", "files": ["dist"], "scripts": {"build": "rollup -c", "start": "pnpm build && cd ./app && pnpm install && pnpm run dev"}}`, nil, false},
	} {
		files := map[string]string{"pnpm-workspace.yaml": "packages: ['packages/*']\n", "pnpm-lock.yaml": "", "package.json": test.root, "packages/a/package.json": `{"name": "a", "scripts": {"test": "vitest"}}`}
		for file, text := range test.files {
			files[file] = text
		}
		found, err := discover(files)
		require.NoError(t, err)
		require.Len(t, found, 1, name)
		require.Equal(t, test.image, found[0].NoImage == "", name)
	}
}
