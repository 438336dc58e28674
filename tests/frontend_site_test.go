package tests

import (
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pingvas/pingvas-ci/tests/internal/harness"
)

// booth is a site of the least that is real, built for a path, in a folder of a name of
// its own. Its build writes what Vite does: a page, a script and a chunk that the
// script asks for later, both named by their content.
var booth = map[string]string{
	"package.json": `{
		"name": "booth", "private": true, "packageManager": "pnpm@10.34.9", "scripts": {"build": "node build.js"},
		"pingvas-ci": {"headers": {"Permissions-Policy": "camera=(self)", "Referrer-Policy": ""}, "imageEnvironment": {"TZ": "Asia/Seoul"}, "platforms": ["linux/amd64"]}
	}`,
	"pnpm-lock.yaml": "lockfileVersion: '9.0'\n\nsettings:\n  autoInstallPeers: true\n  excludeLinksFromLockfile: false\n\nimporters:\n\n  .: {}\n",
	"index.html":     "<title>of the sources</title>\n",
	"build.js": `const fs = require("node:fs"), release = "RELEASE", hash = "RELEASEHASH";
const write = (name, text) => fs.writeFileSync("www/" + name, text);
fs.mkdirSync("www/assets", { recursive: true }), fs.mkdirSync("www/.well-known"), fs.mkdirSync("www/about");
write("index.html", "<title>" + release + '</title><body><script src="/config.js"></script><script type="module" src="/booth/assets/index-' + hash + '.js"></script>\n');
write("assets/index-" + hash + ".js", 'document.body.append("started "); import("/booth/assets/lazy-' + hash + '.js").then((lazy) => document.body.append(lazy.text));' + "//" + "x".repeat(3000));
write("assets/lazy-" + hash + ".js", 'export const text = "chunk of ' + release + '";');
write("assets/worker-" + hash + ".mjs", "// " + "x".repeat(3000));
write("assets/module-" + hash + ".wasm", "\0asm");
write("assets/font-" + hash + ".woff2", "font");
write("app.webmanifest", "{}"), write(".env", "KEY=1"), write(".well-known/security.txt", "Contact: x"), write("about/index.html", "about"), write("terms.html", "terms");
write("countries.json", JSON.stringify("x".repeat(3000)));
`,
}

// newBooth is a release of it, of which another one's page has as many bytes.
func newBooth(t *testing.T, release, hash string) *harness.Repository {
	t.Helper()
	r := harness.NewRepository(t, booth)
	r.Write("build.js", strings.NewReplacer("RELEASEHASH", hash, "RELEASE", release).Replace(booth["build.js"]))
	return r
}

func export(r *harness.Repository, file string) []string {
	return append(harness.Source(r.Dir), words("frontend image as-tarball export --path "+file)...)
}

const (
	kept       = "public, max-age=31536000, immutable"
	javascript = "text/javascript"
)

// TestSite runs the image of a site as a hardened cluster does, and asks it for what
// there is and is not; and a browser that remembers visits two releases of it.
func TestSite(t *testing.T) {
	t.Parallel()
	files := harness.NewFiles(t, nil)
	first, second := newBooth(t, "one", "BAfOyh4N"), newBooth(t, "two", "C1gPzi5O")
	harness.Batch(t, nil, export(first, files.At("first.tar")))[0].Must(t)
	assert.Contains(t, harness.ReadImage(t, files.At("first.tar")).Env, "TZ=Asia/Seoul")
	released := harness.NewRegistry(t).Push(t, files.At("first.tar"), "booth:one")
	second.Replace("package.json", `"pingvas-ci": {`, `"pingvas-ci": {"keepAssets": ["`+released+`"], `)
	harness.Batch(t, nil, export(second, files.At("second.tar")))[0].Must(t)
	port := harness.Port(t)
	browser := harness.NewBrowser(t).Kept(t)

	server, stop := harness.Confine(t, files.At("first.tar"), port)
	t.Run("answers", func(t *testing.T) { answers(t, server.URL) })
	t.Run("without IPv4", func(t *testing.T) {
		body, err := harness.Get(t.Context(), strings.Replace(server.URL, "127.0.0.1", "[::1]", 1)+"/booth/deep/link")
		require.NoError(t, err)
		assert.Contains(t, body, "<title>one</title>")
	})
	validator := get(t, server.URL+"/booth/", nil).Header.Get("ETag")
	assert.Equal(t, http.StatusNotModified, get(t, server.URL+"/booth/", http.Header{"If-None-Match": {validator}}).StatusCode)
	assert.Contains(t, browser.Open(t, server.URL+"/booth/deep/link"), "started chunk of one")
	stop()

	server, _ = harness.Confine(t, files.At("second.tar"), port)
	assert.Equal(t, http.StatusOK, get(t, server.URL+"/booth/", http.Header{"If-None-Match": {validator}}).StatusCode, "another page of the same size")
	chunk := get(t, server.URL+"/booth/assets/lazy-BAfOyh4N.js", nil)
	assert.Equal(t, http.StatusOK, chunk.StatusCode, "a page of the first release is open somewhere")
	assert.Equal(t, kept, chunk.Header.Get("Cache-Control"))
	page := browser.Open(t, server.URL+"/booth/deep/link")
	assert.Contains(t, page, "<title>two</title>")
	assert.Contains(t, page, "started chunk of two")
	assert.NotContains(t, server.Said(), `.js HTTP/1.1" 404`)
}

