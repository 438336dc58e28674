package definitions_test

import (
	"fmt"
	"maps"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pingvas/pingvas-ci/ci/internal/component"
	"github.com/pingvas/pingvas-ci/ci/internal/inputs"
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
	assert.Empty(t, test.Off, "nothing else runs that of packages/ui")
	assert.Contains(t, component.Table(found), "none, gates alone")
	assert.Len(t, component.Delivered(found.Components), 2)

	asked := find(`{"name": "shop", "scripts": {"lint": "eslint .", "test": "pnpm -r test"}, "pingvas-ci": {}}`)
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

	packages := find(`{"scripts": {"lint": "turbo run lint", "typecheck": "turbo run typecheck"}}`)
	require.Equal(t, []string{"workspace", "api", "web"}, names(packages))
	require.Empty(t, packages.PassedOver)
	lint, _ = packages.Components[0].Gate("lint")
	assert.Empty(t, lint.Off)
	test, _ = packages.Components[0].Gate("test")
	assert.Equal(t, `there is no script for it, such as test; nothing runs that of packages/ui. To have it run, write "pingvas-ci": {"gates": {"test": ["pnpm -r run test"]}} in package.json`, test.Off)
	types, _ := packages.Components[0].Gate("typecheck")
	assert.Contains(t, types.Off, `each component runs its own. To have it run all of them, write "pingvas-ci": {} in package.json`)

	silent := find(`{"scripts": {"build": "turbo run build"}}`)
	require.Equal(t, []string{"api", "web"}, names(silent))
	require.Equal(t, []string{`.: nothing runs the scripts for lint, test of packages/ui, which are no components; to have them run, give package.json scripts that do, such as "lint": "pnpm -r run lint"`}, silent.PassedOver)

	changed := find(`{"scripts": {"lint": "eslint .", "test": "nx affected --target=test"}}`)
	test, _ = changed.Components[0].Gate("test")
	assert.Contains(t, test.Off, "that git says have changed")
	assert.Contains(t, test.Off, "nothing runs that of packages/ui")

	for filter, runs := range map[string]bool{"--filter web": false, "--filter=./apps/*": false, "--filter ui": true, "--filter './packages/**'": true, "--filter web...": true, "--filter !web": true} {
		selects := find(`{"scripts": {"lint": "eslint .", "test": "turbo run test ` + filter + `"}}`)
		test, _ = selects.Components[0].Gate("test")
		assert.Equal(t, runs, test.Off == "", filter)
		if !runs {
			assert.Contains(t, test.Off, "nothing runs that of packages/ui")
		}
	}

	files["packages/ui/package.json"] = `{"name": "ui", "scripts": {"check": "svelte-check"}}`
	for script, is := range map[string]bool{"pnpm -r check": true, "turbo run check": true, "pnpm -r verify": false, "node check.mjs": false} {
		types, _ := find(`{"scripts": {"lint": "eslint .", "check": "` + script + `"}}`).Components[0].Gate("typecheck")
		assert.Equal(t, is, types.Off == "", script)
	}

	files["packages/ui/package.json"] = `{"name": "ui", "scripts": {"test": "echo none"}}`
	require.Equal(t, []string{"api", "web"}, names(find(`{"scripts": {"test": "pnpm -r test"}}`)), "what does nothing is no gate")
	files["packages/ui/package.json"] = `{"name": "ui"}`

	require.Equal(t, []string{"api", "web"}, names(find(`{"scripts": {"prepare": "husky"}, "pingvas-ci": {"repository": {"exclude": ["docs"]}}}`)))
}

// TestOtherDockerfiles: one with an end of its own is not taken, and is said.
func TestOtherDockerfiles(t *testing.T) {
	found, err := component.Discover(tree(map[string]string{
		"apps/web/package.json": `{"scripts": {"build": "x"}}`, "apps/web/pnpm-lock.yaml": "", "apps/web/Dockerfile.cloud": "FROM scratch\n", "apps/web/Dockerfile.dev": "FROM scratch\n",
		"apps/api/requirements.txt": "", "apps/api/Dockerfile.test": "FROM scratch\n", "apps/api/Dockerfile.dockerignore": "*\n",
	}), kinds, nil)
	require.NoError(t, err)
	require.Equal(t, []string{`apps/web/Dockerfile.cloud: the built-in recipe makes the image of web; to have it made by this, set dockerfile to "Dockerfile.cloud" in apps/web/package.json`}, found.PassedOver)
}

