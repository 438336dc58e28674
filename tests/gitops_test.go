package tests

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-containerregistry/pkg/authn"
	"github.com/google/go-containerregistry/pkg/crane"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/random"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pingvas/pingvas-ci/internal/lab"
)

// TestGitops takes one image through the environments: into dev, by pull
// request to prod, and back. Nothing is built.
func TestGitops(t *testing.T) {
	t.Parallel()
	w := newWorld(t, service)
	require.NoError(t, lab.Commit(w.studio, w.files, "Change"))
	hub := newHub(w)
	change := func(args ...string) gitopsChange {
		t.Helper()
		text, err := w.gitopsCall(hub, append(args, "json")...)
		require.NoError(t, err)
		var c gitopsChange
		require.NoError(t, json.Unmarshal([]byte(text), &c))
		return c
	}
	first, second := strings.Repeat("1", 40), strings.Repeat("2", 40)

	t.Run("dev is committed to directly", func(t *testing.T) {
		c := change("bump", "--component", "user-service", "--image", reference(first))
		assert.Equal(t, w.gitops("rev-parse", "main"), c.Commit)
		assert.Equal(t, "chore: update user-service image to "+first, w.gitops("log", "-1", "--format=%s", "main"))
		assert.Equal(t, "Pingvas CI <ci@pingvas.example>", w.gitops("log", "-1", "--format=%an <%ae>", "main"))
		assert.Equal(t, "https://ci.example/7", w.gitops("log", "-1", "--format=%(trailers:key=Run,valueonly)", "main"))
		assert.Empty(t, change("bump", "--component", "user-service", "--image", reference(first)).Commit, "again there is nothing to do")
	})
	t.Run("prod gets a pull request with the rendered difference", func(t *testing.T) {
		before := w.gitops("rev-parse", "main")
		c := change("promote", "--components", "user-service")
		assert.Equal(t, "https://github.test/pull/1", c.PullRequest)
		assert.Equal(t, before, w.gitops("rev-parse", "main"), "main waits for a person")
		assert.Contains(t, w.gitops("show", "pingvas-ci/prod:apps/overlays/prod/kustomization.yaml"), `newTag: "`+first+`"  # 특정 커밋 해시`)
		require.Len(t, hub.pulls, 1)
		assert.Contains(t, hub.pulls[0]["body"], "+++ Deployment pingvas-prod/user-service")
	})
	t.Run("a second run updates the open one", func(t *testing.T) {
		change("bump", "--component", "user-service", "--image", reference(second))
		change("promote", "--components", "user-service")
		require.Len(t, hub.pulls, 1)
		assert.Contains(t, hub.pulls[0]["body"], second)
	})
	t.Run("history tells what dev ran", func(t *testing.T) {
		text, err := w.gitopsCall(hub, "history", "--component", "user-service", "--environment", "dev", "table")
		require.NoError(t, err)
		assert.Regexp(t, `(?s)TIME.*bump +user-service:2{40}@sha256:.*bump +user-service:1{40}@sha256:.*edit +user-service:develop-latest`, text)
	})
	t.Run("a rollback restores the bytes of before", func(t *testing.T) {
		c := change("rollback", "--component", "user-service", "--environment", "dev", "--reason", "it loses sessions")
		assert.Equal(t, []string{"apps/overlays/dev/kustomization.yaml"}, c.Files)
		assert.Empty(t, w.gitops("diff", "main~2", "main", "--", "apps"))
		assert.Equal(t, "it loses sessions", w.gitops("log", "-1", "--format=%(trailers:key=Reason,valueonly)", "main"))
	})
	t.Run("diff is a patch of the rendered manifests", func(t *testing.T) {
		text, err := w.gitopsCall(hub, "diff", "patch", "contents")
		require.NoError(t, err)
		assert.Regexp(t, `(?s)--- a/dev.yaml.*-.*user-service:2{40}.*\+.*user-service:1{40}`, text)
	})
}

// TestProposalsAtOnce has four runs propose a component each at one moment: the
// one pull request holds them all.
func TestProposalsAtOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	require.NoError(t, lab.Commit(w.studio, w.files, "Change"))
	hub := newHub(w)
	services := []string{"user-service", "payment-service", "gallery-service", "generation-service"}
	failures := make(chan error)
	for i, name := range services {
		go func() {
			image := strings.ReplaceAll(reference(strings.Repeat(fmt.Sprint(i+1), 40)), "user-service", name)
			_, err := w.gitopsCall(hub, "bump", "--environment", "prod", "--component", name, "--image", image, "json")
			failures <- err
		}()
	}
	for range services {
		require.NoError(t, <-failures)
	}
	require.Len(t, hub.pulls, 1)
	text := w.gitops("show", "pingvas-ci/prod:apps/overlays/prod/kustomization.yaml")
	for i, name := range services {
		assert.Contains(t, text, `digest: "sha256:`+strings.Repeat(fmt.Sprint(i+1), 64)+`"`)
		assert.Contains(t, hub.pulls[0]["body"], "| "+name+" |")
	}
	assert.Equal(t, "4", w.gitops("rev-list", "--count", "main..pingvas-ci/prod"), "a commit for each run")
}

