package harness

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
)

// ArgoCD answers as Argo CD's API does, with a state a look, the last for ever.
type ArgoCD struct {
	URL string
	// Asked are the methods of the requests since the last Answer.
	Asked []string

	mutex  sync.Mutex
	states []string
}

// NewArgoCD starts the API of the application pingvas-prod, for who knows the token.
func NewArgoCD(t *testing.T, token string) *ArgoCD {
	t.Helper()
	a := &ArgoCD{}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		a.mutex.Lock()
		defer a.mutex.Unlock()
		if r.Header.Get("Authorization") != "Bearer "+token || !strings.HasPrefix(r.URL.Path, "/api/v1/applications/pingvas-prod") {
			http.Error(w, `{"error":"permission denied","code":7,"message":"permission denied"}`, http.StatusForbidden)
			return
		}
		a.Asked = append(a.Asked, r.Method)
		_, _ = w.Write([]byte(a.states[0]))
		if len(a.states) > 1 {
			a.states = a.states[1:]
		}
	}))
	t.Cleanup(server.Close)
	a.URL = server.URL
	return a
}

// Answer says what it answers from now on.
func (a *ArgoCD) Answer(states ...string) { a.states, a.Asked = states, nil }
