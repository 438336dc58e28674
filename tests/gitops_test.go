package tests

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pingvas/pingvas-ci/tests/internal/harness"
)

// reference is an image of user-service as a manifest names it.
func reference(commit string) string {
	return "123456789012.dkr.ecr.ap-northeast-2.amazonaws.com/user-service:" + commit + "@sha256:" + strings.Repeat(commit[:1], 64)
}

// commitOf is a commit's name, of one digit.
func commitOf(digit string) string { return strings.Repeat(digit, 40) }

// TestGitops takes one image through the environments: into dev, by pull
// request to prod, and back. Nothing is built.
func TestGitops(t *testing.T) {
	t.Parallel()
	w := harness.NewWorld(t, service)
	hub := harness.NewHub(w)
	call := func(args ...string) harness.Result {
		return w.Call(append(append(w.Reviewed(hub), "gitops"), args...)...)
	}
	change := func(t *testing.T, args ...string) harness.Change {
		t.Helper()
		return harness.JSON[harness.Change](t, call(append(args, "json")...))
	}
	first, second := commitOf("1"), commitOf("2")
	bump := func(t *testing.T, commit string) harness.Change {
		t.Helper()
		return change(t, "bump", "--component", "user-service", "--image", reference(commit))
	}

	t.Run("dev is committed to directly", func(t *testing.T) {
		c := bump(t, first)
		assert.Equal(t, w.Gitops("rev-parse", "main"), c.Commit)
		assert.Equal(t, "chore: update user-service image to "+first, w.Gitops("log", "-1", "--format=%s", "main"))
		assert.Equal(t, "Pingvas CI <ci@pingvas.example>", w.Gitops("log", "-1", "--format=%an <%ae>", "main"))
		assert.Equal(t, "https://ci.example/7", w.Gitops("log", "-1", "--format=%(trailers:key=Run,valueonly)", "main"))
		assert.Empty(t, bump(t, first).Commit, "again there is nothing to do")
	})
	t.Run("prod gets a pull request with the rendered difference", func(t *testing.T) {
		before := w.Gitops("rev-parse", "main")
		c := change(t, "promote", "--components", "user-service")
		assert.Equal(t, "https://github.test/pull/1", c.PullRequest)
		assert.Equal(t, before, w.Gitops("rev-parse", "main"), "main waits for a person")
		assert.Contains(t, w.Gitops("show", "pingvas-ci/prod:apps/overlays/prod/kustomization.yaml"), `newTag: "`+first+`"  # 특정 커밋 해시`)
		require.Len(t, hub.Pulls, 1)
		assert.Contains(t, hub.Pulls[0]["body"], "+++ Deployment pingvas-prod/user-service")
	})
	t.Run("a second run updates the open one", func(t *testing.T) {
		bump(t, second)
		change(t, "promote", "--components", "user-service")
		require.Len(t, hub.Pulls, 1)
		assert.Contains(t, hub.Pulls[0]["body"], second)
	})
	t.Run("history tells what dev ran", func(t *testing.T) {
		text := call("history", "--component", "user-service", "--environment", "dev", "table").Must(t)
		assert.Regexp(t, `(?s)TIME.*bump +user-service:2{40}@sha256:.*bump +user-service:1{40}@sha256:.*edit +user-service:develop-latest`, text)
	})
	t.Run("a rollback restores the bytes of before", func(t *testing.T) {
		c := change(t, "rollback", "--component", "user-service", "--environment", "dev", "--reason", "it loses sessions")
		assert.Equal(t, []string{manifests}, c.Files)
		assert.Empty(t, w.Gitops("diff", "main~2", "main", "--", "apps"))
		assert.Equal(t, "it loses sessions", w.Gitops("log", "-1", "--format=%(trailers:key=Reason,valueonly)", "main"))
	})
	t.Run("diff is a patch of the rendered manifests", func(t *testing.T) {
		text := call("diff", "patch", "contents").Must(t)
		assert.Regexp(t, `(?s)--- a/dev.yaml.*-.*user-service:2{40}.*\+.*user-service:1{40}`, text)
	})
}

// TestProposalsAtOnce has four runs propose a component each at one moment: the
// one pull request holds them all.
func TestProposalsAtOnce(t *testing.T) {
	t.Parallel()
	w := harness.NewWorld(t)
	hub := harness.NewHub(w)
	services := []string{"user-service", "payment-service", "gallery-service", "generation-service"}
	proposed := make(chan harness.Result)
	for i, name := range services {
		go func() {
			image := strings.ReplaceAll(reference(commitOf(fmt.Sprint(i+1))), "user-service", name)
			proposed <- w.Call(append(w.Reviewed(hub), "gitops", "bump", "--environment", "prod", "--component", name, "--image", image, "json")...)
		}()
	}
	for range services {
		require.NoError(t, (<-proposed).Err)
	}
	require.Len(t, hub.Pulls, 1)
	text := w.Gitops("show", "pingvas-ci/prod:apps/overlays/prod/kustomization.yaml")
	for i, name := range services {
		assert.Contains(t, text, `digest: "sha256:`+strings.Repeat(fmt.Sprint(i+1), 64)+`"`)
		assert.Contains(t, hub.Pulls[0]["body"], "| "+name+" |")
	}
	assert.Equal(t, "4", w.Gitops("rev-list", "--count", "main..pingvas-ci/prod"), "a commit for each run")
}
