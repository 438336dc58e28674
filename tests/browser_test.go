package tests

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/pingvas/pingvas-ci/tests/internal/harness"
)

// TestBrowser opens the example's page and its Storybook in a real browser.
func TestBrowser(t *testing.T) {
	long(t, "TestSite: a browser visits")
	t.Parallel()
	browser := harness.NewBrowser(t)
	p := harness.Example(t, "frontend")
	api := harness.NewGallery(t)
	p.Write("deployed/config.js", p.Must(t, "frontend", "config", "--api-url", api.URL, "contents"))

	t.Run("the page is where config.js says", func(t *testing.T) {
		at := p.Serve(t, 8080, "/", "frontend", "serve", "--config", p.At("deployed/config.js"))
		for _, path := range []string{"/", "/gallery/deep/link"} {
			page := browser.Open(t, at+path)
			assert.Contains(t, page, "<title>Pingvas Studio</title>")
			assert.Contains(t, page, "<h1>Pingvas Studio</h1>", "the application has not started")
			assert.Contains(t, page, "a cat on the moon", "the page shows what this environment's API says")
		}
		assert.Contains(t, api.Asked(), "GET /images")
	})
	t.Run("the same image elsewhere asks elsewhere", func(t *testing.T) {
		before := len(api.Asked())
		page := browser.Open(t, p.Serve(t, 8080, "/", "frontend", "serve")+"/")
		assert.Contains(t, page, "<h1>Pingvas Studio</h1>")
		assert.NotContains(t, page, "a cat on the moon")
		assert.Len(t, api.Asked(), before)
	})
	t.Run("the Storybook shows a story", func(t *testing.T) {
		at := p.Serve(t, 8080, "/", "frontend", "serve-storybook")
		assert.Contains(t, browser.Open(t, at+"/"), "storybook-root")
		story := browser.Open(t, at+"/iframe.html?id=components-imagecard--liked&viewMode=story")
		assert.Contains(t, story, `class="sb-main-centered sb-show-main"`)
	})
}
