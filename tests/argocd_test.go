package tests

import (
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pingvas/pingvas-ci/tests/internal/harness"
)

// TestArgoStatus asks a stand-in that answers as Argo CD's API does.
func TestArgoStatus(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("../ci/internal/argocd/testdata/api/application.json")
	require.NoError(t, err)
	synced := string(text)
	progressing := strings.ReplaceAll(synced, `"Healthy"`, `"Progressing"`)
	failed := strings.ReplaceAll(strings.ReplaceAll(synced, `"Succeeded"`, `"Failed"`), `"Synced"`, `"OutOfSync"`)
	manual := strings.Replace(synced, `"automated": {"prune": true, "selfHeal": true},`, "", 1)
	argo := harness.NewArgoCD(t, "canary", map[string][]string{
		"pingvas-prod": {progressing, synced},
		"slow":         {progressing},
		"failed":       {failed, synced},
		"automated":    {synced},
		"manual":       {manual},
	})
	call := func(what string) []string {
		return words("--source " + t.TempDir() + " argo-cd --address " + argo.URL +
			" --service tcp://" + strings.TrimPrefix(argo.URL, "http://") + " --token env:ARGO_TOKEN " + what + " report")
	}
	status := func(application, limit string) []string {
		return call("status --application " + application + " --revision 53e28ff20cc5 --limit " + limit)
	}
	rollback := func(application string) []string {
		return call("rollback --application " + application + " --number 4")
	}

	said := harness.Batch(t, []string{"ARGO_TOKEN=canary"}, status("pingvas-prod", "1m"), status("slow", "1s"), status("failed", "1m"),
		rollback("automated"), rollback("manual"))

	assert.Contains(t, said[0].Must(t), "pingvas-prod: Synced, Healthy, at 53e28ff20cc5, last operation Succeeded")
	assert.Contains(t, said[0].Stdout, "0d521c6e0498")
	assert.Equal(t, words("GET GET"), argo.Asked("pingvas-prod"), "it waited for Progressing to end")
	said[1].Refused(t, "the deployment is not there yet after 1s: Synced, Progressing")
	said[2].Refused(t, "the deployment failed: OutOfSync")
	said[3].Refused(t, "automated sync is on")
	assert.NotContains(t, argo.Asked("automated"), "POST")
	said[4].Must(t)
	assert.Contains(t, argo.Asked("manual"), "POST")
	for _, printed := range said {
		assert.NotContains(t, printed.Output, "canary")
	}
}
