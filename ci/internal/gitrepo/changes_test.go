package gitrepo_test

import (
	"os/exec"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pingvas/pingvas-ci/ci/internal/gitrepo"
)

func TestChanges(t *testing.T) {
	dir, _ := history(t)
	ctx := t.Context()
	changes, err := gitrepo.Changes(ctx, dir, "origin/side", "HEAD")
	require.NoError(t, err)
	require.Len(t, changes, 2)
	assert.Equal(t, "third", changes[0].Subject)
	assert.Equal(t, []string{"README.md"}, changes[0].Files)
	assert.Equal(t, "second", changes[1].Subject)

	changes, err = gitrepo.Changes(ctx, dir, "", "origin/side")
	require.NoError(t, err)
	require.Len(t, changes, 2)
	assert.ElementsMatch(t, []string{"서비스/파일.py", "with\nbreak"}, changes[0].Files)
	assert.Contains(t, changes[1].Files, "services/user-service/main.py", "the first commit has files as well")
	_, err = gitrepo.Changes(ctx, dir, "v9.9.9", "HEAD")
	require.ErrorContains(t, err, "v9.9.9")
}

func TestVersions(t *testing.T) {
	dir, r := history(t)
	none, err := gitrepo.Release(t.Context(), dir, "HEAD")
	require.NoError(t, err)
	assert.Empty(t, none)
	for tag, at := range map[string]string{"v1.0.0": "main~2", "v1.1.0": "main~1", "v2.0.0": "side", "latest": "main"} {
		gitIn(t, r, "tag", tag, at)
	}
	out, err := exec.Command("git", "-C", dir, "fetch", "--quiet", "--tags").CombinedOutput()
	require.NoError(t, err, string(out))
	found, err := gitrepo.Versions(t.Context(), dir, "HEAD")
	require.NoError(t, err)
	assert.ElementsMatch(t, []string{"v1.0.0", "v1.1.0"}, found, "what is not in the history is no version of it")

	for head, want := range map[string]string{"HEAD": "v1.1.0", "HEAD~2": "v1.0.0"} {
		release, err := gitrepo.Release(t.Context(), dir, head)
		require.NoError(t, err)
		assert.Equal(t, want, release, head)
	}
}
