package harness

import (
	"encoding/base64"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
)

// CodeScanning takes SARIF as GitHub does, from those who know "a-token".
type CodeScanning struct {
	// Runs are what was uploaded.
	Runs []SARIFRun

	url string
	mu  sync.Mutex
}

// SARIFRun is what is read of an upload.
type SARIFRun struct {
	Details struct{ ID string } `json:"automationDetails"`
	Results []struct{ RuleID string }
}

// Rules are the rules that the run's findings are of.
func (r SARIFRun) Rules() (ids []string) {
	for _, result := range r.Results {
		ids = append(ids, result.RuleID)
	}
	return ids
}

// NewCodeScanning starts the API until the test ends.
func NewCodeScanning(t *testing.T) *CodeScanning {
	t.Helper()
	s := &CodeScanning{}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { s.take(t, w, r) }))
	t.Cleanup(server.Close)
	s.url = server.URL
	return s
}

// With are the arguments that have findings shown there.
func (s *CodeScanning) With(token string) []string {
	return []string{
		"with-code-scanning", "--repository", "pingvas/pingvas-studio", "--ref", "refs/heads/main",
		"--token", token, "--api", "http://github.test", "--service", "tcp://" + strings.TrimPrefix(s.url, "http://"),
	}
}

func (s *CodeScanning) take(t *testing.T, w http.ResponseWriter, r *http.Request) {
	if r.Header.Get("Authorization") != "Bearer a-token" {
		http.Error(w, `{"message":"Resource not accessible by integration"}`, http.StatusForbidden)
		return
	}
	var body struct{ Commit_sha, Ref, Sarif string }
	assert.NoError(t, json.NewDecoder(r.Body).Decode(&body))
	assert.Equal(t, "POST /repos/pingvas/pingvas-studio/code-scanning/sarifs", r.Method+" "+r.URL.Path)
	assert.Equal(t, SourceCommit+" refs/heads/main", body.Commit_sha+" "+body.Ref)
	packed, err := base64.StdEncoding.DecodeString(body.Sarif)
	assert.NoError(t, err)
	var log struct{ Runs []SARIFRun }
	assert.NoError(t, json.Unmarshal(inflated(packed), &log))
	s.mu.Lock()
	defer s.mu.Unlock()
	s.Runs = append(s.Runs, log.Runs...)
	w.WriteHeader(http.StatusAccepted)
	_, _ = w.Write([]byte(`{"id":"upload-1"}`))
}
