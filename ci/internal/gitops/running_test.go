package gitops_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/pingvas/pingvas-ci/ci/internal/gitops"
	"github.com/pingvas/pingvas-ci/ci/internal/kustomize"
)

func TestWanted(t *testing.T) {
	commit := strings.Repeat("1", 40)
	for reference, want := range map[string]struct {
		image  kustomize.Image
		commit string
	}{
		"127.0.0.1:5000/team/user-service:" + commit + "@" + digest("1"): {
			kustomize.Image{Name: "user-service", NewName: "127.0.0.1:5000/team/user-service", NewTag: commit, Digest: digest("1")}, commit,
		},
		"user-service:" + commit + "-cuda@" + digest("1"): {
			kustomize.Image{Name: "user-service", NewName: "user-service", NewTag: commit + "-cuda", Digest: digest("1")}, commit,
		},
		"user-service:v1.4.0@" + digest("1"): {
			kustomize.Image{Name: "user-service", NewName: "user-service", NewTag: "v1.4.0", Digest: digest("1")}, "v1.4.0",
		},
	} {
		image, from, err := gitops.Wanted("user-service", reference)
		require.NoError(t, err)
		require.Equal(t, want.image, image)
		require.Equal(t, want.commit, from)
	}
	for _, wrong := range []string{"user-service", "user-service:v1", "user-service@" + digest("1"), "127.0.0.1:5000/user-service@" + digest("1")} {
		_, _, err := gitops.Wanted("user-service", wrong)
		require.ErrorContains(t, err, "a manifest needs a tag and a digest", wrong)
	}
}

func TestWhatRuns(t *testing.T) {
	r := newRepository(t)
	_, err := gitops.Digests(r.clone(), "dev")
	require.ErrorContains(t, err, "frontend: dev names it without a digest. Deliver it first")

	r.bump("dev", image("user-service", "1"), image("frontend", "2"))
	dir := r.clone()
	lines, err := gitops.Running(t.Context(), dir, "dev")
	require.NoError(t, err)
	require.Equal(t, []string{
		"frontend " + image("frontend", "2").Reference(),
		"user-service " + image("user-service", "1").Reference(),
	}, lines)
	tags, err := gitops.Tags(dir, "dev")
	require.NoError(t, err)
	require.Equal(t, map[string]string{"frontend": strings.Repeat("2", 40), "user-service": strings.Repeat("1", 40)}, tags)
	digests, err := gitops.Digests(dir, "dev")
	require.NoError(t, err)
	require.Equal(t, map[string]string{"frontend": digest("2"), "user-service": digest("1")}, digests)

	for _, read := range []func() error{
		func() error { _, err := gitops.Running(t.Context(), dir, "nowhere"); return err },
		func() error { _, err := gitops.Tags(dir, "nowhere"); return err },
		func() error { _, err := gitops.Digests(dir, "nowhere"); return err },
	} {
		require.Error(t, read())
	}
}
