package tests

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pingvas/pingvas-ci/internal/lab"
)

// A pnpm workspace of the least that is real: a page that is built from a
// library, which has to be built before, and a package that nothing needs.
// Its tools are Node's own, so that nothing is downloaded but pnpm.
var shop = map[string]string{
	"pnpm-workspace.yaml": "packages: ['apps/*', 'packages/*']\n",
	"package.json":        `{"name": "shop", "private": true, "packageManager": "pnpm@10.34.9"}`,
	"apps/web/package.json": `{
		"name": "@shop/web", "version": "1.0.0", "type": "module",
		"dependencies": {"@shop/ui": "workspace:*"},
		"scripts": {
			"lint": "node --check src/main.js",
			"typecheck": "node --check src/main.js",
			"test:coverage": "mkdir -p coverage && node --test --experimental-test-coverage --test-reporter=lcov --test-reporter-destination=coverage/lcov.info --test-reporter=junit --test-reporter-destination=junit.xml",
			"build": "node build.js"
		}
	}`,
	"apps/web/src/main.js": "import { title } from \"@shop/ui\";\n\nexport function heading(name) {\n  return title(name);\n}\n",
	"apps/web/src/main.test.js": "import assert from \"node:assert\";\nimport test from \"node:test\";\n\nimport { heading } from \"./main.js\";\n\n" +
		"test(\"a heading\", () => assert.equal(heading(\"x\"), \"Shop: x\"));\n",
	// A number that no two runs share tells how often it was built.
	"apps/web/build.js": "import { randomUUID } from \"node:crypto\";\nimport { mkdirSync, writeFileSync } from \"node:fs\";\n\nimport { heading } from \"./src/main.js\";\n\n" +
		"mkdirSync(\"dist/assets\", { recursive: true });\n" +
		"writeFileSync(\"dist/index.html\", `<title>${heading(process.env.VITE_API_URL ?? \"anywhere\")}</title><script src=\"/config.js\"></script>`);\n" +
		"writeFileSync(\"dist/assets/app-1.js\", \"// \" + \"x\".repeat(5000));\n" +
		"writeFileSync(\"dist/built\", randomUUID());\n",
	"packages/ui/package.json": `{
		"name": "@shop/ui", "version": "1.0.0", "type": "module", "exports": "./lib/index.js",
		"scripts": {"build": "mkdir -p lib && cp index.js lib/"}
	}`,
	"packages/ui/index.js":      "export const title = (name) => \"Shop: \" + name;\n",
	"packages/old/package.json": `{"name": "@shop/old", "version": "1.0.0"}`,
}