// TestDockerfilesByName are a component's own: by its name, or for production.
func TestDockerfilesByName(t *testing.T) {
	for file, taken := range map[string]bool{
		"apps/api/Dockerfile.api": true, "apps/api/api.Dockerfile": true, "docker/Dockerfile.api": true, "apps/api/docker/Dockerfile": true, "apps/api/Dockerfile.prod": true,
		"apps/api/Dockerfile.production": true, "apps/api/Dockerfile.web": false, "Dockerfile.api": false, "apps/api/Dockerfile.dev": false,
	} {
		list, err := discover(tree(map[string]string{"apps/api/requirements.txt": "", "apps/web/requirements.txt": "", file: "FROM scratch\n"}))
		require.NoError(t, err)
		assert.Equal(t, taken, list[0].Settings.Dockerfile == file, file)
	}
}

// TestToolsOfARepository: the root's are for all of it, whether or not there are packages.
func TestToolsOfARepository(t *testing.T) {
	files := map[string]string{
		"pnpm-lock.yaml": "", "package.json": `{"name": "house", "scripts": {"lint": "prettier --check .", "prepare": "husky"}}`, "services/api/requirements.txt": "",
	}
	found, err := component.Discover(tree(files), kinds, nil)
	require.NoError(t, err)
	require.Len(t, found.Components, 2)
	root := found.Components[0]
	assert.Equal(t, "workspace", root.Name)
	assert.NotEmpty(t, root.NoImage)
	lint, _ := root.Gate("lint")
	assert.Empty(t, lint.Off)

	files["package.json"] = `{"name": "house", "scripts": {"build": "vite build", "lint": "prettier --check ."}}`
	found, err = component.Discover(tree(files), kinds, nil)
	require.NoError(t, err)
	require.Len(t, found.Components, 2)
	assert.Equal(t, "house", found.Components[0].Name)
	assert.Empty(t, found.Components[0].NoImage)

	delete(files, "services/api/requirements.txt")
	files["package.json"] = `{"name": "house", "scripts": {"lint": "prettier --check ."}}`
	found, err = component.Discover(tree(files), kinds, nil)
	require.NoError(t, err)
	require.Len(t, found.Components, 1)
	assert.Equal(t, "house", found.Components[0].Name)
	assert.NotEmpty(t, found.Components[0].NoImage, "there is nothing to make one of")
}

// TestToolsLookAtAllOfTheRoot: a formatter there sees what other pipelines and editors
// read, and no image is made of it.
func TestToolsLookAtAllOfTheRoot(t *testing.T) {
	others := []string{".github/workflows/a.yml", ".vscode/settings.json", "renovate.json", "compose.yaml", "README.md"}
	for name, manifest := range map[string]string{"a workspace": `{"scripts": {"lint": "prettier --check ."}}`, "a site": `{"scripts": {"build": "vite build", "lint": "prettier --check ."}}`} {
		files := map[string]string{"pnpm-workspace.yaml": "packages: ['apps/*']\n", "pnpm-lock.yaml": "", "package.json": manifest, "apps/web/package.json": `{"scripts": {"build": "x"}}`}
		list, err := discover(tree(files))
		require.NoError(t, err)
		check, err := inputs.Inputs{Check: list[0].Inputs.Check}.Matcher()
		require.NoError(t, err)
		image, err := inputs.Inputs{Image: list[0].Inputs.Image}.Matcher()
		require.NoError(t, err)
		require.Equal(t, ".", list[0].Path)
		for _, file := range others {
			why, err := check.Why(file)
			require.NoError(t, err)
			assert.NotEmpty(t, why, "%s: %s", name, file)
		}
		for _, file := range others[:3] {
			why, err := image.Why(file)
			require.NoError(t, err)
			assert.Empty(t, why, "%s: %s", name, file)
		}
	}
}

