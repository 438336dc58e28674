package frontend_test

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/pingvas/pingvas-ci/ci/internal/frontend"
	"github.com/pingvas/pingvas-ci/ci/internal/sarif"
)

func TestCommands(t *testing.T) {
	coverage := []string{
		"--coverage.enabled", "--coverage.reporter=text", "--coverage.reporter=lcov", "--coverage.reportsDirectory=coverage", "--coverage.reportOnFailure",
	}
	junit := []string{"--reporter=default", "--reporter=junit", "--outputFile.junit=junit.xml"}
	for _, c := range []struct {
		manifest                 string
		report, fix              []string
		judged, possible, always []string
	}{
		{
			manifest: `{"scripts": {"lint": "eslint src --max-warnings 0", "test:coverage": "vitest run --coverage"}}`,
			report:   []string{"pnpm", "--silent", "run", "lint", "--format", "json-with-metadata"},
			fix:      []string{"pnpm", "run", "lint", "--fix"},
			judged:   slices.Concat([]string{"pnpm", "run", "test:coverage"}, coverage, junit),
			possible: slices.Concat([]string{"pnpm", "run", "test:coverage"}, coverage, junit),
			always:   slices.Concat([]string{"pnpm", "run", "test:coverage"}, coverage, junit),
		},
		{
			manifest: `{"scripts": {"lint:ci": "eslint . && prettier --check .", "test": "vitest run"}, "devDependencies": {"@vitest/coverage-v8": "3"}}`,
			report:   []string{"pnpm", "--silent", "exec", "eslint", ".", "--format", "json-with-metadata"},
			fix:      []string{"pnpm", "exec", "eslint", ".", "--fix"},
			judged:   slices.Concat([]string{"pnpm", "run", "test"}, junit),
			possible: slices.Concat([]string{"pnpm", "run", "test"}, coverage, junit),
			always:   slices.Concat([]string{"pnpm", "run", "test"}, coverage, junit),
		},
		{
			manifest: `{"scripts": {"lint": "eslint . --fix", "test": "vitest"}}`,
			report:   []string{"pnpm", "--silent", "exec", "eslint", ".", "--format", "json-with-metadata"},
			fix:      []string{"pnpm", "run", "lint", "--fix"},
			judged:   slices.Concat([]string{"pnpm", "run", "test"}, junit),
			possible: slices.Concat([]string{"pnpm", "run", "test"}, junit),
			always:   slices.Concat([]string{"pnpm", "run", "test"}, coverage, junit),
		},
		{
			manifest: `{"scripts": {"test": "vitest run src", "test:coverage": "vitest run"}}`,
			report:   []string{"pnpm", "--silent", "exec", "eslint", ".", "--format", "json-with-metadata"},
			fix:      []string{"pnpm", "exec", "eslint", ".", "--fix"},
			judged:   slices.Concat([]string{"pnpm", "run", "test"}, junit),
			possible: slices.Concat([]string{"pnpm", "run", "test:coverage"}, junit),
			always:   slices.Concat([]string{"pnpm", "run", "test:coverage"}, coverage, junit),
		},
		{
			manifest: `{"scripts": {"test:unit": "jest"}}`,
			report:   []string{"pnpm", "--silent", "exec", "eslint", ".", "--format", "json-with-metadata"},
			fix:      []string{"pnpm", "exec", "eslint", ".", "--fix"},
			judged:   []string{"pnpm", "run", "test:unit"},
			possible: []string{"pnpm", "run", "test:unit", "--coverage", "--coverageReporters=text", "--coverageReporters=lcov"},
			always:   []string{"pnpm", "run", "test:unit", "--coverage", "--coverageReporters=text", "--coverageReporters=lcov"},
		},
	} {
		p, err := frontend.ParsePackage("package.json", []byte(c.manifest))
		require.NoError(t, err)
		require.Equal(t, c.report, p.LintReport())
		require.Equal(t, c.fix, p.LintFix())
		for measure, want := range map[frontend.Measure][]string{frontend.AsScripted: c.judged, frontend.WherePossible: c.possible, frontend.Always: c.always} {
			script, _ := frontend.Script(p.Scripts, "test")
			require.Equal(t, want, p.Test(script, measure), "%s, %d", c.manifest, measure)
		}
	}
}