// TestFrontendOfAWorkspace takes a frontend that is a package of a pnpm
// workspace, without a Dockerfile and without a Storybook, to its images.
func TestFrontendOfAWorkspace(t *testing.T) {
	t.Parallel()
	p := newPages(t, shop)
	p.lock("10.34.9", ".")

	t.Run("the page is the only frontend, with its workspace's pnpm", func(t *testing.T) {
		assert.Equal(t, "apps/web", p.must("frontend", "--name", "web", "path"))
		assert.Equal(t, "10.34.9", p.must("frontend", "--name", "web", "pnpm-version"))
		_, err := p.call("frontend", "--name", "ui", "path")
		require.ErrorContains(t, err, `component "ui" is unknown; name one of: web`)
	})
	t.Run("its gates pass", func(t *testing.T) {
		p.must("frontend", "--name", "web", "check")
	})
	t.Run("its tests leave reports", func(t *testing.T) {
		assert.Contains(t, p.must("frontend", "--name", "web", "test-report", "junit", "contents"), `name="a heading"`)
		assert.Contains(t, p.must("frontend", "--name", "web", "test-report", "coverage"), "100.0 % of lines")
	})
	t.Run("it has no Storybook, and says so", func(t *testing.T) {
		_, err := p.call("frontend", "--name", "web", "storybook", "entries")
		require.ErrorContains(t, err, `apps/web/package.json has no script "build-storybook"`)
		assert.Equal(t, `skipped: web has no script "build-storybook"`+"", p.must("frontend", "--name", "web", "chromatic"))
	})
	built := func(more ...string) string {
		return p.must(append([]string{"frontend", "--name", "web", "image"}, append(more, "file", "--path", siteRoot+"/built", "contents")...)...)
	}
	first := built("--platform", "linux/arm64")
	t.Run("both platforms have what one build made", func(t *testing.T) {
		assert.Equal(t, first, built("--platform", "linux/amd64"))
	})
	t.Run("what it isn't made of builds nothing", func(t *testing.T) {
		p.write("packages/old/index.js", "export {};\n")
		p.write("packages/old/package.json", `{"name": "@shop/old", "version": "1.0.1"}`)
		p.write("apps/web/README.md", "# The shop\n")
		assert.Equal(t, first, built())
		p.write("packages/ui/index.js", "export const title = (name) => \"Store: \" + name;\n")
		assert.NotEqual(t, first, built())
	})
	t.Run("a URL is built in where asked for", func(t *testing.T) {
		page := []string{"file", "--path", "index.html", "contents"}
		assert.Contains(t, p.must(append([]string{"frontend", "--name", "web", "dist"}, page...)...), "Store: anywhere")
		assert.Contains(t, p.must(append([]string{"frontend", "--name", "web", "dist", "--api-url", "https://api.example.org"}, page...)...), "Store: https://api.example.org")
	})
	t.Run("the server is nobody's root, and knows a site", func(t *testing.T) {
		assert.NotContains(t, []string{"", "root", "0"}, p.must("frontend", "--name", "web", "image", "user"))
		at := p.serve("frontend", "--name", "web", "serve")
		for path, want := range map[string]answer{
			"/":                 {status: 200, cache: "no-cache", contains: "Store: anywhere"},
			"/orders/17":        {status: 200, cache: "no-cache", contains: "Store: anywhere"},
			"/assets/app-1.js":  {status: 200, cache: "public, max-age=31536000, immutable", encoding: "gzip"},
			"/assets/gone-2.js": {status: 404},
			"/config.js":        {status: 200, cache: "no-store", contains: "window.__PINGVAS_CONFIG__ = {}"},
			"/healthz":          {status: 200, contains: "ok"},
			"/../../etc/passwd": {status: 400},
		} {
			want.check(t, at+path)
		}
	})
}

// TestLockOutOfDate: each pnpm refuses a lock that doesn't fit, and the error
// is said once for all gates, with the way out.
func TestLockOutOfDate(t *testing.T) {
	t.Parallel()
	for _, pnpm := range []string{"9.15.9", "10.34.9"} {
		t.Run("pnpm "+pnpm, func(t *testing.T) {
			manifest := func(dependencies string) string {
				return `{"name": "web", "packageManager": "pnpm@` + pnpm + `", "scripts": {"lint": "true", "typecheck": "true", "test": "true"}, "dependencies": {` + dependencies + `}}`
			}
			p := newPages(t, map[string]string{"frontend/web/package.json": manifest("")})
			p.lock(pnpm, "frontend/web")
			p.must("frontend", "check")

			p.write("frontend/web/package.json", manifest(`"is-number": "7.0.0"`))
			_, err := p.call("frontend", "check")

			require.ErrorContains(t, err, "frontend/web/pnpm-lock.yaml does not fit frontend/web/package.json")
			require.ErrorContains(t, err, "is-number")
			require.ErrorContains(t, err, "Run `pnpm install --lockfile-only` in frontend/web and commit the lock file")
			require.ErrorContains(t, err, "frontend lint, frontend typecheck, frontend test: ")
		})
	}
}

// TestFrontendPasses: the example's frontend passes every gate as the package
// that it is, of pnpm 9, and as one of a workspace of pnpm 10, which runs no
// scripts of the packages that it installs.
func TestFrontendPasses(t *testing.T) {
	t.Parallel()
	const manifest, lock = "frontend/web/package.json", "frontend/web/pnpm-lock.yaml"
	p := newPages(t, nil)
	require.NoError(t, os.CopyFS(filepath.Join(p.dir, "frontend"), os.DirFS("../examples/studio/frontend")))
	passes := func(pnpm string) {
		assert.Contains(t, p.must("frontends", "summary"), "frontend: frontend in frontend/web, node 22 (.node-version), pnpm "+pnpm+" (packageManager)")
		_, said, err := call(t.Context(), append(source(p.dir), "frontend", "check"))
		require.NoError(t, err, said)
		for _, gate := range []string{"lint", "typecheck", "test", "storybook"} {
			assert.Regexp(t, "✔ frontend +"+gate, said)
		}
	}
	passes("9.15.9")

	p.write(manifest, strings.Replace(p.read(manifest), "pnpm@9.15.9", "pnpm@10.34.9", 1))
	p.write("frontend/pnpm-workspace.yaml", "packages: ['web']\n")
	p.write("frontend/pnpm-lock.yaml", strings.Replace(p.read(lock), "\n  .:\n", "\n  web:\n", 1))
	require.NoError(t, os.Remove(filepath.Join(p.dir, lock)))
	passes("10.34.9")
}

