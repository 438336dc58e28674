package plain_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/pingvas/pingvas-ci/ci/internal/plain"
)

// lines are n lines that say nothing.
func lines(what string, n int) string {
	var text strings.Builder
	for i := range n {
		fmt.Fprintf(&text, "%s %d\n", what, i)
	}
	return text.String()
}

func TestShortenedAroundTheFirstError(t *testing.T) {
	for name, decisive := range map[string]string{
		"a compiler":    "src/main.ts:12:5: error TS2322: Type 'string' is not assignable",
		"Trivy":         "2026-11-28T12:00:00Z\tFATAL\tFatal error\timage scan error",
		"pytest":        "E       assert 1 == 2",
		"Python":        "Traceback (most recent call last):",
		"an exception":  "ModuleNotFoundError: No module named 'app'",
		"npm":           "npm ERR! code ERESOLVE",
		"pnpm":          " ERR_PNPM_OUTDATED_LOCKFILE  Cannot install with frozen-lockfile",
		"a word within": "the file could not be opened",
	} {
		t.Run(name, func(t *testing.T) {
			text, whole := plain.Shortened(lines("fetched: 0 errors", 100) + decisive + "\n" + lines("more", 100))
			assert.False(t, whole)
			assert.Contains(t, text, "… 97 lines …\nfetched: 0 errors 97\n")
			assert.Contains(t, text, decisive+"\nmore 0\n")
			assert.Contains(t, text, "more 99", "the end is there, too")
			assert.Less(t, strings.Count(text, "\n"), 35)
		})
	}
}

func TestShortenedOfLittle(t *testing.T) {
	text, whole := plain.Shortened("error: a\n" + lines("b", 20))
	assert.True(t, whole)
	assert.Equal(t, strings.TrimSpace("error: a\n"+lines("b", 20)), text)

	text, whole = plain.Shortened(lines("says nothing", 100))
	assert.False(t, whole)
	assert.True(t, strings.HasPrefix(text, "… 84 lines …\nsays nothing 84\n"), text)
	assert.Contains(t, text, "says nothing 99")

	text, whole = plain.Shortened("error: " + strings.Repeat("x", 10_000))
	assert.False(t, whole)
	assert.Less(t, len(text), 500)
}

func TestEngine(t *testing.T) {
	for message, want := range map[string]string{
		"load Container@" + strings.Repeat("A", 90) + ": docker.io/library/none:1: not found":                       "docker.io/library/none:1: not found",
		"load xxh3:0123456789abcdef: failed to pull [traceparent:00f1-02ab]":                                        "failed to pull",
		"the object Container@" + strings.Repeat("A", 90) + " is gone":                                              "the object Container is gone",
		"rpc error: code = Unknown desc = no active session for abcdefghij0123456789abcde: gone":                    "no active session: gone",
		`failed to resolve image "nowhere.example/none:1" (platform: "linux/amd64"): not found [traceparent:1f-4c]`: `failed to resolve image "nowhere.example/none:1" (platform: "linux/amd64"): not found`,
		"docker.io/library/none@sha256:abc: not found":                                                              "docker.io/library/none@sha256:abc: not found",
	} {
		assert.Equal(t, want, plain.Engine(message))
	}
}
