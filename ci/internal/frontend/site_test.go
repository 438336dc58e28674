package frontend_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pingvas/pingvas-ci/ci/internal/frontend"
)

// What tools name by its content, and what only looks so.
func TestNamedByContent(t *testing.T) {
	named := []string{
		"assets/index-BAfOyh4N.js", "assets/index-B-fO_h4N.css", "assets/inter-latin-DxkdpLs9.woff2", "main.1a2b3c4d.css",
		"static/js/453.1a2b3c4d.chunk.js", "static/css/main.0123456789abcdef0123.css.map", "main-K7X2QWER.js",
		"_next/static/chunks/framework-64ad27b21261a9ce.js", "_next/static/css/0a1b2c3d4e5f6a7b.css", "_nuxt/BAfOyh4N.js",
		"_app/immutable/entry/start.BAfOyh4N.js", "_astro/hoisted.BAfOyh4N.js", "workbox-5ffe50d4.js",
	}
	other := []string{
		"index.html", "my-section1.html", "page-BAfOyh4N.html", "assets/app-1.js", "assets/my-frontend.js", "assets/my-section1.js", "assets/x-MyButton.js",
		"assets/portrait-1024x768.jpg", "report-20241231.pdf", "jquery-3.7.1.min.js", "service-worker.js", "sw.js",
		"_nuxt/builds/latest.json", "assets/Download.js", "BAfOyh4N.js", "manifest.webmanifest", ".well-known/security.txt",
	}
	site := frontend.Survey(append(other, named...), nil, "")
	assert.Equal(t, named, site.Files)
	site = frontend.Survey(named, []string{"main.1a2b3c4d.css"}, "")
	assert.NotContains(t, site.Files, "main.1a2b3c4d.css", "a file of the sources")
}

func TestBase(t *testing.T) {
	files := []string{"index.html", "assets/index-BAfOyh4N.js", "assets/index-B1fOyh4N.css"}
	for base, page := range map[string]string{
		"":         `<script type="module" src="/assets/index-BAfOyh4N.js"></script>`,
		"/shop":    `<script src="/config.js"></script><link rel="stylesheet" href="/shop/assets/index-B1fOyh4N.css">`,
		"/a.b/c-d": `<script src=/a.b/c-d/assets/index-BAfOyh4N.js></script>`,
	} {
		assert.Equal(t, base, frontend.Survey(files, nil, page).Base, page)
	}
	for _, page := range []string{"", `<script src="./assets/index-BAfOyh4N.js">`, `<script src="https://cdn.example/shop/assets/index-BAfOyh4N.js">`,
		`<script src="//cdn.example/assets/index-BAfOyh4N.js">`, `<script src="/a b;}/assets/index-BAfOyh4N.js">`} {
		assert.Empty(t, frontend.Survey(files, nil, page).Base, page)
	}
}

func TestFallback(t *testing.T) {
	of := func(files ...string) frontend.Site { return frontend.Survey(files, nil, "") }
	assert.Equal(t, frontend.Site{Fallback: "/index.html"}, of("index.html"))
	assert.Equal(t, frontend.Site{Fallback: "/200.html"}, of("index.html", "200.html"))
	assert.Equal(t, frontend.Site{Fallback: "=404", NotFound: "/404.html"}, of("index.html", "404.html", "about.html"))
}

func TestServerFiles(t *testing.T) {
	files, err := frontend.ServerFiles(frontend.Site{Base: "/a.b"}, map[string]string{
		"permissions-policy": "", "Content-Security-Policy": `default-src "self"`, "Strict-Transport-Security": "max-age=1",
	})
	require.NoError(t, err)
	server := files["/etc/nginx/conf.d/default.conf"]
	assert.Contains(t, server, `add_header Content-Security-Policy "default-src \"self\"" always;`)
	assert.Contains(t, server, `add_header Strict-Transport-Security "max-age=1" always;`)
	assert.Contains(t, server, `rewrite ^/a\.b(?:/(.*))?$ /$1;`)
	assert.Contains(t, server, "try_files $uri $uri/index.html $uri.html /index.html;")
	assert.NotContains(t, server, "Permissions-Policy")
	assert.NotContains(t, server, "error_page")
	assert.NotContains(t, server, "{{")
}