// TestGitopsTree scaffolds the example's tree anew, finds it sound, and finds
// the mistakes in a broken one.
func TestGitopsTree(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	require.NoError(t, lab.Commit(w.studio, w.files, "Change"))
	tree := filepath.Join(t.TempDir(), "tree")
	_, err := w.call("scaffold", "after", "export", "--path", tree)
	require.NoError(t, err)
	for component := range example {
		assert.FileExists(t, filepath.Join(tree, "apps/base", component, "deployment.yaml"))
	}
	text, err := w.call("gitops", "--directory", tree, "validate")
	require.NoError(t, err)
	assert.Contains(t, text, "objects checked: sound")

	file := filepath.Join(tree, "apps/overlays/prod/external-secret.yaml")
	old, err := os.ReadFile(file)
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(file, bytes.Replace(old, []byte("external-secrets.io/v1"), []byte("external-secrets.io/v1beta1"), 1), 0o600))
	_, err = w.call("gitops", "--directory", tree, "validate", "--manual", "prod")
	require.Error(t, err)
	assert.Contains(t, err.Error(), "external-secrets.io/v1beta1 is no longer served")
	assert.Contains(t, err.Error(), "automated-sync")

	require.NoError(t, os.WriteFile(file, append(old, "# mine\n"...), 0o600))
	require.NoError(t, os.RemoveAll(filepath.Join(tree, "infrastructure/monitoring")))
	patch, err := w.call("scaffold", "--directory", tree, "as-patch", "contents")
	require.NoError(t, err)
	assert.Contains(t, patch, "+++ b/infrastructure/monitoring/rules.yaml")
	assert.NotContains(t, patch, "external-secret.yaml", "what a person edited stays")
}

// TestGitopsTreeOfFolders scaffolds a folder for each component, to which a later
// component is added with an application of its own.
func TestGitopsTreeOfFolders(t *testing.T) {
	t.Parallel()
	w := newWorld(t, service)
	require.NoError(t, lab.Commit(w.studio, w.files, "Change"))
	tree := filepath.Join(t.TempDir(), "tree")
	_, err := w.call("scaffold", "--layout", "FOLDERS", "after", "export", "--path", tree)
	require.NoError(t, err)
	require.NoError(t, os.CopyFS(filepath.Join(w.files, "services/gallery-service"), os.DirFS("../examples/studio/services/gallery-service")))
	require.NoError(t, lab.Commit(w.studio, w.files, "Change"))
	patch, err := w.call("scaffold", "--directory", tree, "as-patch", "contents")
	require.NoError(t, err)
	assert.Contains(t, patch, "+++ b/apps/overlays/prod/gallery-service/kustomization.yaml")
	assert.Contains(t, patch, "+          - name: gallery-service\n+            namespace: pingvas-prod\n")
	_, err = w.call("scaffold", "--directory", tree, "after", "export", "--path", tree)
	require.NoError(t, err)
	text, err := w.call("gitops", "--directory", tree, "validate")
	require.NoError(t, err)
	assert.Contains(t, text, "objects checked: sound")
}