// TestASiteThatOthersAreBuiltFrom is a component besides.
func TestASiteThatOthersAreBuiltFrom(t *testing.T) {
	files := map[string]string{
		"pnpm-workspace.yaml": "packages: ['app', 'copilot', 'kit']\n", "pnpm-lock.yaml": "", "package.json": "{}",
		"app/package.json": `{"name": "app", "scripts": {"build": "vite build", "test": "vitest run"}, "dependencies": {"kit": "workspace:*"}}`, "app/index.html": "",
		"copilot/package.json": `{"name": "copilot", "scripts": {"build": "vite build"}, "dependencies": {"app": "workspace:*"}}`, "copilot/index.html": "",
		"kit/package.json": `{"name": "kit", "main": "dist/kit.js", "scripts": {"build": "vite build"}}`, "kit/index.html": "",
	}
	list, err := discover(tree(files))
	require.NoError(t, err)
	require.Len(t, list, 2, "a library with a page to try it on is none")
	assert.Equal(t, "app", list[0].Name)
	assert.Equal(t, "copilot", list[1].Name)
	assert.Equal(t, "app", list[1].Libraries[0].Path)
}

// TestALibraryAlone has gates, and no image that a delivery would wait for.
func TestALibraryAlone(t *testing.T) {
	for manifest, image := range map[string]bool{
		`{"types": "dist/index.d.ts", "scripts": {"build": "tsc", "test": "vitest run"}}`:      false,
		`{"exports": "./dist/index.js", "scripts": {"build": "vite build"}}`:                   false,
		`{"main": "dist/main.js", "scripts": {"build": "tsc", "start": "node dist/main.js"}}`:  true,
		`{"main": "dist/main.js", "private": true, "scripts": {"build": "tsc"}}`:               true,
		`{"exports": {}, "private": true, "scripts": {"build": "rollup -c"}}`:                  true,
		`{"exports": {}, "private": true, "files": ["**"], "scripts": {"build": "rollup -c"}}`: false,
		`{"types": "x.d.ts", "scripts": {"build": "next build"}}`:                              true,
		`{"types": "x.d.ts", "scripts": {"build": "x"}, "pingvas-ci": {"output": "public"}}`:   true,
		`{"scripts": {"build": "node build.mjs"}}`:                                             true,
	} {
		for _, settings := range []string{"", "packages: ['.']\n"} {
			files := map[string]string{"sdk/package.json": manifest, "sdk/pnpm-lock.yaml": "", "api/requirements.txt": ""}
			if settings != "" {
				files["sdk/pnpm-workspace.yaml"] = settings
			}
			list, err := discover(tree(files))
			require.NoError(t, err)
			require.Len(t, list, 2)
			assert.Equal(t, "sdk", list[1].Name)
			assert.Equal(t, image, list[1].NoImage == "", manifest)
		}
	}
}

// TestASuiteOfTests has no image, and a site of which the build is missing is none.
func TestASuiteOfTests(t *testing.T) {
	for scripts, image := range map[string]bool{`{"test:suite": "jest"}`: false, `{"test": "jest", "dev": "vite"}`: true, `{}`: true} {
		list, err := discover(tree(map[string]string{"apps/suite/package.json": `{"scripts": ` + scripts + `}`, "apps/suite/pnpm-lock.yaml": ""}))
		require.NoError(t, err)
		require.Len(t, list, 1)
		assert.Equal(t, image, list[0].NoImage == "", scripts)
	}
}

// TestProjectsThatAreNoPackages have their gates run at the root, and nowhere else.
func TestProjectsThatAreNoPackages(t *testing.T) {
	list, err := discover(tree(map[string]string{
		"pnpm-lock.yaml": "", "nx.json": "{}", "apps/web/project.json": `{"name": "web"}`,
		"package.json": `{"scripts": {"build": "nx run-many -t build", "lint": "nx run-many -t lint", "test": "nx affected -t test"}, "devDependencies": {"nx": "22"}}`,
	}))
	require.NoError(t, err)
	require.Len(t, list, 1)
	lint, _ := list[0].Gate("lint")
	assert.Empty(t, lint.Off)
	test, _ := list[0].Gate("test")
	assert.Contains(t, test.Off, "that git says have changed")
	assert.Contains(t, list[0].NoImage, `its script "build" has others built`)
}

// TestASiteBesideAManifestForDocuments is a frontend, and a Python project that builds is one.
func TestASiteBesideAManifestForDocuments(t *testing.T) {
	files := map[string]string{"package.json": `{"scripts": {"build": "next build"}}`, "pnpm-lock.yaml": "", "pyproject.toml": "[project]\nname = 'site-docs'\n"}
	for file, kind := range map[string]component.Kind{"docs/index.md": "frontend", "main.py": "python"} {
		files[file] = ""
		list, err := discover(tree(files))
		require.NoError(t, err)
		require.Len(t, list, 1)
		assert.Equal(t, kind, list[0].Kind)
		delete(files, file)
	}
}

