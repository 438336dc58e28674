package harness

import (
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"sync"
	"testing"
)

// gallery is a page of images, as gallery-service tells it.
const gallery = `{"images": [{"image_id": "i1", "title": "a cat on the moon", "url": "data:,", "author_id": "u1",
	"tags": [], "likes": 1, "published_at": "2026-01-01T00:00:00Z"}], "next_cursor": null}`

// Gallery stands for an environment's services: it has one image, which is
// called "a cat on the moon".
type Gallery struct {
	URL string

	mu       sync.Mutex
	requests []string
}

// NewGallery starts it until the test ends.
func NewGallery(t *testing.T) *Gallery {
	t.Helper()
	g := &Gallery{}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		g.mu.Lock()
		g.requests = append(g.requests, r.Method+" "+r.URL.Path)
		g.mu.Unlock()
		w.Header().Set("Access-Control-Allow-Origin", "*")
		w.Header().Set("Content-Type", "application/json")
		_, _ = io.WriteString(w, gallery)
	}))
	t.Cleanup(server.Close)
	g.URL = server.URL
	return g
}

// Asked are the requests so far.
func (g *Gallery) Asked() []string {
	g.mu.Lock()
	defer g.mu.Unlock()
	return slices.Clone(g.requests)
}
