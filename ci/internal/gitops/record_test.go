package gitops_test

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/pingvas/pingvas-ci/ci/internal/gitops"
	"github.com/pingvas/pingvas-ci/ci/internal/gitrepo"
	"github.com/pingvas/pingvas-ci/ci/internal/kustomize"
)

func TestHistoryForPeople(t *testing.T) {
	commit := gitrepo.Commit{
		Hash: strings.Repeat("c", 40), Author: gitrepo.Author{Name: "Kim", Email: "kim@example.com"},
		Time:     time.Date(2026, 11, 28, 5, 0, 0, 0, time.UTC),
		Trailers: []gitrepo.Trailer{{Key: "Rolled-Back", Value: "user-service x"}, {Key: "Reason", Value: "errors"}, {Key: "Run", Value: "https://ci.example/1"}},
	}
	ran := gitops.Pin{Image: image("user-service", "1"), Commit: commit}
	none := gitops.Pin{Image: kustomize.Image{Name: "user-service"}, Commit: gitrepo.Commit{Hash: "d", Time: commit.Time}}
	require.Equal(t, gitops.Record{
		Image: ecr + "user-service:" + strings.Repeat("1", 40) + "@" + digest("1"), Source: strings.Repeat("1", 40),
		Commit: commit.Hash, Author: "Kim <kim@example.com>", Time: "2026-11-28T05:00:00Z",
		How: "rollback", Reason: "errors", Run: "https://ci.example/1",
	}, ran.Record())
	require.Empty(t, none.Record().Image)

	lines := strings.Split(gitops.Table([]gitops.Pin{ran, none}, nil), "\n")
	require.Equal(t, []string{"TIME", "HOW", "IMAGE", "COMMIT", "AUTHOR", "REASON"}, strings.Fields(lines[0]))
	require.Equal(t, []string{
		"2026-11-28T05:00:00Z", "rollback", "user-service:" + strings.Repeat("1", 40) + "@" + digest("1"), "cccccccccccc",
		"Kim", "<kim@example.com>", "errors",
	}, strings.Fields(lines[1]))
	require.Equal(t, strings.Index(lines[0], "COMMIT"), strings.LastIndex(lines[2], "d "), "columns are below each other")
}
