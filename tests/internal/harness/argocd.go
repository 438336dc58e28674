package harness

import (
	"net/http"
	"net/http/httptest"
	"path"
	"strings"
	"sync"
	"testing"
)

// ArgoCD answers as Argo CD's API does.
type ArgoCD struct {
	URL string

	mutex  sync.Mutex
	states map[string][]string // by application, a state a look, the last for ever
	asked  map[string][]string // by application, the methods of the requests
}

// NewArgoCD starts the API for who knows the token, with applications by their
// names, each with the states that it has one after the other.
func NewArgoCD(t *testing.T, token string, states map[string][]string) *ArgoCD {
	t.Helper()
	a := &ArgoCD{states: states, asked: map[string][]string{}}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		a.mutex.Lock()
		defer a.mutex.Unlock()
		below, is := strings.CutPrefix(r.URL.Path, "/api/v1/applications/")
		name, _, _ := strings.Cut(path.Clean(below), "/")
		if r.Header.Get("Authorization") != "Bearer "+token || !is || len(a.states[name]) == 0 {
			http.Error(w, `{"error":"permission denied","code":7,"message":"permission denied"}`, http.StatusForbidden)
			return
		}
		a.asked[name] = append(a.asked[name], r.Method)
		_, _ = w.Write([]byte(a.states[name][0]))
		if len(a.states[name]) > 1 {
			a.states[name] = a.states[name][1:]
		}
	}))
	t.Cleanup(server.Close)
	a.URL = server.URL
	return a
}

// Asked are the methods of the requests about an application.
func (a *ArgoCD) Asked(application string) []string {
	a.mutex.Lock()
	defer a.mutex.Unlock()
	return a.asked[application]
}
