package tests

import (
	"compress/gzip"
	"crypto/rand"
	"io"
	"maps"
	"net/http"
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pingvas/pingvas-ci/tests/internal/harness"
)

const siteRoot = "/usr/share/nginx/html"

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
		"writeFileSync(\"dist/assets/app-BAfOyh4N.js\", \"// \" + \"x\".repeat(5000));\n" +
		"writeFileSync(\"dist/built\", randomUUID());\n",
	"packages/ui/package.json": `{
		"name": "@shop/ui", "version": "1.0.0", "type": "module", "exports": "./lib/index.js",
		"scripts": {"build": "mkdir -p lib && cp index.js lib/"}
	}`,
	"packages/ui/index.js":      "export const title = (name) => \"Shop: \" + name;\n",
	"packages/old/package.json": `{"name": "@shop/old", "version": "1.0.0"}`,
}

// newShop is such a workspace that nobody has built: what is built twice at one
// moment, for two tests, comes out twice.
func newShop() map[string]string {
	files := maps.Clone(shop)
	files["apps/web/build.js"] += "// " + rand.Text() + "\n"
	return files
}

// TestFrontendOfAWorkspace takes a frontend that is a package of a pnpm
// workspace, without a Dockerfile and without a Storybook, to its images.
func TestFrontendOfAWorkspace(t *testing.T) {
	t.Parallel()
	p := harness.NewRepository(t, newShop())
	p.LockWithPnpm("10.34.9", ".")
	web := func(what string) []string { return words("frontend --name web " + what) }
	const built, page = "file --path " + siteRoot + "/built contents", "file --path index.html contents"

	other := p.Copied(t)
	other.Write("packages/old/index.js", "export {};\n")
	other.Write("packages/ui/README.md", "# The shop\n")
	store := p.Copied(t)
	store.Write("packages/ui/index.js", "export const title = (name) => \"Store: \" + name;\n")
	said := harness.Batch(t, nil, slices.Concat(
		p.On(web("path"), web("pnpm-version"), words("frontend --name ui path"),
			web("check"), web("test-report junit contents"), web("test-report coverage"),
			web("storybook entries"), web("chromatic"),
			web("image --platform linux/arm64 "+built), web("image --platform linux/amd64 "+built)),
		other.On(web("image "+built)),
		store.On(web("image "+built), web("dist "+page), web("dist --api-url https://api.example.org "+page), web("image user")),
	)...)
	t.Run("the page is the only frontend, with its workspace's pnpm", func(t *testing.T) {
		assert.Equal(t, "apps/web", said[0].Must(t))
		assert.Equal(t, "10.34.9", said[1].Must(t))
		said[2].Refused(t, `component "ui" is unknown. Name one of: web`)
	})
	t.Run("its gates pass", func(t *testing.T) { said[3].Must(t) })
	t.Run("its tests leave reports", func(t *testing.T) {
		assert.Contains(t, said[4].Must(t), `name="a heading"`)
		assert.Contains(t, said[5].Must(t), "100.0 % of lines")
	})
	t.Run("it has no Storybook, and says so", func(t *testing.T) {
		said[6].Refused(t, `apps/web/package.json has no script "build-storybook"`)
		assert.Equal(t, `skipped: web has no script "build-storybook"`, said[7].Must(t))
	})
	first := said[8].Must(t)
	t.Run("both platforms have what one build made", func(t *testing.T) {
		assert.Equal(t, first, said[9].Must(t))
	})
	t.Run("what it isn't made of builds nothing", func(t *testing.T) {
		assert.Equal(t, first, said[10].Must(t))
	})
	changed := said[11:]
	t.Run("what it is made of builds it anew", func(t *testing.T) {
		assert.NotEqual(t, first, changed[0].Must(t))
	})
	t.Run("a URL is built in where asked for", func(t *testing.T) {
		assert.Contains(t, changed[1].Must(t), "Store: anywhere")
		assert.Contains(t, changed[2].Must(t), "Store: https://api.example.org")
	})
	t.Run("the server is nobody's root, and knows a site", func(t *testing.T) {
		assert.NotContains(t, []string{"", "root", "0"}, changed[3].Must(t))
		knowsASite(t, store.Serve(t, 8080, "/", web("serve")...))
	})
}

// knowsASite asks the server of the shop's page for what there is and is not.
func knowsASite(t *testing.T, at string) {
	t.Helper()
	for path, want := range map[string]answer{
		"/":                        {status: 200, cache: "no-cache", contains: "Store: anywhere"},
		"/orders/17":               {status: 200, cache: "no-cache", contains: "Store: anywhere"},
		"/assets/app-BAfOyh4N.js":  {status: 200, cache: "public, max-age=31536000, immutable", encoding: "gzip"},
		"/assets/gone-BAfOyh4N.js": {status: 404},
		"/config.js":               {status: 200, cache: "no-store", contains: "window.__PINGVAS_CONFIG__ = {}"},
		"/healthz":                 {status: 200, contains: "ok"},
		"/../../etc/passwd":        {status: 400},
	} {
		want.check(t, at+path)
	}
}

