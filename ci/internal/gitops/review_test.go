package gitops_test

import (
	"context"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/pingvas/pingvas-ci/ci/internal/gitops"
	"github.com/pingvas/pingvas-ci/ci/internal/gitrepo"
	"github.com/pingvas/pingvas-ci/ci/internal/kustomize"
)

// propose does an operation on the topic branch, with what waits there.
func (r repository) propose(op gitops.Operation, waits bool) gitops.Outcome {
	r.t.Helper()
	whole := gitops.WithWaiting{Operation: op}
	topic := gitops.Topic(op.Target())
	if waits {
		at := r.remote
		at.Branch = topic
		_, err := gitrepo.Update(r.t.Context(), at, gitrepo.Options{Depth: 2}, func(ctx context.Context, dir string) (_ gitrepo.Change, err error) {
			whole.Waiting, err = gitops.Pending(ctx, dir, op.Target())
			return gitrepo.Change{}, err
		})
		require.NoError(r.t, err)
	}
	var outcome gitops.Outcome
	_, err := gitrepo.Update(r.t.Context(), r.remote, gitrepo.Options{Depth: -1, Topic: topic}, func(ctx context.Context, dir string) (_ gitrepo.Change, err error) {
		outcome, err = whole.Apply(ctx, dir)
		return outcome.Change, err
	})
	require.NoError(r.t, err)
	return outcome
}

func bumpOf(images ...kustomize.Image) gitops.Bump {
	return gitops.Bump{Environment: "prod", Commit: images[0].NewTag, Images: images}
}

func TestASecondProposalKeepsWhatWaits(t *testing.T) {
	r := newRepository(t)
	topic := "pingvas-ci/prod"
	r.propose(bumpOf(image("user-service", "1")), false)
	outcome := r.propose(bumpOf(image("frontend", "2")), true)
	require.Len(t, outcome.Images, 2)
	text, err := r.Git("show", topic+":apps/overlays/prod/kustomization.yaml")
	require.NoError(t, err)
	require.Contains(t, text, digest("1"))
	require.Contains(t, text, digest("2"))
	ahead, err := r.Git("rev-list", "--count", "main.."+topic)
	require.NoError(t, err)
	require.Equal(t, "1", ahead, "one commit, on main")

	t.Run("a later proposal of the same component replaces what waits", func(t *testing.T) {
		outcome := r.propose(bumpOf(image("frontend", "3")), true)
		text, err := r.Git("show", topic+":apps/overlays/prod/kustomization.yaml")
		require.NoError(t, err)
		require.NotContains(t, text, digest("2"))
		require.Contains(t, text, digest("1"))
		require.Len(t, outcome.Images, 2)
	})
	t.Run("what was changed on main meanwhile does not wait any more", func(t *testing.T) {
		r.bump("prod", image("user-service", "4"))
		r.propose(bumpOf(image("frontend", "5")), true)
		text, err := r.Git("show", topic+":apps/overlays/prod/kustomization.yaml")
		require.NoError(t, err)
		require.Contains(t, text, digest("4"))
		require.NotContains(t, text, digest("1"))
	})
}

func TestReview(t *testing.T) {
	r := newRepository(t)
	outcome := r.propose(bumpOf(image("user-service", "1")), false)
	outcome.Kept = []string{"frontend stays at x: why"}
	body := gitops.Review(outcome, "prod", "https://ci.example/7", map[string]string{"user-service": "0 HIGH | 1 LOW"})
	for _, text := range []string{
		"what **prod** runs", "| user-service | `" + strings.Repeat("1", 40) + "` | `" + digest("1") + "` | 0 HIGH \\| 1 LOW |",
		"- frontend stays at x: why", "Run: https://ci.example/7", "+++ Deployment pingvas-prod/user-service",
	} {
		require.Contains(t, body, text)
	}
	outcome.Diff = strings.Repeat("+ a line of a long difference\n", 5000)
	long := gitops.Review(outcome, "prod", "", nil)
	require.Less(t, len(long), 65536, "GitHub takes no more")
	require.Contains(t, long, "(cut: see the commit for the rest)")
}