func TestMissingScript(t *testing.T) {
	p, err := frontend.ParsePackage("frontend/web/package.json", []byte(`{}`))
	require.NoError(t, err)
	require.EqualError(t, p.Has("build"), `frontend/web/package.json has no script "build". Add it to its scripts`)
	_, err = frontend.ParsePackage("frontend/web/package.json", []byte(`{`))
	require.ErrorContains(t, err, "frontend/web/package.json: unexpected end of JSON input")
}

func TestScriptsOfGates(t *testing.T) {
	for _, test := range []struct{ gate, scripts, want, why string }{
		{"lint", `{"lint": "eslint ."}`, "lint", ""},
		{"lint", `{"lint": "eslint . --fix", "lint:check": "eslint ."}`, "lint:check", ""},
		{"lint", `{"lint": "pnpm run lint:js", "lint:js": "eslint --fix", "check:lint": "eslint ."}`, "check:lint", ""},
		{"lint", `{"lint": "eslint . --fix"}`, "lint", ""},
		{"lint", `{"check": "biome check ."}`, "check", ""},
		{"lint", `{"check": "svelte-check"}`, "", "there is no script for it, such as lint"},
		{"format", `{"format": "prettier --write .", "format:check": "prettier --check ."}`, "format:check", ""},
		{"typecheck", `{"check": "svelte-kit sync && svelte-check --tsconfig ./tsconfig.json"}`, "check", ""},
		{"typecheck", `{"lint:check": "vp lint", "check": "vp check"}`, "check", ""},
		{"lint", `{"lint:check": "vp lint", "check": "vp check"}`, "lint:check", ""},
		{"typecheck", `{"type-check": "vue-tsc --noEmit"}`, "type-check", ""},
		{"typecheck", `{"lint": "eslint .", "lint:ts": "vue-tsc --noEmit"}`, "lint:ts", ""},
		{"lint", `{"lint:ts": "vue-tsc --noEmit"}`, "", "there is no script for it"},
		{"typecheck", `{"test:types": "tsc -b"}`, "test:types", ""},
		{"lint", `{"test:eslint": "eslint ./src"}`, "test:eslint", ""},
		{"typecheck", `{"types": "generate-types"}`, "", "there is no script for it"},
		{"test", `{"test": "echo \"Error: no test specified\" && exit 1"}`, "", "the script test is npm's own"},
		{"test", `{"test": "vitest --watch", "test:ci": "vitest run"}`, "test:ci", ""},
		{"test", `{"test": "jest --watchAll"}`, "", "the script test watches"},
		{"test", `{"test": "vitest"}`, "test", ""},
		{"typecheck", `{"check": "pnpm build:sdk && pnpm typecheck:web", "typecheck:web": "tsc --project web"}`, "check", ""},
		{"lint", `{"check": "pnpm typecheck:web", "typecheck:web": "tsc --project web"}`, "", "there is no script for it"},
		{"typecheck", `{"type": "tsc --noEmit", "test:type": "tsc -p tests"}`, "type", ""},
		{"test", `{"test": "vitest --watch false"}`, "test", ""},
		{"test", `{"test": "ng test --watch=false"}`, "test", ""},
		{"format", `{"format": "prettier \"**/*\" --ignore-unknown"}`, "", "the script format prints the code"},
		{"format", `{"format": "prettier -l ."}`, "format", ""},
		{"lint", `{"lint": "pnpm run /^lint:.*$/", "lint:a": "eslint --fix", "lint:check": "eslint ."}`, "lint:check", ""},
		{"storybook", `{"storybook": "storybook dev", "storybook:build": "storybook build"}`, "storybook:build", ""},
		{"storybook", `{}`, "", "there is no script for it, such as build-storybook"},
	} {
		p, err := frontend.ParsePackage("package.json", []byte(`{"scripts": `+test.scripts+`}`))
		require.NoError(t, err)
		script, why := frontend.Script(p.Scripts, test.gate)
		require.Equal(t, test.want, script, test.scripts)
		require.Contains(t, why, test.why, test.scripts)
	}
	require.True(t, frontend.Mends(map[string]string{"lint": "run-s lint:a lint:b", "lint:b": "stylelint --fix src"}, "lint"))
	for _, lint := range []string{"pnpm run /^lint:.*$/", `pnpm run "/^lint:/"`, "pnpm run --parallel lint:b", "node --run lint:b", "pnpm -s run lint:b"} {
		require.True(t, frontend.Mends(map[string]string{"lint": lint, "lint:b": "prettier -lw src"}, "lint"), lint)
	}
	require.False(t, frontend.Mends(map[string]string{"lint": "pnpm run /^(?!x)/", "lint:b": "eslint --fix"}, "lint"), "a pattern of JavaScript's alone")
	require.False(t, frontend.Mends(map[string]string{"lint": "pnpm lint"}, "lint"))
	require.True(t, frontend.Mends(map[string]string{"lint": "ultracite fix"}, "lint"))
}

