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
	argo := harness.NewArgoCD(t, "canary")
	call := func(args ...string) harness.Result {
		called := harness.Call(t.Context(), append(append([]string{
			"--source", t.TempDir(), "argo-cd", "--address", argo.URL,
			"--service", "tcp://" + strings.TrimPrefix(argo.URL, "http://"), "--token", "env:ARGO_TOKEN",
		}, args...), "report"), "ARGO_TOKEN=canary")
		assert.NotContains(t, called.Output, "canary")
		return called
	}
	status := func(limit string) harness.Result {
		return call("status", "--application", "pingvas-prod", "--revision", "53e28ff20cc5", "--limit", limit)
	}

	argo.Answer(progressing, synced)
	said := status("1m").Must(t)
	assert.Contains(t, said, "pingvas-prod: Synced, Healthy, at 53e28ff20cc5, last operation Succeeded")
	assert.Contains(t, said, "0d521c6e0498")
	assert.Equal(t, []string{"GET", "GET"}, argo.Asked, "it waited for Progressing to end")

	argo.Answer(progressing)
	status("1s").Refused(t, "the deployment is not there yet after 1s: Synced, Progressing")

	argo.Answer(failed, synced)
	status("1m").Refused(t, "the deployment failed: OutOfSync")

	rollback := []string{"rollback", "--application", "pingvas-prod", "--number", "4"}
	argo.Answer(synced)
	call(rollback...).Refused(t, "automated sync is on")
	assert.NotContains(t, argo.Asked, "POST")
	argo.Answer(manual)
	call(rollback...).Must(t)
	assert.Contains(t, argo.Asked, "POST")
}