// answer is what a server is expected to say.
type answer struct {
	status                    int
	cache, encoding, contains string
}

func (want answer) check(t *testing.T, url string) {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, http.NoBody)
	require.NoError(t, err)
	request.Header.Set("Accept-Encoding", "gzip")
	response, err := http.DefaultTransport.RoundTrip(request)
	require.NoError(t, err)
	defer func() { _ = response.Body.Close() }()
	assert.Equal(t, want.status, response.StatusCode, url)
	if want.cache != "" {
		assert.Equal(t, want.cache, response.Header.Get("Cache-Control"), url)
	}
	body := io.Reader(response.Body)
	if want.encoding != "" {
		assert.Equal(t, want.encoding, response.Header.Get("Content-Encoding"), url)
		body, err = gzip.NewReader(response.Body)
		require.NoError(t, err)
	}
	text, err := io.ReadAll(body)
	require.NoError(t, err)
	assert.Contains(t, string(text), want.contains, url)
}

// TestTwoFrontends: two packages of one pnpm workspace are two frontends, each
// with its image, and each affected by what is its own and what both share.
func TestTwoFrontends(t *testing.T) {
	long(t, "TestFrontendOfAWorkspace")
	t.Parallel()
	files := newShop()
	files["apps/admin/package.json"] = `{"name": "@shop/admin", "version": "1.0.0", "type": "module",
		"scripts": {"lint": "node --check build.js", "typecheck": "true", "build": "node build.js"}, "pingvas-ci": {"gates": {"test": {"none": "there is nothing to test"}}}}`
	files["apps/admin/.node-version"] = "22\n"
	files["apps/admin/build.js"] = "import { mkdirSync, writeFileSync } from \"node:fs\";\n\nmkdirSync(\"dist\");\nwriteFileSync(\"dist/index.html\", \"the back office\");\n"
	p := harness.NewRepository(t, files)
	p.LockWithPnpm("10.34.9", ".")

	page := func(name string) []string {
		return words("frontend --name " + name + " image --platform linux/arm64 file --path " + siteRoot + "/index.html contents")
	}
	admin := words("frontend --name admin image --platform linux/amd64")
	file := harness.NewFiles(t, nil).At("image.tar")
	said := p.Batch(t, words("components"), words("frontends summary"), words("check"), page("admin"), page("web"),
		append(admin, words("as-tarball export --path "+file)...))
	assert.Regexp(t, `admin +frontend +apps/admin +node 22 \(\.node-version\)`, said[0].Must(t))
	assert.Regexp(t, `web +frontend +apps/web `, said[0].Stdout)
	assert.Contains(t, said[1].Must(t), "admin: frontend in apps/admin, node 22 (.node-version), pnpm 10.34.9 (packageManager)\nweb: frontend in apps/web, ")
	said[2].Must(t)
	assert.Equal(t, "the back office", said[3].Must(t))
	assert.Contains(t, said[4].Must(t), "Shop: anywhere")
	said[5].Must(t)
	image := harness.ReadImage(t, file)
	require.Less(t, image.Newest[len(image.Newest)-1].Year(), 2018, "times are made from what is in the files")
	require.Len(t, image.Health, 2)
	require.Equal(t, "CMD-SHELL", image.Health[0])

	asks := slices.Concat(admin, []string{
		"with-new-file", "--path", "/tmp/ask.sh",
		"--contents", "ask() { " + image.Health[1] + "; }\nask 2>/dev/null && echo well before; nginx -g 'daemon off;' & until ask 2>/dev/null; do :; done; echo well\n",
		"with-exec", "--args", "sh,/tmp/ask.sh", "stdout",
	})
	calls := p.On(asks)
	p.Commit(t)
	for _, change := range []struct{ file, text string }{
		{"apps/admin/build.js", files["apps/admin/build.js"] + "\n"},
		{"packages/ui/index.js", files["packages/ui/index.js"] + "\n"},
		{"pnpm-workspace.yaml", "packages: ['packages/*', 'apps/*']\n"},
	} {
		p.Write(change.file, change.text)
		p.Commit(t)
		calls = append(calls, p.Copied(t).On(words("plan --base HEAD~1 json"))...)
	}
	came := harness.Batch(t, nil, calls...)
	t.Run("the image says when it is not well", func(t *testing.T) { assert.Equal(t, "well\n", came[0].Must(t)) })
	t.Run("a change of one leaves the other", func(t *testing.T) {
		assert.Regexp(t, `^\[\{"name":"admin",[^}]*\}\]$`, came[1].Must(t))
		assert.Regexp(t, `^\[\{"name":"web",[^}]*\}\]$`, came[2].Must(t))
		assert.Regexp(t, `"admin".*"web"`, came[3].Must(t))
	})
}
