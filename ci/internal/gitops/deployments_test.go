package gitops_test

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pingvas/pingvas-ci/ci/internal/gitops"
	"github.com/pingvas/pingvas-ci/ci/internal/kustomize"
)

// TestDeployments: what one commit brings of several components, a rollback, which is
// none itself, a promotion, whose time is that of the image wherever it came first, and a
// pull request that is merged. What the repository began with, in the window, is none.
func TestDeployments(t *testing.T) {
	r := newRepository(t)
	began := time.Now().Add(-time.Minute)
	made := time.Now().UTC().Add(-time.Hour).Truncate(time.Second)
	bump := func(digit string, order gitops.Order, names ...string) {
		op := gitops.Bump{Environment: "dev", Commit: strings.Repeat(digit, 40), Order: order}
		for _, name := range names {
			op.Images = append(op.Images, image(name, digit))
		}
		r.must(op)
	}
	bump("1", gitops.Order{Time: made}, "user-service", "frontend")
	bump("2", gitops.Order{}, "user-service")
	r.must(&gitops.Rollback{Environment: "dev", Component: "user-service", Reason: "logins fail"})
	r.merge("promotion", gitops.Promotion{From: "dev", To: "prod", Components: []string{"user-service"}})
	dir := r.clone()

	known := map[string]time.Time{strings.Repeat("2", 40): made.Add(time.Minute)}
	found, err := gitops.Deployments(t.Context(), dir, nil, began, func(commit string) time.Time { return known[commit] })
	require.NoError(t, err)
	var said []string
	for _, d := range found {
		line := d.Environment + " " + d.Component + " " + d.Image[:1]
		if !d.Made.IsZero() {
			line += " " + d.Made.Sub(made).String()
		}
		if !d.RolledBack.IsZero() {
			line += " rolled back"
		}
		said = append(said, line)
	}
	assert.Equal(t, []string{"dev frontend 1 0s", "dev user-service 1 0s", "dev user-service 2 1m0s rolled back", "prod user-service 1 0s"}, said)

	later, err := gitops.Deployments(t.Context(), dir, []string{"prod"}, time.Now().Add(time.Hour), nil)
	require.NoError(t, err)
	assert.Len(t, later, 2, "what the window begins with")
	_, err = gitops.Deployments(t.Context(), dir, []string{"../dev"}, began, nil)
	require.Error(t, err)
	_, err = gitops.Deployments(t.Context(), t.TempDir(), nil, began, nil)
	require.ErrorContains(t, err, "no git history")
}

func TestRecently(t *testing.T) {
	r := newRepository(t)
	r.must(gitops.Bump{Environment: "dev", Commit: strings.Repeat("1", 40), Images: []kustomize.Image{image("user-service", "1"), image("frontend", "1")}, Run: "https://ci.example/1",
		Scans: map[string]string{"user-service": "2 low in 110 packages", "frontend": "1 high in 3 packages"}, Findings: map[string]string{"user-service": "none", "frontend": "CVE-1/a"}})
	r.must(gitops.Bump{Environment: "dev", Commit: strings.Repeat("2", 40), Images: []kustomize.Image{image("frontend", "2")}, Scans: map[string]string{"frontend": "no findings in 3 packages"}})
	recent, err := gitops.Recently(t.Context(), r.clone(), "dev")
	require.NoError(t, err)
	assert.Equal(t, map[string]string{"user-service": "2 low in 110 packages", "frontend": "no findings in 3 packages"}, recent.Scans)
	assert.Equal(t, map[string]string{"user-service": "none"}, recent.Findings, "the last delivery of the frontend names none, whatever one before it did")
	require.Len(t, recent.Changes, 3)
	assert.Equal(t, "chore: update frontend image to "+strings.Repeat("2", 40), recent.Changes[0].Subject)
	assert.Equal(t, "https://ci.example/1", recent.Changes[1].Run)
	none, err := gitops.Recently(t.Context(), t.TempDir(), "dev")
	require.NoError(t, err)
	assert.Empty(t, none.Changes)
}
