package github_test

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pingvas/pingvas-ci/ci/internal/github"
)

// releases are GitHub's, as far as its documented answers go: a draft has no address
// by its tag, and a file's name is there once.
type releases struct {
	t      *testing.T
	listed []map[string]any
	files  map[string]string
	// elsewhere is where it says that files are sent; breakAt the file of which the
	// answer is lost.
	elsewhere, breakAt string
	order              []string
}

func (s *releases) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	const at = "/repos/pingvas/pingvas-studio/releases"
	if r.Header.Get("Authorization") != "Bearer "+token {
		w.WriteHeader(http.StatusUnauthorized)
		return
	}
	body, err := io.ReadAll(r.Body)
	assert.NoError(s.t, err)
	s.order = append(s.order, r.Method+" "+strings.TrimPrefix(r.URL.Path, at))
	answer := func(status int, what any) {
		w.WriteHeader(status)
		_ = json.NewEncoder(w).Encode(what)
	}
	switch r.Method + " " + strings.TrimPrefix(r.URL.Path, at) {
	case "GET ":
		answer(http.StatusOK, s.listed)
	case "POST ":
		made := map[string]any{}
		assert.NoError(s.t, json.Unmarshal(body, &made))
		host := "http://" + r.Host
		if s.elsewhere != "" {
			host = s.elsewhere
		}
		made["id"], made["html_url"], made["assets"] = 7, "https://github.test/releases/7", []any{}
		made["upload_url"] = host + at + "/7/assets{?name,label}"
		s.listed = append(s.listed, made)
		answer(http.StatusCreated, made)
	case "POST /7/assets":
		name := r.URL.Query().Get("name")
		if _, is := s.files[name]; is {
			http.Error(w, `{"message":"Validation Failed","errors":[{"code":"already_exists"}]}`, http.StatusUnprocessableEntity)
			return
		}
		assert.Equal(s.t, "application/octet-stream", r.Header.Get("Content-Type"))
		s.files[name] = string(body)
		if name == s.breakAt {
			s.breakAt = ""
			panic(http.ErrAbortHandler)
		}
		s.listed[0]["assets"] = append(s.listed[0]["assets"].([]any), map[string]any{"id": len(s.files), "name": name, "state": "uploaded"})
		answer(http.StatusCreated, map[string]any{})
	case "DELETE /assets/9":
		delete(s.files, "half")
		w.WriteHeader(http.StatusNoContent)
	case "PATCH /7":
		assert.NoError(s.t, json.Unmarshal(body, &s.listed[0]))
		answer(http.StatusOK, s.listed[0])
	default:
		w.WriteHeader(http.StatusNotFound)
	}
}

func newReleases(t *testing.T) (*releases, github.Repository) {
	t.Helper()
	s := &releases{t: t, files: map[string]string{}, listed: []map[string]any{}}
	server := httptest.NewServer(s)
	t.Cleanup(server.Close)
	r, err := github.Open("pingvas/pingvas-studio", token, github.WithBase(server.URL), github.WithPlainHTTP(), github.WithPause(time.Millisecond))
	require.NoError(t, err)
	return s, r
}

var version = github.Release{Tag: "v1.4.0", Body: "Notes", Assets: []github.Asset{{Name: "a.json", Content: []byte("{}")}, {Name: "b.json", Content: []byte("[]")}}}

func TestAReleaseIsADraftUntilItIsWhole(t *testing.T) {
	s, r := newReleases(t)
	s.breakAt = "a.json"
	address, err := r.EnsureRelease(t.Context(), version)
	require.NoError(t, err)
	assert.Equal(t, "https://github.test/releases/7", address)
	assert.Equal(t, []string{"GET ", "POST ", "POST /7/assets", "POST /7/assets", "POST /7/assets", "PATCH /7"}, s.order)
	assert.Equal(t, map[string]string{"a.json": "{}", "b.json": "[]"}, s.files)
	assert.Equal(t, "v1.4.0", s.listed[0]["tag_name"])
	assert.Equal(t, false, s.listed[0]["draft"])
	assert.Equal(t, "Notes", s.listed[0]["body"])
}

func TestAReleaseIsEndedByCallingItAgain(t *testing.T) {
	s, r := newReleases(t)
	_, err := r.EnsureRelease(t.Context(), version)
	require.NoError(t, err)
	s.order, s.files["half"] = nil, ""
	s.listed[0]["assets"] = append(s.listed[0]["assets"].([]any), map[string]any{"id": 9, "name": "half", "state": "starter"})
	more := version
	more.Assets = append(more.Assets, github.Asset{Name: "half", Content: []byte("whole")})
	_, err = r.EnsureRelease(t.Context(), more)
	require.NoError(t, err)
	assert.Equal(t, []string{"GET ", "DELETE /assets/9", "POST /7/assets", "PATCH /7"}, s.order)
	assert.Equal(t, "whole", s.files["half"])
}

func TestTheTokenGoesNowhereElse(t *testing.T) {
	s, r := newReleases(t)
	s.elsewhere = "http://uploads.example"
	_, err := r.EnsureRelease(t.Context(), version)
	require.ErrorContains(t, err, "its files would go to uploads.example, and the token is only sent to 127.0.0.1")
	bad := version
	bad.Assets = []github.Asset{{Name: "../a"}}
	_, err = r.EnsureRelease(t.Context(), bad)
	require.ErrorContains(t, err, "its name is none for a file")
	long := version
	long.Tag, long.Assets, long.Body = "v2.0.0", nil, strings.Repeat("ü", 130000)
	_, err = r.EnsureRelease(t.Context(), long)
	require.NoError(t, err)
	body := fmt.Sprint(s.listed[0]["body"])
	assert.LessOrEqual(t, len([]rune(body)), 125000)
	assert.True(t, strings.HasSuffix(body, "history.\n"))
}
