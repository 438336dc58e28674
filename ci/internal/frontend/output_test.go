package frontend_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pingvas/pingvas-ci/ci/internal/frontend"
)

// Where tools write a site, as one sees by what they leave.
func TestSite(t *testing.T) {
	for want, after := range map[string][]string{
		"web/dist":               {"web/dist/index.html", "web/dist/docs/index.html", "web/storybook-static/index.html", "web/coverage/index.html"},
		"web/build":              {"web/build/index.html"},
		"web/out":                {"web/out/index.html", "web/.next/BUILD_ID", "web/.next/server/app/index.html"},
		"web/.output/public":     {"web/.output/public/index.html", "web/.output/public/200.html"},
		"web/dist/app/browser":   {"web/dist/app/browser/index.html"},
		"web/build/client":       {"web/build/client/index.html"},
		"web/pages":              {"web/pages/200.html", "web/.svelte-kit/output/server/index.js"},
		"web/public_html":        {"web/public_html/index.html"},
		"dist/web":               {"dist/web/index.html"},
		"web/www/of/the/product": {"web/www/of/the/product/index.html"},
	} {
		found, err := frontend.Built{Dir: "web", Before: []string{"web/index.html"}, After: append(after, "web/index.html")}.Site()
		require.NoError(t, err, want)
		assert.Equal(t, want, found)
	}
	found, err := frontend.Built{Dir: "web", After: []string{"web/docs/index.html", "web/dist/index.html"}}.Site()
	require.NoError(t, err)
	assert.Equal(t, "web/dist", found, "the likelier one")
	routed := frontend.Built{Dir: "web", After: []string{"web/build/client/index.html", "web/build/server/index.js"}, Router: "export default {\n  // ssr: true\n  ssr: false,\n}\n"}
	found, err = routed.Site()
	require.NoError(t, err)
	assert.Equal(t, "web/build/client", found)
	routed.Router = "export default {\n  // To enable SPA mode: ssr: false\n  ssr: true,\n}\n"
	_, err = routed.Site()
	require.ErrorContains(t, err, "it renders on a server")
	committed := []string{"dist/index.html", "index.html"}
	found, err = frontend.Built{Dir: ".", Before: committed, After: committed}.Site()
	require.NoError(t, err)
	assert.Equal(t, "dist", found)
}

func TestNoSite(t *testing.T) {
	for want, after := range map[string][]string{
		"no index.html in dist, build, out, .output/public, nor in another folder that it wrote. Name the folder": {"web/dist/server/entry.js"},
		"an index.html in web/a, web/b, and one of them is the site. Name the folder":                             {"web/a/index.html", "web/b/index.html"},
		"(Next.js: the build wrote web/.next/BUILD_ID)":                                                           {"web/.next/BUILD_ID", "web/.next/server/app/index.html"},
		"(Nuxt, TanStack Start or another one of Nitro: the build wrote web/.output/server/index.mjs)":            {"web/.output/server/index.mjs", "web/.output/public/index.html"},
		"(React Router or Remix: the build wrote web/build/server/index.js)":                                      {"web/build/server/index.js"},
		"(Astro: the build wrote web/dist/server/entry.mjs)":                                                      {"web/dist/server/entry.mjs", "web/dist/client/index.html"},
		"(Angular: the build wrote web/dist/app/server/server.mjs)":                                               {"web/dist/app/server/server.mjs", "web/dist/app/browser/index.html"},
		"(SvelteKit, and no adapter anything else: the build wrote web/.svelte-kit/output/server/index.js)":       {"web/.svelte-kit/output/server/index.js"},
		"(built for Vercel's functions: the build wrote web/.vercel/output/functions/x.func/.vc-config.json)":     {"web/.svelte-kit/output/server/index.js", "web/.vercel/output/functions/x.func/.vc-config.json", "web/.vercel/output/static/index.html"},
		"(built for Cloudflare's workers: the build wrote web/dist/_worker.js/index.js)":                          {"web/dist/_worker.js/index.js", "web/dist/about/index.html"},
		"(built for Netlify's functions: the build wrote web/.netlify/v1/functions/ssr/ssr.mjs)":                  {"web/.netlify/v1/functions/ssr/ssr.mjs", "web/dist/index.html"},
		"(SvelteKit with a node adapter: the build wrote web/build/handler.js)":                                   {"web/build/handler.js"},
		"Add a Dockerfile in web (docs/frontend.md has one), or have it write files: @sveltejs/adapter-static":    {"web/build/handler.js"},
	} {
		_, err := frontend.Built{Dir: "web", After: after}.Site()
		require.ErrorContains(t, err, want)
	}
}

func TestStorybook(t *testing.T) {
	found, err := frontend.Built{Dir: "web", After: []string{"ui/sb/iframe.html", "ui/sb/index.html", "web/public/sb/iframe.html", "web/public/sb/index.html"}}.Storybook()
	require.NoError(t, err)
	assert.Equal(t, "web/public/sb", found)
	_, err = frontend.Built{Dir: "web", After: []string{"web/dist/index.html"}}.Storybook()
	require.ErrorContains(t, err, "it has left no Storybook")
}
