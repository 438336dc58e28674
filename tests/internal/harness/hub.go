package harness

import (
	"cmp"
	"encoding/json"
	"maps"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
)

// Hub is GitHub's API for pull requests, as far as its documented answers go:
// a list by head and base, 201 for a new one, and 200 for a changed one.
type Hub struct {
	// Token is what it wants.
	Token string
	// Pulls are the pull requests, as they were asked for.
	Pulls []map[string]string

	url   string
	head  func(branch string) string // the commit of a branch of the repository
	mutex sync.Mutex
}

// NewHub starts the API of the world's GitOps repository.
func NewHub(w *World) *Hub {
	w.t.Helper()
	h := &Hub{Token: w.Git.Password, head: func(branch string) string { return w.Gitops("rev-parse", branch) }}
	server := httptest.NewServer(h)
	w.t.Cleanup(server.Close)
	h.url = server.URL
	return h
}

// Reviewed are the arguments for a GitOps repository with a hub.
func (w *World) Reviewed(hub *Hub, options ...string) []string {
	args := append(w.WithGitops(),
		"with-gitops-commits", "--author", "Pingvas CI", "--email", "ci@pingvas.example", "--run", "https://ci.example/7",
		"with-gitops-review", "--repository", "pingvas/pingvas-gitops", "--api", hub.url, "--service", "tcp://"+strings.TrimPrefix(hub.url, "http://"))
	return append(args, options...)
}

// Review are the arguments that have changes reviewed there.
func (h *Hub) Review() string {
	return "with-gitops-review --repository pingvas/pingvas-gitops --api " + h.url + " --service tcp://" + strings.TrimPrefix(h.url, "http://")
}

func (h *Hub) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	h.mutex.Lock()
	defer h.mutex.Unlock()
	const pulls = "/repos/pingvas/pingvas-gitops/pulls"
	if r.Header.Get("Authorization") != "Bearer "+h.Token {
		http.Error(w, `{"message":"Requires authentication"}`, http.StatusUnauthorized)
		return
	}
	var body map[string]string
	if r.Method != http.MethodGet {
		if err := json.NewDecoder(r.Body).Decode(&body); err != nil {
			http.Error(w, `{"message":"Problems parsing JSON"}`, http.StatusBadRequest)
			return
		}
	}
	switch {
	case r.Method == http.MethodGet && r.URL.Path == pulls:
		list := []any{}
		for _, p := range h.Pulls {
			if state := r.URL.Query().Get("state"); state == "open" && p["state"] == "closed" {
				continue
			}
			if r.URL.Query().Get("head") == "pingvas:"+p["head"] && r.URL.Query().Get("base") == p["base"] {
				list = append(list, h.shown(p))
			}
		}
		_ = json.NewEncoder(w).Encode(list)
	case r.Method == http.MethodPost && r.URL.Path == pulls:
		h.Pulls = append(h.Pulls, body)
		w.WriteHeader(http.StatusCreated)
		_ = json.NewEncoder(w).Encode(h.shown(body))
	case r.Method == http.MethodPatch && r.URL.Path == pulls+"/1":
		maps.Copy(h.Pulls[0], body)
		_ = json.NewEncoder(w).Encode(h.shown(h.Pulls[0]))
	default:
		http.Error(w, `{"message":"Not Found"}`, http.StatusNotFound)
	}
}

// shown is how the API tells of a pull request.
func (h *Hub) shown(p map[string]string) map[string]any {
	return map[string]any{
		"number": 1, "html_url": "https://github.test/pull/1", "title": p["title"], "body": p["body"],
		"state": cmp.Or(p["state"], "open"), "head": map[string]string{"ref": p["head"], "sha": h.head(p["head"])},
	}
}
