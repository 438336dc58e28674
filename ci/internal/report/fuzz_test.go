package report_test

import (
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

var annotation = regexp.MustCompile(`^::(error|warning|notice) ([a-z]+=[^\n,:]*)(,[a-z]+=[^\n,:]*)*::[^\n\r]*\n$`)

// FuzzPlaces checks that whatever a tool prints, each annotation is one command to the
// runner and no other, and names a file within the repository; and that a summary has no
// line that is a command.
func FuzzPlaces(f *testing.F) {
	for _, printed := range []string{
		"app/main.py:1:8: F401 unused", " --> a,b:c.py:1:8", "/src/../etc/x.py:1:1: no", "E   \r\n::set-output name=x::y\na.py:3: AssertionError",
		"/src/a.ts\n  1:2  error  x%0A::error::y  rule", "a.py:99999999999999999999: x", "##[error]x\n  ::stop-commands::x", "\x1b[31ma.py:1: \x00red\u2028::error::x",
	} {
		f.Add(printed)
	}
	f.Fuzz(func(t *testing.T, printed string) {
		run := check(failing("lint", printed))
		for _, p := range run.Places {
			require.True(t, p.File == "" || filepath.IsLocal(p.File), p.File)
		}
		said := run.Annotations()
		require.NotEmpty(t, said)
		for line := range strings.Lines(said) {
			require.Regexp(t, annotation, line)
		}
		for line := range strings.Lines(run.Summary()) {
			require.False(t, strings.HasPrefix(strings.TrimSpace(line), "::") || strings.Contains(line, "##["), line)
		}
		_, err := run.SARIF("a")
		require.NoError(t, err)
		page, err := run.Page()
		require.NoError(t, err)
		require.NotContains(t, page, "<script")
	})
}
