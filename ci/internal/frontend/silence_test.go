package frontend_test

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/pingvas/pingvas-ci/ci/internal/frontend"
)

func TestRanNoTests(t *testing.T) {
	for printed, none := range map[string]bool{
		"\n\x1b[31mNo test files found, exiting with code 0\x1b[39m\n\ninclude: **/*.test.ts": true,
		"No tests found, exiting with code 0\n":                                               true,
		"Tests:       2 skipped, 2 total\n":                                                   true,
		"Tests:       0 total\n":                                                              true,
		"Tests:       1 skipped, 3 passed, 4 total\n":                                         false,
		"ℹ tests 0\nℹ suites 0\nℹ pass 0\nℹ fail 0\n":                                         true,
		"1..0\n# tests 0\n# pass 0\n# fail 0\n":                                               true,
		"# tests 3\n# pass 2\n# skipped 1\n":                                                  false,
		"  0 passing (1ms)\n":                                                                 true,
		"  10 passing (3ms)\n":                                                                false,
		"# pass 0\nTests:       3 passed, 3 total\n":                                          false, // One runner of two.
		"all is well\n":                                                                       false,
	} {
		assert.Equal(t, none, frontend.RanNoTests(printed), printed)
	}
	assert.True(t, frontend.FoundNoTests("No test files found, exiting with code 1\n"))
	assert.False(t, frontend.FoundNoTests("No test files found, exiting with code 0\n Tests  1 failed | 7 passed (8)\n"))
	assert.False(t, frontend.FoundNoTests("AssertionError: expected 1 to be 2\n"))
}

func TestEnded(t *testing.T) {
	assert.Equal(t, "b · c · d · e · f", frontend.Ended("a\nb\nc\nd\ne\n\x1b[31mf\x1b[0m\n"))
	assert.Empty(t, frontend.Ended(""))
}

func TestLacksBrowser(t *testing.T) {
	for _, printed := range []string{
		"Error: browserType.launch: Executable doesn't exist at /root/.cache/ms-playwright/chromium-1/chrome", "Error: Could not find Chrome (ver. 131.0)",
		"ERROR [launcher]: No binary for ChromeHeadless browser on your platform.",
	} {
		assert.True(t, frontend.LacksBrowser(printed), printed)
	}
	assert.False(t, frontend.LacksBrowser("Executable doesn't exist at /usr/bin/ffmpeg"))
}
