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
	w := harness.NewServiceWorld(t)
	hub := harness.NewHub(w)
	first, second := commitOf("1"), commitOf("2")
	bump := func(commit string) string {
		return "bump --component user-service --image " + reference(commit) + " json"
	}
	const promote = "promote --components user-service json"
	batch := func(calls ...string) []harness.Result {
		var all [][]string
		for _, call := range calls {
			all = append(all, append(append(w.Reviewed(hub), "gitops"), words(call)...))
		}
		return w.Batch(t, all...)
	}

	came := batch(bump(first), bump(first), promote)
	main := w.Gitops("rev-parse", "main")
	t.Run("dev is committed to directly", func(t *testing.T) {
		assert.Equal(t, main, harness.JSON[harness.Change](t, came[0]).Commit)
		assert.Equal(t, "chore: update user-service image to "+first, w.Gitops("log", "-1", "--format=%s", "main"))
		assert.Equal(t, "Pingvas CI <ci@pingvas.example>", w.Gitops("log", "-1", "--format=%an <%ae>", "main"))
		assert.Equal(t, "https://ci.example/7", w.Gitops("log", "-1", "--format=%(trailers:key=Run,valueonly)", "main"))
		assert.Empty(t, harness.JSON[harness.Change](t, came[1]).Commit, "again there is nothing to do")
		assert.Equal(t, 2, w.Commits(), "main waits for a person to promote")
	})
	t.Run("prod gets a pull request with the rendered difference", func(t *testing.T) {
		assert.Equal(t, "https://github.test/pull/1", harness.JSON[harness.Change](t, came[2]).PullRequest)
		assert.Contains(t, w.Gitops("show", "pingvas-ci/prod:apps/overlays/prod/kustomization.yaml"), `newTag: "`+first+`"  # 특정 커밋 해시`)
		require.Len(t, hub.Pulls, 1)
		assert.Contains(t, hub.Pulls[0]["body"], "+++ Deployment pingvas-prod/user-service")
	})

	came = batch(bump(second), promote, "history --component user-service --environment dev table",
		"rollback --component user-service --environment dev --reason sessions json", "diff patch contents")
	t.Run("a second run updates the open one", func(t *testing.T) {
		came[0].Must(t)
		came[1].Must(t)
		require.Len(t, hub.Pulls, 1)
		assert.Contains(t, hub.Pulls[0]["body"], second)
	})
	t.Run("history tells what dev ran", func(t *testing.T) {
		assert.Regexp(t, `(?s)TIME.*bump +user-service:2{40}@sha256:.*bump +user-service:1{40}@sha256:.*edit +user-service:develop-latest`, came[2].Must(t))
	})
	t.Run("a rollback restores the bytes of before", func(t *testing.T) {
		assert.Equal(t, []string{manifests}, harness.JSON[harness.Change](t, came[3]).Files)
		assert.Empty(t, w.Gitops("diff", "main~2", "main", "--", "apps"))
		assert.Equal(t, "sessions", w.Gitops("log", "-1", "--format=%(trailers:key=Reason,valueonly)", "main"))
	})
	t.Run("and what dev no longer runs does not wait for prod", func(t *testing.T) {
		assert.Contains(t, strings.Join(harness.JSON[harness.Change](t, came[3]).Notes, ""), "user-service "+second+" does not wait for prod any more")
		assert.Equal(t, "closed", hub.Pulls[0]["state"])
	})
	t.Run("diff is a patch of the rendered manifests", func(t *testing.T) {
		assert.Regexp(t, `(?s)--- a/dev.yaml.*-.*user-service:2{40}.*\+.*user-service:1{40}`, came[4].Must(t))
	})
}

// TestProposalsAtOnce has four runs, or two in a short run, propose a component
// each at one moment: the one pull request holds them all.
func TestProposalsAtOnce(t *testing.T) {
	t.Parallel()
	w := harness.NewWorld(t)
	hub := harness.NewHub(w)
	services := []string{"user-service", "payment-service", "gallery-service", "generation-service"}
	if testing.Short() {
		services = services[:2]
	}
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
	assert.Equal(t, fmt.Sprint(len(services)), w.Gitops("rev-list", "--count", "main..pingvas-ci/prod"), "a commit for each run")
}
