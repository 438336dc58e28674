package tests

import (
	"compress/gzip"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

const siteRoot = "/usr/share/nginx/html"

// TestBrowser opens the example's page and its Storybook in a real browser.
func TestBrowser(t *testing.T) {
	t.Parallel()
	b := newBrowser(t)
	p := newPages(t, nil)
	require.NoError(t, os.CopyFS(filepath.Join(p.dir, "frontend"), os.DirFS("../examples/studio/frontend")))
	api := newAPI(t)
	config := p.must("frontend", "config", "--api-url", api.URL, "contents")
	p.write("deployed/config.js", config)

	t.Run("the page is where config.js says", func(t *testing.T) {
		at := p.serve("frontend", "serve", "--config", filepath.Join(p.dir, "deployed/config.js"))
		for _, path := range []string{"/", "/gallery/deep/link"} {
			page := b.open(at + path)
			assert.Contains(t, page, "<title>Pingvas Studio</title>")
			assert.Contains(t, page, "<h1>Pingvas Studio</h1>", "the application has not started")
			assert.Contains(t, page, "a cat on the moon", "the page shows what this environment's API says")
		}
		assert.Contains(t, api.asked(), "GET /images")
	})
	t.Run("the same image elsewhere asks elsewhere", func(t *testing.T) {
		before := len(api.asked())
		page := b.open(p.serve("frontend", "serve") + "/")
		assert.Contains(t, page, "<h1>Pingvas Studio</h1>")
		assert.NotContains(t, page, "a cat on the moon")
		assert.Len(t, api.asked(), before)
	})
	t.Run("the Storybook shows a story", func(t *testing.T) {
		at := p.serve("frontend", "serve-storybook")
		assert.Contains(t, b.open(at+"/"), "storybook-root")
		story := b.open(at + "/iframe.html?id=components-imagecard--liked&viewMode=story")
		assert.Contains(t, story, `class="sb-main-centered sb-show-main"`)
	})
}

// gallery is a page of images, as gallery-service tells it.
const gallery = `{"images": [{"image_id": "i1", "title": "a cat on the moon", "url": "data:,", "author_id": "u1",
	"tags": [], "likes": 1, "published_at": "2026-01-01T00:00:00Z"}], "next_cursor": null}`

// api stands for the environment's services.
type api struct {
	*httptest.Server
	mu       sync.Mutex
	requests []string
}

func newAPI(t *testing.T) *api {
	t.Helper()
	a := &api{}
	a.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		a.mu.Lock()
		a.requests = append(a.requests, r.Method+" "+r.URL.Path)
		a.mu.Unlock()
		w.Header().Set("Access-Control-Allow-Origin", "*")
		w.Header().Set("Content-Type", "application/json")
		_, _ = io.WriteString(w, gallery)
	}))
	t.Cleanup(a.Close)
	return a
}

func (a *api) asked() []string {
	a.mu.Lock()
	defer a.mu.Unlock()
	return append([]string(nil), a.requests...)
}

// serve starts a service of the module on a free port of this machine, until
// the test ends, and returns its URL.
func (p *pages) serve(args ...string) string {
	p.t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(p.t, err)
	_, port, _ := strings.Cut(listener.Addr().String(), ":")
	require.NoError(p.t, listener.Close())

	command := append([]string{"--progress=plain", "--mod", module, "call"}, source(p.dir)...)
	command = append(append(command, args...), "up", "--ports", port+":8080")
	up := exec.Command("dagger", command...)
	up.Env = append(os.Environ(), "NO_COLOR=1")
	var output strings.Builder
	up.Stdout, up.Stderr = &output, &output
	require.NoError(p.t, up.Start())
	ended := make(chan error, 1)
	go func() { ended <- up.Wait() }()
	p.t.Cleanup(func() {
		_ = up.Process.Signal(os.Interrupt)
		p.t.Log("the service ended:", <-ended)
	})
	at := "http://127.0.0.1:" + port
	deadline := time.After(3 * time.Minute)
	for {
		response, err := http.Get(at + "/") //nolint:gosec // The test's own server.
		if err == nil {
			_ = response.Body.Close()
			return at
		}
		select {
		case err := <-ended:
			ended <- err
			require.Fail(p.t, "the service ended", output.String())
		case <-deadline:
			require.Fail(p.t, "the service did not start", output.String())
		case <-time.After(200 * time.Millisecond):
		}
	}
}

// answer is what a server is expected to say.
type answer struct {
	status                    int
	cache, encoding, contains string
}

func (want answer) check(t *testing.T, url string) {
	t.Helper()
	request, err := http.NewRequest(http.MethodGet, url, http.NoBody)
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

// browser is a headless Chromium.
type browser struct {
	t       *testing.T
	program string
}

// newBrowser finds Chromium, or installs Debian's where that can be done.
func newBrowser(t *testing.T) browser {
	t.Helper()
	names := []string{"chromium", "chromium-browser", "google-chrome"}
	find := func() (string, bool) {
		for _, name := range names {
			if program, err := exec.LookPath(name); err == nil {
				return program, true
			}
		}
		return "", false
	}
	if program, found := find(); found {
		return browser{t, program}
	}
	if os.Geteuid() == 0 {
		install := exec.Command("apt-get", "install", "--yes", "--no-install-recommends", "chromium")
		install.Env = append(os.Environ(), "DEBIAN_FRONTEND=noninteractive")
		output, err := install.CombinedOutput()
		require.NoError(t, err, string(output))
	}
	program, found := find()
	require.True(t, found, "no Chromium; install one: apt-get install chromium")
	return browser{t, program}
}

// open returns the page as it is after its scripts have run.
func (b browser) open(url string) string {
	b.t.Helper()
	command := exec.CommandContext(b.t.Context(), b.program,
		"--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
		"--disable-background-networking", "--disable-component-update", "--disable-sync",
		"--user-data-dir="+b.t.TempDir(), "--virtual-time-budget=10000", "--dump-dom", url)
	page, err := command.Output()
	require.NoError(b.t, err)
	return string(page)
}
