package tests

import (
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pingvas/pingvas-ci/tests/internal/harness"
)

// TestDeliveryToProduction delivers one service as the branches do: develop to
// dev directly, main to prod through a pull request, which later runs update.
func TestDeliveryToProduction(t *testing.T) {
	long(t, "TestGitops")
	t.Parallel()
	w := harness.NewServiceWorld(t)
	hub, closed := harness.NewHub(w), harness.NewHub(w)
	closed.Token = "another"
	const overlay = "apps/overlays/prod/kustomization.yaml"
	deliver := func(hub *harness.Hub, environment, branch string, review ...string) []string {
		return slices.Concat(w.WithRegistry(), w.Reviewed(hub, review...),
			[]string{"deliver", "--environment", environment, "--branch", branch, "json"})
	}

	came := w.Batch(t, deliver(hub, "dev", "develop"), deliver(hub, "prod", "main"))
	dev, first := harness.JSON[harness.Report](t, came[0]), harness.JSON[harness.Report](t, came[1])
	require.Equal(t, 2, w.Commits())
	require.Contains(t, dev.Components[0].Tags, "develop-latest")
	require.Empty(t, dev.Change.PullRequest, "dev waits for nobody")
	t.Run("prod waits in a pull request that says what, how it was scanned, and from where", func(t *testing.T) {
		assert.Equal(t, dev.Change.Commit, w.Gitops("rev-parse", "main"))
		assert.Equal(t, "https://github.test/pull/1", first.Change.PullRequest)
		assert.Equal(t, w.Gitops("rev-parse", "pingvas-ci/prod"), first.Change.Commit)
		image := first.Components[0]
		assert.Equal(t, dev.Components[0].Digest, image.Digest, "what dev runs, to the byte")
		assert.Contains(t, w.Gitops("show", "pingvas-ci/prod:"+overlay), `digest: "`+image.Digest+`"`)
		require.Len(t, hub.Pulls, 1)
		assert.Equal(t, "chore: update user-service image to "+first.Commit, hub.Pulls[0]["title"])
		for _, text := range []string{
			"what **prod** runs", "`" + first.Commit + "`", "`" + image.Digest + "`", image.Scan, "[run](https://ci.example/7)",
			"+++ Deployment pingvas-prod/user-service", image.Repository + ":" + first.Commit + "@" + image.Digest,
		} {
			assert.Contains(t, hub.Pulls[0]["body"], text)
		}
	})

	w.Append(service+"/user_service/__init__.py", "\nREVISION = 2\n")
	w.Commit(t)
	came = w.Batch(t, deliver(hub, "prod", "main"), deliver(hub, "prod", "main"), deliver(closed, "prod", "main"), deliver(hub, "prod", "main", "--direct"))
	second, again, direct := harness.JSON[harness.Report](t, came[0]), harness.JSON[harness.Report](t, came[1]), harness.JSON[harness.Report](t, came[3])
	t.Run("a second run updates the open one", func(t *testing.T) {
		require.Len(t, hub.Pulls, 1)
		assert.Equal(t, first.Change.PullRequest, second.Change.PullRequest)
		assert.Contains(t, hub.Pulls[0]["body"], second.Components[0].Digest)
		assert.NotContains(t, hub.Pulls[0]["body"], first.Components[0].Digest)
		assert.Equal(t, second.Change, again.Change, "the same run once more changes nothing")
	})
	t.Run("written directly, where that is wanted", func(t *testing.T) {
		assert.Empty(t, direct.Change.PullRequest)
		assert.Equal(t, w.Gitops("rev-parse", "main"), direct.Change.Commit)
		assert.Contains(t, w.Gitops("show", "main:"+overlay), `digest: "`+direct.Components[0].Digest+`"`)
	})
	t.Run("who may not open pull requests hears it before anything is built", func(t *testing.T) {
		came[2].Refused(t, "prod is changed by pull request")
		assert.NotContains(t, came[2].Output, hub.Token)
	})
}