// TestMended: what a build of a library wrote before, and what no one has committed, a
// script has not mended.
func TestMended(t *testing.T) {
	require.Equal(t, []string{"src/a.ts"}, frontend.Mended([]string{"packages/ui/src/generated.ts", "src/a.ts"}, []string{"auto-imports.d.ts", "src/a.ts"}))
}

func TestManifestsOfAnInstall(t *testing.T) {
	const text = `{"name": "x", "scripts": {"prepare": "husky", "postinstall": "prisma generate", "build": "vite build"}}`
	quiet, err := frontend.Quiet("package.json", []byte(text))
	require.NoError(t, err)
	require.JSONEq(t, `{"name": "x"}`, quiet)
	installing, runs, left, err := frontend.Installing("package.json", []byte(text))
	require.NoError(t, err)
	require.Equal(t, []string{"prepare (husky)"}, left)
	require.True(t, runs)
	require.JSONEq(t, `{"name": "x", "scripts": {"postinstall": "prisma generate", "build": "vite build"}}`, installing)
	for script, runs := range map[string]bool{
		"husky": false, "husky install": false, "husky || true": false, "[ -d .git ] && git config core.hooksPath .githooks": false, "git config core.hooksPath .githooks": false, "pnpm exec lefthook install": false,
		"simple-git-hooks && nuxt prepare": true, "node x.mjs && husky": true, "vp config": false, "node .husky/install.mjs": false, "vp pack": true,
		"husky && pnpm build": true, "svelte-kit sync": true,
	} {
		_, really, _, err := frontend.Installing("package.json", []byte(`{"scripts": {"prepare": "`+script+`"}}`))
		require.NoError(t, err)
		require.Equal(t, runs, really, script)
	}
}

// TestInstallsWithoutHooks: what a script does besides is done.
func TestInstallsWithoutHooks(t *testing.T) {
	for script, rest := range map[string]string{
		"simple-git-hooks && nuxt prepare": "nuxt prepare", "nuxt prepare && husky install": "nuxt prepare", "a && test -d .git && husky": "a", "a && b": "a && b",
		"is-ci || husky; pnpm build": "is-ci || husky; pnpm build",
	} {
		manifest, _, _, err := frontend.Installing("package.json", []byte(`{"scripts": {"postinstall": "`+script+`"}}`))
		require.NoError(t, err)
		require.JSONEq(t, `{"scripts": {"postinstall": "`+rest+`"}}`, manifest, script)
	}
}

