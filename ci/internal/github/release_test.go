package github_test

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pingvas/pingvas-ci/ci/internal/github"
)

// releases are GitHub's, as far as its documented answers go: a draft has no address
// by its tag, and a file's name is there once.
type releases struct {
	// A request whose answer is lost may still be in hand when the next one comes.
	sync.Mutex

	t      *testing.T
	listed []map[string]any
	files  map[string]string
	// elsewhere is where it says that files are sent; breakAt the file of which the
	// answer is lost, and cutAt that of which half arrives as well. Of the first release
	// that is asked for, loseFirst loses the answer.
	elsewhere, breakAt, cutAt string
	loseFirst                 bool
	order                     []string
}

func (s *releases) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.Lock()
	defer s.Unlock()
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
		if s.loseFirst {
			s.loseFirst = false
			panic(http.ErrAbortHandler)
		}
		answer(http.StatusCreated, made)
	case "POST /7/assets":
		name := r.URL.Query().Get("name")
		if _, is := s.files[name]; is {
			http.Error(w, `{"message":"Validation Failed","errors":[{"code":"already_exists"}]}`, http.StatusUnprocessableEntity)
			return
		}
		assert.Equal(s.t, "application/octet-stream", r.Header.Get("Content-Type"))
		s.files[name] = string(body)
		asset := map[string]any{"id": 9, "name": name, "state": "uploaded", "size": len(body)}
		if name == s.cutAt {
			asset["state"], asset["size"] = "starter", 0
		}
		s.listed[0]["assets"] = append(s.listed[0]["assets"].([]any), asset)
		if name == s.breakAt || name == s.cutAt {
			s.breakAt, s.cutAt = "", ""
			panic(http.ErrAbortHandler)
		}
		answer(http.StatusCreated, map[string]any{})
	case "GET /7":
		answer(http.StatusOK, s.listed[0])
	case "DELETE /assets/9":
		delete(s.files, "half")
		w.WriteHeader(http.StatusNoContent)
	case "DELETE /5", "DELETE /6":
		s.listed = slices.DeleteFunc(s.listed, func(l map[string]any) bool { return fmt.Sprintf("/%d", l["id"]) == strings.TrimPrefix(r.URL.Path, at) })
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
	assert.Equal(t, []string{"GET ", "POST ", "POST /7/assets", "POST /7/assets", "GET /7", "POST /7/assets", "PATCH /7"}, s.order)
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

// Of a file whose answer was lost, half may be there.
func TestAFileThatWasCutOffIsSentAgain(t *testing.T) {
	s, r := newReleases(t)
	half := version
	half.Assets = []github.Asset{{Name: "half", Content: []byte("whole")}}
	s.cutAt = "half"
	_, err := r.EnsureRelease(t.Context(), half)
	require.NoError(t, err)
	assert.Equal(t, []string{"GET ", "POST ", "POST /7/assets", "POST /7/assets", "GET /7", "DELETE /assets/9", "POST /7/assets", "PATCH /7"}, s.order)
}

// GitHub makes a release each time that it is asked for one.
func TestAReleaseIsAskedForOnce(t *testing.T) {
	s, r := newReleases(t)
	s.loseFirst = true
	_, err := r.EnsureRelease(t.Context(), version)
	require.NoError(t, err)
	assert.Len(t, s.listed, 1)
	assert.Equal(t, []string{"GET ", "POST ", "GET ", "POST /7/assets", "POST /7/assets", "PATCH /7"}, s.order)
}

func TestOneOfSeveralReleases(t *testing.T) {
	listed := func(s *releases, id int, draft bool, body string) {
		s.listed = append(s.listed, map[string]any{
			"id": id, "tag_name": version.Tag, "name": version.Tag, "body": body, "draft": draft, "assets": []any{}, "upload_url": "http://127.0.0.1/7{?name}",
		})
	}
	ids := func(s *releases) (ids []int) {
		for _, l := range s.listed {
			ids = append(ids, l["id"].(int))
		}
		return ids
	}
	none := version
	none.Assets = nil

	s, r := newReleases(t)
	listed(s, 5, true, "Notes")
	listed(s, 6, true, "Notes\r\n")
	listed(s, 7, false, "Older notes")
	slices.Reverse(s.listed[1:])
	_, err := r.EnsureRelease(t.Context(), none)
	require.NoError(t, err)
	assert.Equal(t, []int{7}, ids(s), "of drafts of what everybody sees none is needed")
	assert.Equal(t, "PATCH /7", s.order[len(s.order)-1])

	s, r = newReleases(t)
	listed(s, 7, true, "Notes")
	listed(s, 5, true, "Notes")
	listed(s, 8, true, "What a person writes")
	_, err = r.EnsureRelease(t.Context(), none)
	require.NoError(t, err)
	assert.Equal(t, []int{7, 8}, ids(s), "the newest of ours, and a person's stays")
	assert.Equal(t, []string{"GET ", "DELETE /5", "PATCH /7"}, s.order)
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
