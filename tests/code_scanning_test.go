package tests

import (
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pingvas/pingvas-ci/tests/internal/harness"
)

// TestCodeScanning: what a scan finds is shown on GitHub, also where it stops a
// delivery. No token is no failure, and one without the permission is.
func TestCodeScanning(t *testing.T) {
	long(t, "ci/internal/github, ci/internal/sarif")
	t.Parallel()
	github := harness.NewCodeScanning(t)
	w := harness.NewWorkshop(t)
	registry := harness.NewRegistry(t)
	w.Env = []string{"GITHUB_TOKEN=a-token", "REFUSED=another", "NONE="}
	upload := func(token, commit string) []string { return scan(github.With(token), "upload --commit "+commit) }
	said := w.Batch(t,
		upload("env:GITHUB_TOKEN", harness.SourceCommit),
		upload("env:NONE", harness.SourceCommit),
		upload("env:REFUSED", harness.SourceCommit),
		upload("env:GITHUB_TOKEN", "v1.2.3"),
	)
	assert.Contains(t, said[0].Must(t), "user-service linux/arm64: shown in code scanning as upload-1")
	assert.Contains(t, said[1].Must(t), "user-service linux/arm64: skipped: GitHub's code scanning is given no token")
	said[2].Refused(t, "Give the job the permission security-events: write")
	said[3].Refused(t, "give the full hash, and a ref such as refs/heads/main")
	require.Len(t, github.Runs, 1)

	w.Append(service+"/requirements.txt", vulnerable)
	w.PublishTo(t.Context(), slices.Concat(github.With("env:GITHUB_TOKEN"), registry.With()), append(w.Env, registry.Env())...).
		Refused(t, "HIGH "+vulnerability)
	assert.Empty(t, registry.Held(t))
	require.Len(t, github.Runs, 2)
	for _, run := range github.Runs {
		assert.Equal(t, "trivy/user-service/linux/arm64/", run.Details.ID)
	}
	assert.NotContains(t, github.Runs[0].Rules(), vulnerability)
	assert.Contains(t, github.Runs[1].Rules(), vulnerability)
}