// TestFrontendGates breaks the example's frontend, one thing for each gate. The
// reports are there all the same, and the fix mends what can be mended.
func TestFrontendGates(t *testing.T) {
	t.Parallel()
	p := newPages(t, nil)
	require.NoError(t, os.CopyFS(filepath.Join(p.dir, "frontend"), os.DirFS("../examples/studio/frontend")))
	web := "frontend/web/"

	t.Run("coverage below the threshold", func(t *testing.T) {
		p.setting("coverageThreshold", 99.9)
		_, err := p.call("frontend", "test")
		require.ErrorContains(t, err, "the coverageThreshold setting asks for 99.9 %. Test what is missing in src/")
		p.setting("coverageThreshold", 50)
		p.must("frontend", "test")
	})
	t.Run("a finding of eslint, which eslint can mend", func(t *testing.T) {
		assert.Equal(t, "true", p.must("gates", "formatted", "is-empty"))
		p.write(web+"src/broken.ts", "var broken = 1;\n\nexport default broken;\n")
		_, err := p.call("frontend", "lint")
		require.ErrorContains(t, err, web+"src/broken.ts")
		require.ErrorContains(t, err, "no-var")

		var report []struct {
			FilePath   string
			ErrorCount int
		}
		require.NoError(t, json.Unmarshal([]byte(p.must("frontend", "lint-report", "contents")), &report))
		errors := map[string]int{}
		for _, file := range report {
			errors[file.FilePath] = file.ErrorCount
		}
		assert.Equal(t, 1, errors[web+"src/broken.ts"])
		assert.Zero(t, errors[web+"src/App.tsx"])

		var scanning struct {
			Runs []struct {
				Results []struct{ RuleID, Level string }
			}
		}
		text := p.must("frontend", "lint-report", "--format", "SARIF", "contents")
		require.NoError(t, json.Unmarshal([]byte(text), &scanning))
		require.Len(t, scanning.Runs[0].Results, 1)
		assert.Equal(t, "no-var", scanning.Runs[0].Results[0].RuleID)
		assert.Contains(t, text, "eslint.org/docs/latest/rules/no-var")
		assert.Contains(t, text, `"uri": "frontend/web/src/broken.ts"`)

		for _, fix := range [][]string{{"frontend", "fixed"}, {"gates", "formatted"}} {
			patch := p.must(append(fix, "as-patch", "contents")...)
			assert.Contains(t, patch, "-var broken = 1;\n+const broken = 1;")
			assert.Equal(t, 1, strings.Count(patch, "diff --git"), "only what eslint mends is changed")
		}
	})
	t.Run("an error of the type checker", func(t *testing.T) {
		p.write(web+"src/broken.ts", "export const broken: string = 1;\n")
		_, err := p.call("frontend", "typecheck")
		require.ErrorContains(t, err, "Error: frontend typecheck: command \"pnpm run typecheck\" failed with exit code ")
		require.ErrorContains(t, err, "TS2322")
	})
	t.Run("a failing test is in the report", func(t *testing.T) {
		p.write(web+"src/broken.test.ts", "import { expect, it } from \"vitest\";\n\nit(\"is broken\", () => {\n  expect(1).toBe(2);\n});\n")
		_, err := p.call("frontend", "test")
		require.ErrorContains(t, err, "expected 1 to be 2")
		assert.Equal(t, "false", p.must("frontend", "test-report", "passed"))
		assert.Regexp(t, `(?s)<testcase [^>]*name="is broken".*?<failure`, p.must("frontend", "test-report", "junit", "contents"))
	})
}