// TestALibraryAtTheRoot of a workspace of templates has no image either.
func TestALibraryAtTheRoot(t *testing.T) {
	list, err := discover(tree(map[string]string{
		"pnpm-workspace.yaml": "packages: ['template/*']\n", "pnpm-lock.yaml": "", "template/a/package.json": `{"name": "a"}`,
		"package.json": `{"name": "create-a", "bin": "main.js", "scripts": {"build": "rolldown -c"}, "devDependencies": {"a": "workspace:*"}}`,
	}))
	require.NoError(t, err)
	require.Len(t, list, 1)
	assert.Contains(t, list[0].NoImage, "it is for others to import")
	assert.Equal(t, []component.Library{{Path: "template/a"}}, list[0].Libraries)
}

// TestAPublishedLibrary that its authors start as well is none that is started; a server is.
func TestAPublishedLibrary(t *testing.T) {
	for manifest, library := range map[string]bool{
		`{"main": "dist/index.js", "exports": "./dist/index.js", "files": ["dist"], "scripts": {"build": "npm run clean && npx prettier --check . && npx tsup", "clean": "rimraf dist", "start": "ts-node example.ts"}}`: true,
		`{"main": "dist/server.js", "types": "dist/server.d.ts", "files": ["dist"], "scripts": {"build": "tsc -p .", "start": "node dist/server.js"}}`:                                                                   false,
		`{"bin": {"mcp": "dist/index.js"}, "files": ["dist"], "scripts": {"build": "tsc", "start": "npm run build && node dist/index.js"}}`:                                                                              false,
		`{"main": "dist/index.js", "exports": "./dist/index.js", "files": ["dist"], "scripts": {"build": "tsup", "start": "npm run example memory", "example": "ts-node src/index.ts"}}`:                                 true,
		`{"main": "dist/index.js", "exports": "./dist/index.js", "scripts": {"build": "tsup", "start": "node dist/index.js"}}`:                                                                                           false,
		`{"private": true, "exports": "./dist/index.js", "files": ["dist"], "scripts": {"build": "tsup", "start": "node dist/index.js"}}`:                                                                                false,
	} {
		list, err := discover(tree(map[string]string{"pnpm-lock.yaml": "", "package.json": manifest}))
		require.NoError(t, err)
		require.Len(t, list, 1)
		assert.Equal(t, library, strings.Contains(list[0].NoImage, "for others to import"), manifest)
	}
}

// TestARootOfTheNameOfAnother goes by another one, unless its settings say its name.
func TestARootOfTheNameOfAnother(t *testing.T) {
	files := map[string]string{
		"pnpm-workspace.yaml": "packages: ['apps/*']\n", "pnpm-lock.yaml": "", "package.json": `{"name": "shop"}`, "Dockerfile": "FROM scratch\n",
		"apps/shop/package.json": `{"scripts": {"build": "next build"}}`,
	}
	list, err := discover(tree(files))
	require.NoError(t, err)
	require.Len(t, list, 2)
	assert.Equal(t, "shop-root", list[0].Name)
	assert.Empty(t, list[0].Fault)
	files["package.json"] = `{"name": "shop", "pingvas-ci": {"name": "shop"}}`
	list, err = discover(tree(files))
	require.NoError(t, err)
	assert.Contains(t, list[0].Fault, "two components are called")
}

// TestPlaygroundsArePassedOver: what checks them is the root.
func TestPlaygroundsArePassedOver(t *testing.T) {
	found, err := component.Discover(tree(map[string]string{
		"pnpm-workspace.yaml": "packages: ['**']\n", "pnpm-lock.yaml": "", "package.json": `{"scripts": {"lint": "turbo run lint"}}`,
		"playground/vue/package.json": `{"scripts": {"build": "vite build", "lint": "eslint ."}}`, "web/package.json": `{"scripts": {"build": "vite build"}}`,
	}), kinds, nil)
	require.NoError(t, err)
	require.Len(t, found.Components, 2)
	assert.Equal(t, "workspace", found.Components[0].Name)
	require.Len(t, found.PassedOver, 1)
	assert.Contains(t, found.PassedOver[0], "a folder called playground is for documents, tools or templates")
}

