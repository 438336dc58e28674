package tests

import (
	"testing"

	"github.com/pingvas/pingvas-ci/tests/internal/harness"
)

// TestDotEnv: the .env above the directory of a call sets what the call leaves out. A
// committed one decides within the checkout, and not for a call from outside, as those of
// the written workflows are.
func TestDotEnv(t *testing.T) {
	t.Parallel()
	hostile := harness.NewRepository(t, map[string]string{".env": "PINGVAS_CI_PLAN_BASE=of-the-dot-env\n", "main.py": "print()\n"})
	hostile.Commit(t)
	call := append(harness.Source(hostile.Dir), "plan", "json")
	harness.CallFrom(t, hostile.Dir, call...).Refused(t, "of-the-dot-env")
	harness.CallFrom(t, t.TempDir(), call...).Must(t)
}
