package argocd_test

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/pingvas/pingvas-ci/ci/internal/argocd"
)

func TestReport(t *testing.T) {
	status := argocd.Status{
		Application: "pingvas-prod", Sync: "Synced", Health: "Healthy", Revision: strings.Repeat("a", 40),
		History: []argocd.Deployment{{ID: 7, Revision: strings.Repeat("b", 40), At: time.Date(2026, 11, 28, 5, 0, 0, 0, time.UTC), By: "automated"}},
	}
	require.Equal(t, ""+
		"pingvas-prod: Synced, Healthy, at aaaaaaaaaaaa\n"+
		"\n"+
		"NUMBER  TIME                  REVISION      BY\n"+
		"7       2026-11-28T05:00:00Z  bbbbbbbbbbbb  automated\n",
		status.Report())
}

func TestPatience(t *testing.T) {
	limit, err := argocd.Patience("90s")
	require.NoError(t, err)
	require.Equal(t, 90*time.Second, limit)
	for _, wrong := range []string{"", "10", "-1m", "0s", "soon"} {
		_, err := argocd.Patience(wrong)
		require.ErrorContains(t, err, "is no time", wrong)
	}
}