// TestRollbackAsksTheRegistry rolls back between a delivered image and one of
// which a scanner cannot tell anything. What is not in the registry, for the
// machines that run it, no manifest gets to name.
func TestRollbackAsksTheRegistry(t *testing.T) {
	t.Parallel()
	w := newWorld(t, service)
	delivered, err := w.deliver()
	require.NoError(t, err)
	require.Len(t, delivered.Components, 1)
	good := delivered.Components[0]
	empty := func(commit, arch string) string {
		t.Helper()
		image, err := mutate.ConfigFile(must(random.Image(64, 1)), &v1.ConfigFile{OS: "linux", Architecture: arch, RootFS: v1.RootFS{Type: "layers"}})
		require.NoError(t, err)
		reference := good.Repository + ":" + commit
		require.NoError(t, crane.Push(image, reference, crane.WithAuth(&authn.Basic{Username: w.registry.Username, Password: w.registry.Password})))
		return reference + "@" + must(image.Digest()).String()
	}
	first, second := strings.Repeat("a", 40), strings.Repeat("b", 40)
	gitops := func(args ...string) error {
		_, err := w.gitopsWithRegistry(append(args, "json")...)
		return err
	}

	err = gitops("bump", "--component", "user-service", "--image", good.Repository+":"+first+"@sha256:"+strings.Repeat("a", 64))
	assert.ErrorContains(t, err, "dev runs nothing that is not there")
	err = gitops("bump", "--component", "user-service", "--image", empty(second, "amd64"))
	assert.ErrorContains(t, err, "dev runs user-service on arm64 machines, for which the image was not built")
	assert.Equal(t, 2, w.commits(), "only the delivery's")

	require.NoError(t, gitops("bump", "--component", "user-service", "--image", empty(first, "arm64")))
	require.NoError(t, gitops("rollback", "--component", "user-service", "--environment", "dev"), "the delivered image passes today's scan")
	assert.Contains(t, w.gitops("show", "main:"+manifests), good.Digest)

	back := []string{"rollback", "--component", "user-service", "--environment", "dev", "--to", first}
	err = gitops(back...)
	assert.ErrorContains(t, err, "would run again what a scan of today stops")
	assert.Contains(t, w.gitops("show", "main:"+manifests), good.Digest)
	assert.ErrorContains(t, gitops(append(back, "--accept-findings")...), "accepted for a reason")
	require.NoError(t, gitops(append(back, "--accept-findings", "--reason", "the site is down")...))
	assert.Contains(t, w.gitops("show", "main:"+manifests), `newTag: "`+first+`"`)
}

func must[T any](value T, err error) T {
	if err != nil {
		panic(err)
	}
	return value
}

// gitopsWithRegistry calls a function of the GitOps repository, the registry
// being known.
func (w *world) gitopsWithRegistry(args ...string) (string, error) {
	w.t.Helper()
	_, port, _ := strings.Cut(w.registry.Address, ":")
	return w.call(append([]string{
		"with-registry", "--address", "localhost:" + port, "--service", "tcp://" + w.registry.Address,
		"--username", w.registry.Username, "--password", "env:REGISTRY_PASSWORD",
		"with-gitops", "--repository", "http://" + w.git.Address + "/pingvas-gitops.git", "--service", "tcp://" + w.git.Address,
		"--username", w.git.Username, "--token", "env:GIT_PASSWORD", "gitops",
	}, args...)...)
}

// TestArgoStatus asks a stand-in that answers as Argo CD's API does.
func TestArgoStatus(t *testing.T) {
	t.Parallel()
	answer, err := os.ReadFile("../ci/internal/argocd/testdata/api/application.json")
	require.NoError(t, err)
	argo := &argoCD{synced: string(answer)}
	server := httptest.NewServer(argo)
	t.Cleanup(server.Close)
	call := func(args ...string) (string, error) {
		text, err := dagger(t, append([]string{
			"--source", t.TempDir(), "argo-cd", "--address", server.URL,
			"--service", "tcp://" + strings.TrimPrefix(server.URL, "http://"), "--token", "env:ARGO_TOKEN",
		}, append(args, "report")...), "ARGO_TOKEN=canary")
		if err != nil {
			assert.NotContains(t, err.Error(), "canary")
		}
		return text, err
	}
	status := []string{"status", "--application", "pingvas-prod", "--revision", "53e28ff20cc5", "--limit"}

	argo.answer(strings.ReplaceAll(argo.synced, `"Healthy"`, `"Progressing"`), argo.synced)
	text, err := call(append(status, "1m")...)
	require.NoError(t, err)
	assert.Contains(t, text, "pingvas-prod: Synced, Healthy, at 53e28ff20cc5, last operation Succeeded")
	assert.Contains(t, text, "0d521c6e0498")
	assert.Equal(t, []string{"GET", "GET"}, argo.asked, "it waited for Progressing to end")

	argo.answer(strings.ReplaceAll(argo.synced, `"Healthy"`, `"Progressing"`))
	_, err = call(append(status, "1s")...)
	require.ErrorContains(t, err, "the deployment is not there yet after 1s: Synced, Progressing")

	argo.answer(strings.ReplaceAll(argo.synced, `"Succeeded"`, `"Failed"`), argo.synced)
	argo.states[0] = strings.ReplaceAll(argo.states[0], `"Synced"`, `"OutOfSync"`)
	_, err = call(append(status, "1m")...)
	require.ErrorContains(t, err, "the deployment failed: OutOfSync")

	rollback := []string{"rollback", "--application", "pingvas-prod", "--number", "4"}
	argo.answer(argo.synced)
	_, err = call(rollback...)
	require.ErrorContains(t, err, "automated sync is on")
	assert.NotContains(t, argo.asked, "POST")
	argo.answer(strings.Replace(argo.synced, `"automated": {"prune": true, "selfHeal": true},`, "", 1))
	_, err = call(rollback...)
	require.NoError(t, err)
	assert.Contains(t, argo.asked, "POST")
}

