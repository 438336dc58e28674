package argocd_test

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pingvas/pingvas-ci/ci/internal/argocd"
)

const token = "eyJ-canary"

// server answers as Argo CD does: with the application's object, and errors of
// its gateway, {"error", "code", "message"}.
type server struct {
	mutex  sync.Mutex
	states []string // one a look, the last for ever
	asked  []string
	bodies []string
}

func (s *server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	s.asked = append(s.asked, r.Method+" "+r.URL.String())
	refuse := func(status, code int, text string) {
		w.WriteHeader(status)
		_ = json.NewEncoder(w).Encode(map[string]any{"error": text, "code": code, "message": text})
	}
	switch {
	case r.Header.Get("Authorization") != "Bearer "+token:
		refuse(http.StatusUnauthorized, 16, "invalid session: token has invalid claims")
	case !strings.HasPrefix(r.URL.Path, "/api/v1/applications/pingvas-prod"):
		refuse(http.StatusForbidden, 7, "permission denied")
	case r.Method == http.MethodPost:
		body, _ := io.ReadAll(r.Body)
		s.bodies = append(s.bodies, string(body))
		_, _ = io.WriteString(w, s.states[0])
	default:
		_, _ = io.WriteString(w, s.states[0])
		if len(s.states) > 1 {
			s.states = s.states[1:]
		}
	}
}

// state is a recorded answer with another state filled in.
func state(t *testing.T, change ...string) string {
	t.Helper()
	raw, err := os.ReadFile("testdata/api/application.json")
	require.NoError(t, err)
	text := string(raw)
	for i := 0; i < len(change); i += 2 {
		require.Contains(t, text, change[i])
		text = strings.ReplaceAll(text, change[i], change[i+1])
	}
	return text
}

func connect(t *testing.T, s *server) argocd.Server {
	t.Helper()
	listener := httptest.NewTLSServer(s)
	t.Cleanup(listener.Close)
	connected, err := argocd.Connect(listener.URL+"/", token+"\n", argocd.WithClient(listener.Client()), argocd.WithPause(time.Millisecond))
	require.NoError(t, err)
	return connected
}

const revision = "53e28ff20cc530b9ada2173fbbd64d48338583ba"

func TestStatus(t *testing.T) {
	s := &server{states: []string{state(t)}}
	status, err := connect(t, s).Status(t.Context(), "pingvas-prod", true)
	require.NoError(t, err)
	assert.Equal(t, argocd.Status{
		Application: "pingvas-prod", Sync: "Synced", Health: "Healthy", Revision: revision, Phase: "Succeeded", Operated: revision,
		Message: "successfully synced (all tasks run)", Automated: true,
		History: []argocd.Deployment{
			{ID: 4, Revision: "0d521c6e049889134f3122eb32d7ed342f43ca0d", At: time.Date(2026, 5, 1, 9, 0, 0, 0, time.UTC), By: "admin"},
			{ID: 5, Revision: revision, At: time.Date(2026, 5, 2, 9, 0, 0, 0, time.UTC), By: "automated"},
		},
	}, status)
	assert.Equal(t, []string{"GET /api/v1/applications/pingvas-prod?refresh=normal"}, s.asked)
}