// answers asks the server of the booth.
func answers(t *testing.T, at string) {
	t.Helper()
	for path, want := range map[string]struct {
		status                 int
		kind, cache, encodings string
	}{
		"/":                                  {200, "text/html", "no-cache", ""},
		"/booth":                             {200, "text/html", "no-cache", ""},
		"/booth/orders/17":                   {200, "text/html", "no-cache", ""},
		"/booth/v1.2":                        {200, "text/html", "no-cache", ""},
		"/booth/about":                       {200, "text/html", "no-cache", ""},
		"/terms":                             {200, "text/html", "no-cache", ""},
		"/booth/assets/index-BAfOyh4N.js":    {200, javascript, kept, "br gzip"},
		"/assets/worker-BAfOyh4N.mjs":        {200, javascript, kept, "br gzip"},
		"/booth/assets/module-BAfOyh4N.wasm": {200, "application/wasm", kept, ""},
		"/booth/assets/font-BAfOyh4N.woff2":  {200, "font/woff2", kept, ""},
		"/app.webmanifest":                   {200, "application/manifest+json", "no-cache", ""},
		"/booth/countries.json":              {200, "application/json", "no-cache", "gzip"},
		"/.well-known/security.txt":          {200, "text/plain", "no-cache", ""},
		"/config.js":                         {200, javascript, "no-store", ""},
		"/booth/config.js":                   {200, javascript, "no-store", ""},
		"/healthz":                           {200, "text/plain", "no-cache", ""},
		"/booth/assets/gone-BAfOyh4N.js":     {404, "text/html", "no-store", ""},
		"/gone.pdf":                          {404, "text/html", "no-store", ""},
		"/.env":                              {404, "text/html", "no-store", ""},
		"/booth/.env":                        {404, "text/html", "no-store", ""},
		"/../../etc/passwd":                  {400, "text/html", "no-store", ""},
	} {
		response := get(t, at+path, nil)
		assert.Equal(t, want.status, response.StatusCode, path)
		assert.Equal(t, want.kind, response.Header.Get("Content-Type"), path)
		assert.Equal(t, want.cache, response.Header.Get("Cache-Control"), path)
		for name, value := range map[string]string{
			"X-Content-Type-Options": "nosniff", "Content-Security-Policy": "frame-ancestors 'self'", "Permissions-Policy": "camera=(self)", "Referrer-Policy": "",
			"Server": "nginx", "Vary": "Accept-Encoding",
		} {
			assert.Equal(t, value, response.Header.Get(name), "%s of %s", name, path)
		}
		assert.Contains(t, response.Header.Get("Content-Security-Policy-Report-Only"), "default-src 'self'", path)
		for _, encoding := range []string{"br", "gzip"} {
			packed := get(t, at+path, http.Header{"Accept-Encoding": {encoding}})
			expected := map[bool]string{true: encoding}[strings.Contains(want.encodings, encoding)]
			assert.Equal(t, expected, packed.Header.Get("Content-Encoding"), "%s of %s", encoding, path)
			assert.Equal(t, want.kind, packed.Header.Get("Content-Type"), "%s of %s", encoding, path)
		}
	}
}

// reply is what a server says before the body.
type reply struct {
	StatusCode int
	Header     http.Header
}

// get asks once, and follows nothing.
func get(t *testing.T, url string, header http.Header) reply {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, http.NoBody)
	require.NoError(t, err)
	request.Header = header
	if header == nil {
		request.Header = http.Header{"Accept-Encoding": {"identity"}}
	}
	response, err := http.DefaultTransport.RoundTrip(request)
	require.NoError(t, err)
	_, err = io.Copy(io.Discard, response.Body)
	require.NoError(t, err)
	require.NoError(t, response.Body.Close())
	return reply{response.StatusCode, response.Header}
}

// TestLinksOfASite: one within the site is the file, and one that leads out of it is
// refused: there lies what is nobody's to serve.
func TestLinksOfASite(t *testing.T) {
	long(t, "TestSite")
	t.Parallel()
	of := func(link string) *harness.Repository {
		p := newSmall(t, nil)
		p.Replace(small+"/package.json", "mkdir dist && cp index.html dist/", "mkdir dist && cp index.html dist/ && ln -s "+link+" dist/linked.html")
		return p
	}
	came := harness.Batch(t, nil, append(of("index.html").On(words("frontend image file --path /usr/share/nginx/html/linked.html size")),
		of("/etc/hostname").On(words("frontend image sync"))...)...)
	assert.NotEqual(t, "0", came[0].Must(t))
	came[1].Refused(t, "linked.html of the built site is a link out of it, or to a folder that it is in. Have the build write files")
}