// argoCD answers with a state a look, the last for ever.
type argoCD struct {
	synced string
	mutex  sync.Mutex
	states []string
	asked  []string
}

func (a *argoCD) answer(states ...string) { a.states, a.asked = states, nil }

func (a *argoCD) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	a.mutex.Lock()
	defer a.mutex.Unlock()
	if r.Header.Get("Authorization") != "Bearer canary" || !strings.HasPrefix(r.URL.Path, "/api/v1/applications/pingvas-prod") {
		http.Error(w, `{"error":"permission denied","code":7,"message":"permission denied"}`, http.StatusForbidden)
		return
	}
	a.asked = append(a.asked, r.Method)
	_, _ = w.Write([]byte(a.states[0]))
	if len(a.states) > 1 {
		a.states = a.states[1:]
	}
}

type gitopsChange struct {
	Commit, PullRequest, Diff string
	Files, Kept               []string
}

func reference(commit string) string {
	return "123456789012.dkr.ecr.ap-northeast-2.amazonaws.com/user-service:" + commit + "@sha256:" + strings.Repeat(commit[:1], 64)
}

// gitopsCall calls a function of the GitOps repository.
func (w *world) gitopsCall(hub *hub, args ...string) (string, error) {
	w.t.Helper()
	return w.call(append(append(w.reviewed(hub), "gitops"), args...)...)
}

// reviewed are the arguments for a GitOps repository with a hub.
func (w *world) reviewed(hub *hub, options ...string) []string {
	return append([]string{
		"with-gitops", "--repository", "http://" + w.git.Address + "/pingvas-gitops.git", "--service", "tcp://" + w.git.Address,
		"--username", w.git.Username, "--token", "env:GIT_PASSWORD",
		"with-gitops-commits", "--author", "Pingvas CI", "--email", "ci@pingvas.example", "--run", "https://ci.example/7",
		"with-gitops-review", "--repository", "pingvas/pingvas-gitops", "--api", hub.url, "--service", "tcp://" + strings.TrimPrefix(hub.url, "http://"),
	}, options...)
}

// hub is GitHub's API for pull requests, as far as its documented answers go:
// a list by head and base, 201 for a new one, and 200 for a changed one.
type hub struct {
	url   string
	token string
	head  func(branch string) string // the commit of a branch of the repository
	mutex sync.Mutex
	pulls []map[string]string
}

func newHub(w *world) *hub {
	w.t.Helper()
	h := &hub{token: w.git.Password, head: func(branch string) string { return w.gitops("rev-parse", branch) }}
	server := httptest.NewServer(h)
	w.t.Cleanup(server.Close)
	h.url = server.URL
	return h
}

func (h *hub) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	h.mutex.Lock()
	defer h.mutex.Unlock()
	const pulls = "/repos/pingvas/pingvas-gitops/pulls"
	if r.Header.Get("Authorization") != "Bearer "+h.token {
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
	shown := func(p map[string]string) map[string]any {
		return map[string]any{
			"number": 1, "html_url": "https://github.test/pull/1", "title": p["title"], "body": p["body"],
			"state": "open", "head": map[string]string{"ref": p["head"], "sha": h.head(p["head"])},
		}
	}
	switch {
	case r.Method == http.MethodGet && r.URL.Path == pulls:
		list := []any{}
		for _, p := range h.pulls {
			if r.URL.Query().Get("head") == "pingvas:"+p["head"] && r.URL.Query().Get("base") == p["base"] {
				list = append(list, shown(p))
			}
		}
		_ = json.NewEncoder(w).Encode(list)
	case r.Method == http.MethodPost && r.URL.Path == pulls:
		h.pulls = append(h.pulls, body)
		w.WriteHeader(http.StatusCreated)
		_ = json.NewEncoder(w).Encode(shown(body))
	case r.Method == http.MethodPatch && r.URL.Path == pulls+"/1":
		h.pulls[0]["title"], h.pulls[0]["body"] = body["title"], body["body"]
		_ = json.NewEncoder(w).Encode(shown(h.pulls[0]))
	default:
		http.Error(w, `{"message":"Not Found"}`, http.StatusNotFound)
	}
}
