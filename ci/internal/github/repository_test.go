package github_test

import (
	"compress/gzip"
	"context"
	"encoding/base64"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pingvas/pingvas-ci/ci/internal/github"
	"github.com/pingvas/pingvas-ci/ci/internal/review"
)

const token = "ghs-token"

// hub serves one repository's pull requests in memory.
type hub struct {
	pulls    []map[string]any
	requests []string
	// refuse answers the next POST with this message, after calling race.
	refuse string
	race   func()
}

func (h *hub) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	h.requests = append(h.requests, r.Method+" "+r.URL.Path)
	if r.Header.Get("Authorization") != "Bearer "+token {
		w.WriteHeader(http.StatusUnauthorized)
		return
	}
	var body map[string]any
	_ = json.NewDecoder(r.Body).Decode(&body)
	switch r.Method {
	case http.MethodGet:
		found := []map[string]any{}
		for _, p := range h.pulls {
			if "pingvas:"+p["head"].(string) == r.URL.Query().Get("head") && p["base"] == r.URL.Query().Get("base") {
				found = append(found, p)
			}
		}
		_ = json.NewEncoder(w).Encode(found)
	case http.MethodPost:
		if h.refuse != "" {
			http.Error(w, `{"message":"Validation Failed","errors":[{"message":"`+h.refuse+`"}]}`, http.StatusUnprocessableEntity)
			h.race()
			return
		}
		body["number"], body["html_url"] = len(h.pulls)+1, "https://github.test/pull/1"
		h.pulls = append(h.pulls, body)
		w.WriteHeader(http.StatusCreated)
		_ = json.NewEncoder(w).Encode(body)
	case http.MethodPatch:
		for key, value := range body {
			h.pulls[0][key] = value
		}
		_, _ = io.WriteString(w, "{}")
	}
}

func open(t *testing.T, handler http.Handler) github.Repository {
	t.Helper()
	server := httptest.NewTLSServer(handler)
	t.Cleanup(server.Close)
	repository, err := github.Open("pingvas/pingvas-gitops", token, github.WithBase(server.URL+"/"), github.WithClient(server.Client()))
	require.NoError(t, err)
	return repository
}

var bump = review.Request{Head: "bump/prod", Base: "main", Title: "Deploy", Body: "first"}

func TestPullRequestIsMadeOnce(t *testing.T) {
	ctx, h := context.Background(), &hub{}
	repository := open(t, h)
	for range 2 {
		url, err := repository.Ensure(ctx, bump)
		require.NoError(t, err)
		assert.Equal(t, "https://github.test/pull/1", url)
	}
	changed := bump
	changed.Body = "second"
	_, err := repository.Ensure(ctx, changed)
	require.NoError(t, err)
	require.Len(t, h.pulls, 1)
	assert.Equal(t, "second", h.pulls[0]["body"])
	const pulls = "/repos/pingvas/pingvas-gitops/pulls"
	assert.Equal(t, []string{"GET " + pulls, "POST " + pulls, "GET " + pulls, "GET " + pulls, "PATCH " + pulls + "/1"}, h.requests)
}

func TestClose(t *testing.T) {
	h := &hub{pulls: []map[string]any{{"number": 1, "html_url": "u", "head": "bump/prod", "base": "main", "title": "Deploy", "body": "first"}}}
	address, err := open(t, h).Close(t.Context(), "bump/prod", "main", "it was rolled back")
	require.NoError(t, err)
	assert.Equal(t, "u", address)
	assert.Equal(t, "closed", h.pulls[0]["state"])
	assert.Equal(t, "it was rolled back", h.pulls[0]["body"])
	assert.Equal(t, "Deploy", h.pulls[0]["title"])

	address, err = open(t, &hub{}).Close(t.Context(), "bump/prod", "main", "it was rolled back")
	require.NoError(t, err)
	assert.Empty(t, address, "there is none")
}

func TestClosedAt(t *testing.T) {
	first, second := strings.Repeat("1", 40), strings.Repeat("2", 40)
	for name, test := range map[string]struct {
		answer string
		closed bool
	}{
		"none":                        {`[]`, false},
		"an open one":                 {`[{"state":"open","head":{"sha":"` + second + `"}},{"state":"closed","head":{"sha":"` + first + `"}}]`, false},
		"one that was closed there":   {`[{"state":"closed","head":{"sha":"` + first + `"}}]`, true},
		"one that was closed earlier": {`[{"state":"closed","head":{"sha":"` + second + `"}}]`, false},
	} {
		t.Run(name, func(t *testing.T) {
			repository := open(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				assert.Equal(t, "pingvas:bump/prod main all", r.URL.Query().Get("head")+" "+r.URL.Query().Get("base")+" "+r.URL.Query().Get("state"))
				_, _ = io.WriteString(w, test.answer)
			}))
			closed, err := repository.ClosedAt(context.Background(), "bump/prod", "main", first)
			require.NoError(t, err)
			require.Equal(t, test.closed, closed)
		})
	}
	_, err := open(t, http.NotFoundHandler()).ClosedAt(context.Background(), "bump/prod", "main", first)
	require.ErrorContains(t, err, "look for pull requests of bump/prod into main in pingvas/pingvas-gitops")
}

