package tests

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pingvas/pingvas-ci/tests/internal/harness"
)

const web = "frontend/web/"

// TestFrontendPasses: the example's frontend passes, as it is with pnpm 9 and
// as one of a workspace of pnpm 10, which runs no scripts of the packages that
// it installs.
func TestFrontendPasses(t *testing.T) {
	t.Parallel()
	p := harness.Example(t, "frontend")
	passes := func(pnpm string) {
		came := p.Batch(t, words("frontends summary"), words("frontend check"))
		assert.Contains(t, came[0].Must(t), "frontend: frontend in frontend/web, node 22 (.node-version), pnpm "+pnpm+" (packageManager)")
		came[1].Must(t)
		for _, gate := range []string{"lint", "typecheck", "test", "storybook"} {
			assert.Regexp(t, "✔ frontend +"+gate, came[1].Output)
		}
	}
	passes("9.15.9")

	const lock = "pnpm-lock.yaml"
	p.Replace(web+"package.json", "pnpm@9.15.9", "pnpm@10.34.9")
	p.Write("frontend/pnpm-workspace.yaml", "packages: ['web']\n")
	p.Write("frontend/"+lock, strings.Replace(p.Read(web+lock), "\n  .:\n", "\n  web:\n", 1))
	p.Remove(web + lock)
	passes("10.34.9")
}

// TestFrontendGates breaks the example's frontend, one thing for each gate. The
// reports are there all the same, and the fix mends what can be mended.
func TestFrontendGates(t *testing.T) {
	t.Parallel()
	p := harness.Example(t, "frontend")

	t.Run("coverage below the threshold", func(t *testing.T) {
		p.Setting("coverageThreshold", 99.9)
		p.Call("frontend", "test").Refused(t, "the coverageThreshold setting asks for 99.9 %. Test what is missing in src/")
		p.Setting("coverageThreshold", 50)
		came := p.Batch(t, words("frontend test"), words("gates formatted is-empty"))
		came[0].Must(t)
		assert.Equal(t, "true", came[1].Must(t), "eslint has nothing to mend")
	})
	t.Run("a finding of eslint, which eslint can mend", func(t *testing.T) {
		p.Write(web+"src/broken.ts", "var broken = 1;\n\nexport default broken;\n")
		came := p.Batch(t, words("frontend lint"), words("frontend lint-report contents"), words("frontend lint-report --format SARIF contents"),
			words("frontend formatted as-patch contents"), words("gates formatted as-patch contents"))
		came[0].Refused(t, web+"src/broken.ts", "no-var")
		lintReports(t, came[1], came[2])
		for _, fix := range came[3:] {
			patch := fix.Must(t)
			assert.Contains(t, patch, "-var broken = 1;\n+const broken = 1;")
			assert.Equal(t, 1, strings.Count(patch, "diff --git"), "only what eslint mends is changed")
		}
	})
	t.Run("an error of the type checker", func(t *testing.T) {
		p.Write(web+"src/broken.ts", "export const broken: string = 1;\n")
		p.Call("frontend", "typecheck").Refused(t,
			"Error: frontend typecheck: command \"pnpm run typecheck\" failed with exit code ", "TS2322")
	})
	t.Run("a failing test is in the report", func(t *testing.T) {
		p.Write(web+"src/broken.test.ts", "import { expect, it } from \"vitest\";\n\nit(\"is broken\", () => {\n  expect(1).toBe(2);\n});\n")
		came := p.Batch(t, words("frontend test"), words("frontend test-report passed"), words("frontend test-report junit contents"))
		came[0].Refused(t, "expected 1 to be 2")
		assert.Equal(t, "false", came[1].Must(t))
		assert.Regexp(t, `(?s)<testcase [^>]*name="is broken".*?<failure`, came[2].Must(t))
	})
}

// lintReports reads what eslint says of the broken file, in both formats.
func lintReports(t *testing.T, own, sarif harness.Result) {
	t.Helper()
	report := harness.JSON[[]struct {
		FilePath   string
		ErrorCount int
	}](t, own)
	errors := map[string]int{}
	for _, file := range report {
		errors[file.FilePath] = file.ErrorCount
	}
	assert.Equal(t, 1, errors[web+"src/broken.ts"])
	assert.Zero(t, errors[web+"src/App.tsx"])

	var scanning struct {
		Runs []struct {
			Results []struct{ RuleID, Level string }
		}
	}
	text := sarif.Must(t)
	require.NoError(t, json.Unmarshal([]byte(text), &scanning))
	require.Len(t, scanning.Runs[0].Results, 1)
	assert.Equal(t, "no-var", scanning.Runs[0].Results[0].RuleID)
	assert.Contains(t, text, "eslint.org/docs/latest/rules/no-var")
	assert.Contains(t, text, `"uri": "frontend/web/src/broken.ts"`)
}