// TestALoneLibrary has its gates run also where a script calls another one, and is none where
// sites are expected or settings speak of an image.
func TestALoneLibrary(t *testing.T) {
	library := `{"exports": "./dist/i.js", "scripts": {"build": "wireit", "test": "cd tests && pnpm test", "lint": "nx lint"}%s}`
	for name, test := range map[string]struct {
		at, more string
		image    bool
	}{
		"elsewhere":     {"sdk", "", false},
		"expected":      {"frontend/web", "", true},
		"with settings": {"sdk", `, "pingvas-ci": {"headers": {"X-A": "b"}}`, true},
		"with a name":   {"sdk", `, "pingvas-ci": {"name": "shop"}`, false},
	} {
		list, err := discover(tree(map[string]string{test.at + "/package.json": fmt.Sprintf(library, test.more), test.at + "/pnpm-lock.yaml": ""}))
		require.NoError(t, err, name)
		require.Len(t, list, 1, name)
		assert.Equal(t, test.image, list[0].NoImage == "", name)
		assert.Equal(t, []string{"lint", "test"}, running(list[0]), name)
	}
	list, err := discover(tree(map[string]string{"ext/package.json": `{"main": "./dist/x.js", "engines": {"vscode": "^1.90.0"}, "scripts": {"build": "webpack"}}`, "ext/pnpm-lock.yaml": ""}))
	require.NoError(t, err)
	assert.NotEmpty(t, list[0].NoImage, "an extension of an editor")
	list, err = discover(tree(map[string]string{"frontend/ext/package.json": `{"private": true, "main": "./dist/x.js", "engines": {"vscode": "^1.90.0"}, "scripts": {"build": "webpack"}}`, "frontend/ext/pnpm-lock.yaml": ""}))
	require.NoError(t, err)
	assert.NotEmpty(t, list[0].NoImage, "wherever it lies")
	list, err = discover(tree(map[string]string{"web/package.json": `{"main": "src/index.js", "scripts": {"build": "webpack"}}`, "web/pnpm-lock.yaml": ""}))
	require.NoError(t, err)
	assert.Empty(t, list[0].NoImage, "where a bundler begins")
}

// TestAProgramAtTheRoot is none that has gates alone: it is to run, and has no Dockerfile yet.
func TestAProgramAtTheRoot(t *testing.T) {
	for text, image := range map[string]bool{
		`{"scripts": {"start": "node index.js"}}`:                           true,
		`{"scripts": {"start": "PORT=1 bun index.ts", "lint": "eslint ."}}`: true,
		`{"scripts": {"start": "docker compose up", "lint": "eslint ."}}`:   false,
		`{"scripts": {"lint": "eslint ."}}`:                                 false,
	} {
		list, err := discover(tree(map[string]string{"package.json": text, "pnpm-lock.yaml": ""}))
		require.NoError(t, err)
		require.Len(t, list, 1, text)
		assert.Equal(t, image, list[0].NoImage == "", text)
		if !image {
			assert.Contains(t, list[0].NoImage, "a Dockerfile", text)
		}
	}
}

// TestManifestsAsPnpmTakesThem: text where a truth value stands, a list of modules and a mark of
// the byte order are no faults; what cannot be read of a root is said.
func TestManifestsAsPnpmTakesThem(t *testing.T) {
	files := map[string]string{
		"pnpm-workspace.yaml": "packages: ['apps/*']\n", "pnpm-lock.yaml": "", "package.json": "\xef\xbb\xbf" + `{"private": "true", "main": ["a.js"], "scripts": {"lint": "eslint . --cache-location .turbo/eslint", "typecheck": "turbo types"}}`,
		"apps/web/package.json": `{"private": "true", "scripts": {"build": "vite build"}}`, "apps/web/index.html": "",
	}
	found, err := component.Discover(tree(files), kinds, nil)
	require.NoError(t, err)
	require.Len(t, found.Components, 2)
	assert.Equal(t, "workspace", found.Components[0].Name)
	lint, _ := found.Components[0].Gate("lint")
	assert.Empty(t, lint.Off)
	assert.Empty(t, found.Components[1].Fault)

	files["package.json"] = `{"scripts": {"lint": 1}}`
	found, err = component.Discover(tree(files), kinds, nil)
	require.NoError(t, err)
	assert.Contains(t, strings.Join(found.PassedOver, "\n"), "none of its scripts is a gate, as it cannot be read: package.json")
}