func TestPullRequestOfAnotherRunIsTaken(t *testing.T) {
	h := &hub{refuse: "A pull request already exists for pingvas:bump/prod."}
	h.race = func() {
		h.pulls = []map[string]any{{"number": 7, "html_url": "u", "head": "bump/prod", "base": "main", "title": "Deploy", "body": "first"}}
	}
	url, err := open(t, h).Ensure(context.Background(), bump)
	require.NoError(t, err)
	assert.Equal(t, "u", url)
}

func TestPullRequestRefusals(t *testing.T) {
	ctx := context.Background()
	nothing := &hub{refuse: "No commits between main and bump/prod", race: func() {}}
	_, err := open(t, nothing).Ensure(ctx, bump)
	require.ErrorIs(t, err, review.ErrNoDifference)

	other := &hub{refuse: "Base is invalid", race: func() {}}
	_, err = open(t, other).Ensure(ctx, bump)
	require.ErrorContains(t, err, "pull request of bump/prod into main in pingvas/pingvas-gitops: GitHub answered 422")
	assert.NotContains(t, err.Error(), token)

	_, err = open(t, other).Ensure(ctx, review.Request{Head: "--x", Base: "main"})
	require.ErrorContains(t, err, "--x")
}

func TestUploadSARIF(t *testing.T) {
	commit := strings.Repeat("0a", 20)
	repository := open(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		assert.Equal(t, "/repos/pingvas/pingvas-gitops/code-scanning/sarifs", r.URL.Path)
		var body map[string]string
		assert.NoError(t, json.NewDecoder(r.Body).Decode(&body))
		assert.Equal(t, commit, body["commit_sha"])
		assert.Equal(t, "refs/heads/main", body["ref"])
		unpacked, err := gzip.NewReader(base64.NewDecoder(base64.StdEncoding, strings.NewReader(body["sarif"])))
		if assert.NoError(t, err) {
			sarif, err := io.ReadAll(unpacked)
			assert.NoError(t, err)
			assert.JSONEq(t, `{"version":"2.1.0"}`, string(sarif))
		}
		w.WriteHeader(http.StatusAccepted)
		_, _ = io.WriteString(w, `{"id":"47177e22"}`)
	}))
	id, err := repository.UploadSARIF(context.Background(), commit, "refs/heads/main", []byte(`{"version":"2.1.0"}`))
	require.NoError(t, err)
	assert.Equal(t, "47177e22", id)

	_, err = repository.UploadSARIF(context.Background(), "main", "main", nil)
	require.ErrorContains(t, err, "give the full hash, and a ref such as refs/heads/main")
	closed := open(t, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusForbidden) }))
	_, err = closed.UploadSARIF(context.Background(), commit, "refs/heads/main", nil)
	require.ErrorContains(t, err, "403 Forbidden")
	require.ErrorContains(t, err, "security-events: write")
}

func TestTokenStaysAtGitHub(t *testing.T) {
	asked := false
	elsewhere := httptest.NewTLSServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { asked = true }))
	t.Cleanup(elsewhere.Close)
	moved := open(t, http.RedirectHandler(elsewhere.URL, http.StatusTemporaryRedirect))
	_, err := moved.Ensure(context.Background(), bump)
	require.ErrorContains(t, err, "307")
	assert.False(t, asked)

	_, err = github.Open("pingvas/x", token, github.WithBase("http://x"), github.WithPlainHTTP())
	require.NoError(t, err, "a service of the engine's own network")

	_, err = github.Open("octo_corp/x", token)
	require.NoError(t, err, "an enterprise's user")

	for _, test := range []struct{ repository, token, base, want string }{
		{"pingvas", token, "https://x", "write OWNER/NAME"},
		{"pingvas/..", token, "https://x", "write OWNER/NAME"},
		{"pingvas/x", "", "https://x", "there is no token"},
		{"pingvas/x", token, "http://x", "the token is only sent over https"},
	} {
		_, err := github.Open(test.repository, test.token, github.WithBase(test.base))
		require.ErrorContains(t, err, test.want)
	}
}

func TestNameOf(t *testing.T) {
	for _, c := range []struct{ address, api, want string }{
		{"https://github.com/pingvas/pingvas-gitops.git", github.Public, "pingvas/pingvas-gitops"},
		{"ssh://git@github.com/pingvas/pingvas-gitops.git", github.Public, "pingvas/pingvas-gitops"},
		{"https://git.example.com/pingvas/gitops/", "https://git.example.com/api/v3", "pingvas/gitops"},
	} {
		name, err := github.NameOf(c.address, c.api)
		require.NoError(t, err)
		require.Equal(t, c.want, name)
	}
	_, err := github.NameOf("https://git.example.com/pingvas/gitops.git", github.Public)
	require.ErrorContains(t, err, "is not on github.com")
}

// TestNames: a user that an enterprise manages has an underscore in the name.
func TestNames(t *testing.T) {
	for _, name := range []string{"octo-cat_corp/studio", "pingvas/pingvas-studio.github.io", "pingvas/_x"} {
		require.NoError(t, github.CheckName(name))
	}
	for _, name := range []string{"pingvas", "a/b/c", "pingvas/..", "pingvas/a b", "/a", "pingvas.x/a"} {
		require.ErrorContains(t, github.CheckName(name), "write OWNER/NAME")
	}
}
