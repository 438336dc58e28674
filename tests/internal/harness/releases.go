package harness

import (
	"encoding/json"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
)

// Releases is GitHub's API for the releases of the application's repository.
type Releases struct {
	// Shown is the release, as it was asked for, and Files are its files.
	Shown map[string]any
	Files map[string]string

	t     *testing.T
	token string
	url   string
	mu    sync.Mutex
}

// NewReleases starts it until the test ends.
func NewReleases(t *testing.T, token string) *Releases {
	t.Helper()
	s := &Releases{t: t, token: token, Files: map[string]string{}}
	server := httptest.NewServer(s)
	t.Cleanup(server.Close)
	s.url = server.URL
	return s
}

// At are the arguments that have releases made there.
func (s *Releases) At() string {
	return "--api http://github.test --service tcp://" + strings.TrimPrefix(s.url, "http://")
}

func (s *Releases) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if r.Header.Get("Authorization") != "Bearer "+s.token {
		http.Error(w, `{"message":"Requires authentication"}`, http.StatusUnauthorized)
		return
	}
	const releases = "/repos/pingvas/pingvas-studio/releases"
	body, err := io.ReadAll(r.Body)
	assert.NoError(s.t, err)
	var asked map[string]any
	switch r.Method + " " + strings.TrimPrefix(r.URL.Path, releases) {
	case "GET ":
		list := []any{}
		if s.Shown != nil {
			list = append(list, s.Shown)
		}
		_ = json.NewEncoder(w).Encode(list)
		return
	case "POST ", "PATCH /1":
		assert.NoError(s.t, json.Unmarshal(body, &asked))
	case "POST /1/assets":
		assert.Equal(s.t, true, s.Shown["draft"], "a release that everybody sees is whole")
		s.Files[r.URL.Query().Get("name")] = string(body)
	default:
		http.NotFound(w, r)
		return
	}
	if s.Shown == nil {
		s.Shown = map[string]any{"id": 1, "html_url": "https://github.test/releases/1", "upload_url": "http://" + r.Host + releases + "/1/assets{?name,label}"}
	}
	maps.Copy(s.Shown, asked)
	w.WriteHeader(http.StatusCreated)
	_ = json.NewEncoder(w).Encode(s.Shown)
}