// TestBuilds tells a script that builds something from one that has others do it.
func TestBuilds(t *testing.T) {
	for scripts, builds := range map[string]bool{
		`"build": "vite build"`: true, `"build": "tsc -b && vite build"`: true, `"build": "node build.js"`: true, `"test": "x"`: false,
		`"build": "turbo run build"`: false, `"build": "pnpm -r build"`: false, `"build": "nx run-many -t build"`: false,
		`"build": "pnpm run -C packages/a build && pnpm --dir ./packages/b build"`: false, `"build": "cd packages/a && pnpm build"`: false,
		`"build": "pnpm -C ../a run build && vite build"`: true, `"build": "pnpm --filter @a/ui build && next build"`: true,
		`"build": "nr update && nr build:packages", "update": "tsx x.ts", "build:packages": "turbo run build"`: false,
		`"build": "run-s build:*", "build:a": "pnpm -r build"`:                                                 false,
		`"build": "run-s build:*", "build:a": "pnpm -r build", "build:b": "vite build"`:                        true,
		`"build": "pnpm run -C packages/nuxt build"`:                                                           false,
		`"build": "pnpm run gen && node esbuild.mjs", "gen": "pnpm --filter @a/schema build"`:                  true,
		`"build": "pnpm -C tools generate && webpack --mode production"`:                                       true,
	} {
		p, err := frontend.ParsePackage("package.json", []byte(`{"scripts": {`+scripts+`}}`))
		require.NoError(t, err)
		require.Equal(t, builds, frontend.Builds(p.Scripts, "build"), scripts)
	}
}

// TestCompiles: of a build that makes modules alone there is nothing to serve.
func TestCompiles(t *testing.T) {
	for scripts, compiles := range map[string]bool{
		`"build": "tsc -b"`: true, `"build": "rm -rf dist && unbuild"`: true, `"build": "pnpm run types && pnpm tsup src", "types": "tsc --noEmit"`: true,
		`"build": "tsc && vite build"`: false, `"build": "tsc && node build.js"`: false, `"build": "echo done"`: false, `"test": "tsc"`: false, `"build": "rollup -c"`: false,
	} {
		p, err := frontend.ParsePackage("package.json", []byte(`{"scripts": {`+scripts+`}}`))
		require.NoError(t, err)
		require.Equal(t, compiles, frontend.Compiles(p.Scripts, "build"), scripts)
	}
}

func TestLines(t *testing.T) {
	const nine = "lockfileVersion: '9.0'\n\n"
	for _, test := range []struct {
		text     string
		settings []string
		want     string
	}{
		{"", nil, ""},
		{"lockfileVersion: 5.4\n", nil, "7"},
		{"lockfileVersion: '6.0'\n", nil, "8"},
		{nine, nil, "9"},
		{nine, []string{"catalog", "packages"}, "9"},
		{nine, []string{"overrides", "packages"}, "10"},
		{nine, []string{"catalog"}, "10"},
		{nine, []string{"allowBuilds", "packages"}, "11"},
		{nine + "pnpmfileChecksum: sha256-abc=\n", nil, "10"},
		{nine + "patchedDependencies:\n  ms@2.1.3:\n    hash: ppzu2zm3iil2ij6dw423qlu77q\n    path: a/ms.patch\n\nimporters:\n", nil, "9"},
		{nine + "patchedDependencies:\n  ms@2.1.3:\n    hash: " + strings.Repeat("0a", 32) + "\n    path: a/ms.patch\n\n", nil, "10"},
		{nine + "patchedDependencies:\n  ms@2.1.3: " + strings.Repeat("0a", 32) + "\n\n", nil, "11"},
		{"---\n" + nine + "---\n" + nine, nil, "11"},
	} {
		lock, err := frontend.ReadLock(test.text, test.settings)
		require.NoError(t, err)
		require.Equal(t, test.want, lock.Line, "%s, %v", test.text, test.settings)
	}
	_, err := frontend.ReadLock("lockfileVersion: '13.0'\n", nil)
	require.ErrorContains(t, err, "pnpm-lock.yaml has the format 13")
}

