package harness

import (
	"regexp"
	"testing"

	"github.com/stretchr/testify/require"
)

// Ending is how a step of the engine ended: CACHED, or DONE. Its number ties
// the line that names it to the one that says so.
func (r Result) Ending(t *testing.T, step string) string {
	t.Helper()
	named := regexp.MustCompile(`(?m)^(\d+) +: [┆ ]*` + step).FindStringSubmatch(r.Output)
	require.NotNil(t, named, "no step %q in:\n%s", step, r.Output)
	ended := regexp.MustCompile(`(?m)^` + named[1] + ` +: .*(CACHED|DONE)`).FindStringSubmatch(r.Output)
	require.NotNil(t, ended, "step %q has no end", step)
	return ended[1]
}