// TestChromatic: no token and a fork are skipped with the reason; with a token
// the command runs, in a checkout with history, until it needs the network.
// Where Chromatic can be reached, it refuses this token.
func TestChromatic(t *testing.T) {
	t.Parallel()
	p := newPages(t, nil)
	files := filepath.Join(t.TempDir(), "files")
	require.NoError(t, os.CopyFS(filepath.Join(files, "frontend"), os.DirFS("../examples/studio/frontend")))
	require.NoError(t, lab.Commit(p.dir, files, "The frontend"))
	p.env = []string{"TOKEN=chpt_0123456789ab", "EMPTY="}

	assert.Equal(t, "skipped: there is no Chromatic project token. Give it with --token", p.must("frontend", "chromatic"))
	assert.Contains(t, p.must("frontend", "chromatic", "--token", "env:EMPTY"), "skipped: the Chromatic project token is empty")
	assert.Contains(t, p.must("frontend", "chromatic", "--token", "env:TOKEN", "--fork"), "skipped: a fork's pull request")

	_, err := p.call("frontend", "chromatic", "--token", "env:TOKEN", "--branch", "main", "--timeout", "15")
	require.ErrorContains(t, err, `frontend chromatic: command "timeout --kill-after 10 15 chromatic --storybook-build-dir storybook-static --ci --no-interactive --branch-name main" failed`)
	require.ErrorContains(t, err, "Chromatic CLI v18.14.3")
	require.ErrorContains(t, err, "Authenticating with Chromatic")
	require.NotContains(t, err.Error(), "chpt_0123456789ab")

	require.NoError(t, os.WriteFile(filepath.Join(p.dir, ".git", "shallow"), []byte(head(t, p.dir)), 0o644))
	_, err = p.call("frontend", "chromatic", "--token", "env:TOKEN")
	require.ErrorContains(t, err, "git history is shallow")
	require.ErrorContains(t, err, "fetch-depth: 0")
}

// pages is a repository of frontends.
type pages struct {
	t   *testing.T
	dir string
	env []string
}

func newPages(t *testing.T, files map[string]string) *pages {
	t.Helper()
	p := &pages{t: t, dir: t.TempDir()}
	for name, text := range files {
		p.write(name, text)
	}
	return p
}

func (p *pages) write(name, text string) {
	p.t.Helper()
	full := filepath.Join(p.dir, name)
	require.NoError(p.t, os.MkdirAll(filepath.Dir(full), 0o755))
	require.NoError(p.t, os.WriteFile(full, []byte(text), 0o644))
}

func (p *pages) read(name string) string {
	p.t.Helper()
	text, err := os.ReadFile(filepath.Join(p.dir, name))
	require.NoError(p.t, err)
	return string(text)
}

// lock has pnpm make the lock file.
func (p *pages) lock(pnpm, dir string) {
	p.t.Helper()
	command := exec.Command("npm", "exec", "--yes", "pnpm@"+pnpm, "--", "install", "--lockfile-only")
	command.Dir = filepath.Join(p.dir, dir)
	output, err := command.CombinedOutput()
	require.NoError(p.t, err, string(output))
}

// setting writes a key of the example's settings.
func (p *pages) setting(key string, value any) {
	p.t.Helper()
	file := filepath.Join(p.dir, "frontend/web/package.json")
	text, err := os.ReadFile(file)
	require.NoError(p.t, err)
	var manifest map[string]any
	require.NoError(p.t, json.Unmarshal(text, &manifest))
	manifest["pingvas-ci"] = map[string]any{key: value}
	text, err = json.Marshal(manifest)
	require.NoError(p.t, err)
	require.NoError(p.t, os.WriteFile(file, text, 0o644))
}

func (p *pages) call(args ...string) (string, error) {
	p.t.Helper()
	return dagger(p.t, append(source(p.dir), args...), p.env...)
}

func (p *pages) must(args ...string) string {
	p.t.Helper()
	said, err := p.call(args...)
	require.NoError(p.t, err)
	return said
}

func head(t *testing.T, repository string) string {
	t.Helper()
	output, err := exec.Command("git", "-C", repository, "rev-parse", "HEAD").Output()
	require.NoError(t, err)
	return string(output)
}