func TestPlacesOfALock(t *testing.T) {
	lock, err := frontend.ReadLock("lockfileVersion: '9.0'\n\npatchedDependencies:\n  ms@2.1.3:\n    hash: a\n    path: tools/ms.patch\n\nimporters:\n\n  .:\n    path: no\n\npackages:\n\n"+
		"  '@a/ui@file:../ui':\n    resolution: {directory: ../ui, type: directory}\n\n  v@file:vendor/v.tgz:\n    resolution: {integrity: sha512-x, tarball: file:vendor/v.tgz}\n", nil)
	require.NoError(t, err)
	require.Equal(t, frontend.Lock{Line: "9", Patches: []string{"tools/ms.patch"}, Directories: []string{"../ui"}, Archives: []string{"vendor/v.tgz"}}, lock)
}

func TestPnpmRelease(t *testing.T) {
	for _, line := range frontend.PnpmLines("") {
		require.Regexp(t, "^"+line+`\.\d+\.\d+$`, frontend.PnpmRelease(line))
	}
	require.Equal(t, "9.1.0", frontend.PnpmRelease("9.1.0"))
	require.Equal(t, []string{"10", "11", "12", "8", "7", "9"}, frontend.PnpmLines("10"))
}

// What pnpm 9 and pnpm 10 print, in a workspace and in a single package.
func TestOutdatedLock(t *testing.T) {
	const nine = ` ERR_PNPM_OUTDATED_LOCKFILE  Cannot install with "frozen-lockfile" because pnpm-lock.yaml is not up to date with <ROOT>/apps/web/package.json

Note that in CI environments this setting is true by default. If you still need to run install in such cases, use "pnpm install --no-frozen-lockfile"

    Failure reason:
    specifiers in the lockfile ({"is-number":"^7.0.0"}) don't match specs in package.json ({"is-odd":"3.0.1"})
`
	require.EqualError(t, frontend.OutdatedLock(".", nine), "pnpm-lock.yaml does not fit apps/web/package.json:\n"+
		"    specifiers in the lockfile ({\"is-number\":\"^7.0.0\"}) don't match specs in package.json ({\"is-odd\":\"3.0.1\"})\n"+
		"Run `pnpm install --lockfile-only` in the repository root and commit the lock file")

	const ten = ` ERR_PNPM_OUTDATED_LOCKFILE  Cannot install with "frozen-lockfile" because pnpm-lock.yaml is not up to date with <ROOT>/package.json

  Failure reason:
  specifiers in the lockfile don't match specifiers in package.json:
* 1 dependencies were added: is-odd@3.0.1

`
	require.EqualError(t, frontend.OutdatedLock("frontend/web", ten), "frontend/web/pnpm-lock.yaml does not fit frontend/web/package.json:\n"+
		"    specifiers in the lockfile don't match specifiers in package.json:\n    * 1 dependencies were added: is-odd@3.0.1\n"+
		"Run `pnpm install --lockfile-only` in frontend/web and commit the lock file")

	require.NoError(t, frontend.OutdatedLock(".", " ERR_PNPM_NO_OFFLINE_TARBALL  A package is missing from the store"))
}

const linted = `{"results": [{"filePath": "/src/frontend/web/src/a.ts", "errorCount": 1, "source": "var a", "messages": [
	{"ruleId": "no-var", "severity": 2, "message": "Unexpected var.", "line": 3, "column": 1, "endLine": 3, "endColumn": 11},
	{"ruleId": "no-console", "severity": 1, "message": "Unexpected console.", "line": 4, "column": 2},
	{"ruleId": "no-var", "severity": 2, "message": "Unexpected var.", "line": 9, "column": 1}]}],
	"metadata": {"rulesMeta": {"no-var": {"docs": {"description": "Require let", "url": "https://eslint.org/docs/latest/rules/no-var"}}}}}`

func TestLintReport(t *testing.T) {
	found, err := frontend.ReadLint("/src", "frontend/web", []byte(linted), nil).JSON()
	require.NoError(t, err)
	require.Contains(t, string(found), `"filePath": "frontend/web/src/a.ts"`)
	require.NotContains(t, string(found), "source")

	broken, err := frontend.ReadLint("/src", "frontend/web", nil, []byte("Oops! Something went wrong! :(\n")).JSON()
	require.NoError(t, err)
	var report []struct {
		ErrorCount int
		Messages   []struct {
			Fatal   bool
			Message string
		}
	}
	require.NoError(t, json.Unmarshal(broken, &report))
	require.Equal(t, 1, report[0].ErrorCount)
	require.True(t, report[0].Messages[0].Fatal)
	require.Contains(t, report[0].Messages[0].Message, "Oops!")
}