func TestWait(t *testing.T) {
	progressing := state(t, `"Healthy"`, `"Progressing"`)
	outOfSync := state(t, `"Synced"`, `"OutOfSync"`)
	older := state(t, revision, "0d521c6e049889134f3122eb32d7ed342f43ca0d")
	failed := state(t, `"Synced"`, `"OutOfSync"`, `"Succeeded"`, `"Failed"`, "successfully synced (all tasks run)", "one or more objects failed to apply")
	olderFailed := strings.ReplaceAll(failed, revision, "0d521c6e049889134f3122eb32d7ed342f43ca0d")
	notYetBegun := state(t, `"Synced"`, `"OutOfSync"`, `"Succeeded"`, `"Failed"`,
		`"syncResult": {"revision": "`+revision, `"syncResult": {"revision": "0d521c6e049889134f3122eb32d7ed342f43ca0d`)
	for name, c := range map[string]struct {
		states []string
		limit  time.Duration
		is     error
		says   string
		asked  int
	}{
		"at once":                          {states: []string{state(t)}, limit: time.Minute, asked: 1},
		"out of sync, progressing, there":  {states: []string{outOfSync, progressing, state(t)}, limit: time.Minute, asked: 3},
		"an older revision, then this one": {states: []string{older, state(t)}, limit: time.Minute, asked: 2},
		"a failed sync is final":           {states: []string{outOfSync, failed}, limit: time.Minute, is: argocd.ErrFailed, says: "one or more objects failed to apply", asked: 2},
		"an older revision's is not":       {states: []string{olderFailed, state(t)}, limit: time.Minute, asked: 2},
		"nor is one before it":             {states: []string{notYetBegun, state(t)}, limit: time.Minute, asked: 2},
		"the limit":                        {states: []string{progressing}, limit: 20 * time.Millisecond, is: argocd.ErrNotYet, says: "Synced, Progressing, at 53e28ff20cc5"},
	} {
		t.Run(name, func(t *testing.T) {
			s := &server{states: c.states}
			_, err := connect(t, s).Wait(t.Context(), "pingvas-prod", revision[:12], c.limit)
			if c.is == nil {
				require.NoError(t, err)
			} else {
				require.ErrorIs(t, err, c.is)
				require.ErrorContains(t, err, c.says)
			}
			if c.asked > 0 {
				assert.Len(t, s.asked, c.asked)
			}
		})
	}
}

func TestRollback(t *testing.T) {
	automated := &server{states: []string{state(t)}}
	err := connect(t, automated).Rollback(t.Context(), "pingvas-prod", 4)
	require.ErrorContains(t, err, "automated sync is on")
	require.ErrorContains(t, err, "with gitops rollback")
	require.Empty(t, automated.bodies)

	manual := &server{states: []string{state(t, `"automated": {"prune": true, "selfHeal": true},`, "")}}
	require.NoError(t, connect(t, manual).Rollback(t.Context(), "pingvas-prod", 4))
	require.Equal(t, []string{`{"id":4,"name":"pingvas-prod","prune":true}`}, manual.bodies)
	require.ErrorContains(t, connect(t, manual).Rollback(t.Context(), "pingvas-prod", 9), "no such entry")

	paused := &server{states: []string{state(t, `"automated": {"prune": true,`, `"automated": {"enabled": false, "prune": true,`)}}
	require.NoError(t, connect(t, paused).Rollback(t.Context(), "pingvas-prod", 4), "automated sync can be there and off")
}

func TestRefusals(t *testing.T) {
	s := &server{states: []string{state(t)}}
	_, err := connect(t, s).Status(t.Context(), "other", false)
	require.ErrorIs(t, err, argocd.ErrNoApplication)
	_, err = connect(t, s).Status(t.Context(), "../x", false)
	require.ErrorContains(t, err, "is refused")

	listener := httptest.NewTLSServer(s)
	t.Cleanup(listener.Close)
	wrong, err := argocd.Connect(listener.URL, "not-the-"+token, argocd.WithClient(listener.Client()))
	require.NoError(t, err)
	_, err = wrong.Status(t.Context(), "pingvas-prod", false)
	require.ErrorContains(t, err, "does not take the token")
	require.NotContains(t, err.Error(), token)

	for address, says := range map[string]string{
		"http://argocd.example": "only sent over https", "argocd.example": "is no address", "https://a:b@argocd.example": "is no address",
	} {
		_, err := argocd.Connect(address, token)
		require.ErrorContains(t, err, says)
	}
	_, err = argocd.Connect("https://argocd.example", " ")
	require.ErrorContains(t, err, "there is no token")
}
