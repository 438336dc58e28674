package tests

import (
	"encoding/base64"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// TestCodeScanning: what a scan finds is shown on GitHub, also where it stops a
// delivery. No token is no failure, and one without the permission is.
func TestCodeScanning(t *testing.T) {
	t.Parallel()
	github := newUploads(t)
	w := newWorkshop(t)
	registry := start(t, t.TempDir(), 0)
	shown := func(token string) []string {
		return []string{"with-code-scanning", "--repository", "pingvas/pingvas-studio", "--ref", "refs/heads/main",
			"--token", token, "--api", "http://github.test", "--service", "tcp://" + strings.TrimPrefix(github.URL, "http://")}
	}
	env := []string{"GITHUB_TOKEN=a-token", "REFUSED=another", "NONE="}
	upload := func(token, commit string) (string, error) {
		stdout, all, err := call(t.Context(), slices.Concat(source(w.files), shown(token),
			[]string{"service", "--name", "user-service", "scan", "upload", "--commit", commit}), env...)
		if err != nil {
			return all, err
		}
		return stdout, nil
	}

	said, err := upload("env:GITHUB_TOKEN", commit)
	require.NoError(t, err, said)
	assert.Contains(t, said, "user-service linux/amd64: shown in code scanning as upload-1")
	said, err = upload("env:NONE", commit)
	require.NoError(t, err, said)
	assert.Contains(t, said, "user-service linux/amd64: skipped: GitHub's code scanning is given no token")
	said, err = upload("env:REFUSED", commit)
	require.Error(t, err)
	assert.Contains(t, said, "give the job the permission security-events: write")
	said, err = upload("env:GITHUB_TOKEN", "v1.2.3")
	require.Error(t, err)
	assert.Contains(t, said, "give the full hash, and a ref such as refs/heads/main")
	require.Len(t, github.runs, 1)

	requirements := filepath.Join(w.files, service, "requirements.txt")
	text, err := os.ReadFile(requirements)
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(requirements, append(text, vulnerable...), 0o644))
	stopped := w.publishTo(t.Context(), slices.Concat(shown("env:GITHUB_TOKEN"), []string{
		"with-registry", "--address", "localhost:" + port(registry), "--service", "tcp://" + registry.Address,
		"--username", registry.Username, "--password", "env:REGISTRY_PASSWORD",
	}), append(env, "REGISTRY_PASSWORD="+registry.Password))
	require.Error(t, stopped.err)
	assert.Contains(t, stopped.output, "HIGH "+vulnerability)
	assert.Empty(t, blobs(t, registry.Dir))
	require.Len(t, github.runs, 2)
	for _, run := range github.runs {
		assert.Equal(t, "trivy/user-service/linux/amd64/", run.Details.ID)
	}
	assert.NotContains(t, github.runs[0].rules(), vulnerability)
	assert.Contains(t, github.runs[1].rules(), vulnerability)
}

// uploads takes SARIF as GitHub does.
type uploads struct {
	*httptest.Server
	mu   sync.Mutex
	runs []sarifRun
}

// sarifRun is what is read of an upload.
type sarifRun struct {
	Details struct{ ID string } `json:"automationDetails"`
	Results []struct{ RuleID string }
}

func (r sarifRun) rules() (ids []string) {
	for _, result := range r.Results {
		ids = append(ids, result.RuleID)
	}
	return ids
}

func newUploads(t *testing.T) *uploads {
	t.Helper()
	u := &uploads{}
	u.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Authorization") != "Bearer a-token" {
			http.Error(w, `{"message":"Resource not accessible by integration"}`, http.StatusForbidden)
			return
		}
		var body struct{ Commit_sha, Ref, Sarif string }
		assert.NoError(t, json.NewDecoder(r.Body).Decode(&body))
		assert.Equal(t, "POST /repos/pingvas/pingvas-studio/code-scanning/sarifs", r.Method+" "+r.URL.Path)
		assert.Equal(t, commit+" refs/heads/main", body.Commit_sha+" "+body.Ref)
		packed, err := base64.StdEncoding.DecodeString(body.Sarif)
		assert.NoError(t, err)
		var log struct{ Runs []sarifRun }
		assert.NoError(t, json.Unmarshal(inflated(packed), &log))
		u.mu.Lock()
		defer u.mu.Unlock()
		u.runs = append(u.runs, log.Runs...)
		w.WriteHeader(http.StatusAccepted)
		_, _ = w.Write([]byte(`{"id":"upload-1"}`))
	}))
	t.Cleanup(u.Close)
	return u
}