func TestLintReportAsSARIF(t *testing.T) {
	text, err := frontend.ReadLint("/src", "frontend/web", []byte(linted), nil).SARIF("eslint/frontend")
	require.NoError(t, err)
	var log struct{ Runs []sarif.Run }
	require.NoError(t, json.Unmarshal(text, &log))
	run := log.Runs[0]
	require.Len(t, run.Results, 3)
	require.Len(t, run.Tool.Driver.Rules, 2)
	first := run.Results[0]
	require.Equal(t, sarif.At("frontend/web/src/a.ts", sarif.Region{StartLine: 3, StartColumn: 1, EndLine: 3, EndColumn: 11}), first.Locations)
	require.Equal(t, "https://eslint.org/docs/latest/rules/no-var", run.Tool.Driver.Rules[first.RuleIndex].HelpURI)
	require.Equal(t, []sarif.Level{sarif.Error, sarif.Warning, sarif.Error}, []sarif.Level{first.Level, run.Results[1].Level, run.Results[2].Level})
	require.Equal(t, "no-console", run.Results[1].RuleID)

	text, err = frontend.ReadLint("/src", "frontend/web", nil, []byte("Oops!")).SARIF("eslint/frontend")
	require.NoError(t, err)
	require.Contains(t, string(text), "eslint broke off: Oops!")
	require.Contains(t, string(text), `"uri": "frontend/web"`)
	_, err = frontend.Lint{}.SARIF("")
	require.ErrorContains(t, err, "no category")
}

const lcov = `TN:
SF:src/a.ts
FNF:2
FNH:1
DA:1,1
LF:10
LH:4
BRF:4
BRH:3
end_of_record
SF:src/b.ts
LF:10
LH:10
end_of_record
`

func TestCoverage(t *testing.T) {
	c, err := frontend.ParseLCOV(lcov)
	require.NoError(t, err)
	require.Equal(t, "70.0 % of lines, 50.0 % of functions, 75.0 % of branches", c.Text())
	require.NoError(t, c.Gate(0))
	require.NoError(t, c.Gate(70))
	require.EqualError(t, c.Gate(80.5), "the tests run 70.0 % of the lines, below the threshold of 80.5 %. "+
		"Test what is missing in src/a.ts (6 of 10 lines)")

	summary, err := c.Summary()
	require.NoError(t, err)
	require.JSONEq(t, `{
		"total": {"lines": {"total": 20, "covered": 14, "pct": 70}, "functions": {"total": 2, "covered": 1, "pct": 50},
			"branches": {"total": 4, "covered": 3, "pct": 75}},
		"src/a.ts": {"lines": {"total": 10, "covered": 4, "pct": 40}},
		"src/b.ts": {"lines": {"total": 10, "covered": 10, "pct": 100}}}`, string(summary))

	for _, broken := range []string{"", "SF:a\nLF:x\nend_of_record\n"} {
		_, err := frontend.ParseLCOV(broken)
		require.ErrorContains(t, err, "coverage report: ")
	}
}

func TestConfig(t *testing.T) {
	text, err := frontend.Config("https://api.example.org", "wss://api.example.org")
	require.NoError(t, err)
	require.Equal(t, "window.__PINGVAS_CONFIG__ = {\n  \"apiUrl\": \"https://api.example.org\",\n  \"wsUrl\": \"wss://api.example.org\"\n};\n", text)
	text, err = frontend.Config("", "")
	require.NoError(t, err)
	require.Equal(t, "window.__PINGVAS_CONFIG__ = {};\n", text)
	for _, wrong := range []string{"ws://api.example.org", "api.example.org", "https://", "javascript:alert(1)"} {
		_, err := frontend.Config(wrong, "")
		require.ErrorContains(t, err, `apiUrl "`+wrong+`" is no URL of it`)
	}
}

func TestNpmRegistry(t *testing.T) {
	line, err := frontend.Credentials("npm.example:4873/team/", "TEAM_TOKEN")
	require.NoError(t, err)
	require.Equal(t, "//npm.example:4873/team/:_authToken=${TEAM_TOKEN}\n", line)
	for _, wrong := range []string{"https://npm.example", "", "npm.example\n//other", "npm.example/a b"} {
		_, err := frontend.Credentials(wrong, "NPM_TOKEN")
		require.ErrorContains(t, err, "npm registry ")
	}
	_, err = frontend.Credentials("npm.example", "npm-token")
	require.ErrorContains(t, err, "npm token variable ")

	require.EqualError(t, frontend.RefusedFetch(" ERR_PNPM_FETCH_401  GET https://npm.example:1/@a%2Fb: Unauthorized - 401\n"),
		"the npm registry npm.example:1 answers 401 for /@a%2Fb. Give the right token: with-npm-registry --address npm.example:1 --token env:NPM_TOKEN")
	require.NoError(t, frontend.RefusedFetch(" ERR_PNPM_FETCH_404  GET https://npm.example/x: Not Found - 404\n"))
}

// TestOwn: a script of a workspace's root has tools of its own, or those of packages.
func TestOwn(t *testing.T) {
	scripts := map[string]string{
		"lint": "eslint . --cache", "direct": "pnpm exec eslint .", "named": "pnpm eslint .", "by": "pnpm run lint", "both": "pnpm -r test && vitest run", "glob": "run-p lint:*", "lint:js": "oxlint",
		"turbo": "cross-env CI=1 turbo run lint", "recursive": "pnpm -r --parallel test", "filtered": "pnpm --filter ./packages/** run lint", "nx": "nx run-many --targets=lint", "to": "pnpm turbo && pnpm recursive", "in": "pnpm -C packages/a lint", "cd": "cd apps/web && pnpm test", "said": "echo linting && pnpm -r lint", "piped": "turbo run lint | cat", "nothing": "echo none",
	}
	for _, script := range []string{"lint", "direct", "named", "by", "both", "glob"} {
		require.True(t, frontend.Own(scripts, script), script)
	}
	for _, script := range []string{"turbo", "recursive", "filtered", "nx", "to", "in", "none", "cd", "said", "piped", "nothing"} {
		require.False(t, frontend.Own(scripts, script), script)
	}
}

// TestThresholds are where a configuration says how much tests have to cover, and not where
// only a comment does.
func TestThresholds(t *testing.T) {
	for text, want := range map[string]bool{
		"export default { test: { coverage: { include: ['src/**'], thresholds: { lines: 80 } } } }":    true,
		"module.exports = { collectCoverageFrom: ['src/**/*.ts'], coverageThreshold: { global: {} } }": true,
		"check-coverage: true\n":                                     true,
		`{"check-coverage": true}`:                                   true,
		"export default { url: 'https://x', thresholds: 1 }":         true,
		"// thresholds: 80\nexport default {}":                       false,
		"/* coverageThreshold: {} */\nmodule.exports = {}":           false,
		"/**\n * thresholds: none\n */\nexport default { test: {} }": false,
		"# check-coverage: true\n":                                   false,
		"coverage: { provider: 'v8' /* thresholds: {} */ }":          false,
		"coverage: { all: true }, // thresholds: {}\n":               false,
		"include: ['src/*'], thresholds: 1, exclude: ['*/a']":        true,
	} {
		if got := frontend.Thresholds(text); got != want {
			t.Errorf("%q: %t", text, got)
		}
	}
}

// TestAlternatives: a filter names several folders in braces.
func TestAlternatives(t *testing.T) {
	calls := frontend.CallsOf(map[string]string{"format": `pnpm --filter "./packages/{ui,other}" format`}, "format")
	if !slices.Equal(calls.Dirs, []string{"./packages/ui", "./packages/other"}) {
		t.Errorf("%q", calls.Dirs)
	}
}
