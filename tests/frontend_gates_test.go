package tests

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pingvas/pingvas-ci/tests/internal/harness"
)

// small is a frontend with eslint, tsc and vitest, and little for them to do.
const small = "pages/small"

// newSmall is it in a repository, with files on top.
func newSmall(t *testing.T, more map[string]string) *harness.Repository {
	t.Helper()
	p := harness.NewRepository(t, nil)
	p.Copy(small, "shapes/"+small)
	for name, text := range more {
		p.Write(small+"/"+name, text)
	}
	return p
}

// TestFrontendsPass: the example's frontend passes with pnpm 9, and beside it
// one of a workspace of pnpm 10, which runs no scripts of the packages that it
// installs, and of which a gate asks git for its sources.
func TestFrontendsPass(t *testing.T) {
	long(t, "TestDelivery, TestFrontendOfAWorkspace")
	t.Parallel()
	const lock = "/pnpm-lock.yaml"
	p := harness.Example(t, "frontend")
	p.Copy(small, "shapes/"+small)
	p.Replace(small+"/package.json", "pnpm@9.15.9", "pnpm@10.34.9")
	p.Replace(small+"/package.json", `"private": true,`, `"private": true, "pingvas-ci": {"gates": {"kept": ["git ls-files --error-unmatch index.html"]}},`)
	p.Write("pages/pnpm-workspace.yaml", "packages: ['small']\n")
	p.Write("pages"+lock, strings.Replace(p.Read(small+lock), "\n  .:\n", "\n  small:\n", 1))
	p.Remove(small + lock)

	came := p.Batch(t, words("frontends summary"), words("check"))
	assert.Contains(t, came[0].Must(t), "frontend: frontend in frontend/web, node 22 (.node-version), pnpm 9.15.9 (packageManager)\n"+
		"small: frontend in pages/small, node 22 (.node-version), pnpm 10.34.9 (packageManager)")
	came[1].Must(t)
	for _, name := range []string{"frontend", "small"} {
		for _, gate := range []string{"lint", "typecheck", "test", "storybook"} {
			assert.Regexp(t, "✔ "+name+" +"+gate, came[1].Output)
		}
	}
	assert.Regexp(t, "✔ small +kept", came[1].Output)
	assert.Contains(t, came[1].Output, "small: its gate kept starts what a developer's machine has and the image has not, so it runs again with git.")
	assert.Contains(t, came[1].Output, "small: its gate kept asks git about the repository")
}

// TestFrontendGates breaks a frontend, one thing for each gate. The reports are
// there all the same, and the fix mends what can be mended.
func TestFrontendGates(t *testing.T) {
	long(t, "TestFrontendOfAWorkspace, TestAgreement")
	t.Parallel()
	threshold := func(percent string) *harness.Repository {
		p := newSmall(t, nil)
		p.Replace(small+"/package.json", `"private": true,`, `"private": true, "pingvas-ci": {"coverageThreshold": `+percent+`},`)
		return p
	}
	low, high := threshold("50"), threshold("99.9")
	unlinted := newSmall(t, map[string]string{"src/broken.js": "var broken = 1;\n\nexport default broken;\n"})
	untyped := newSmall(t, map[string]string{"src/broken.ts": "export const broken: string = 1;\n"})
	failing := newSmall(t, map[string]string{
		"src/broken.test.ts": "import { expect, it } from \"vitest\";\n\nit(\"is broken\", () => {\n  expect(1).toBe(2);\n});\n",
	})
	came := harness.Batch(t, nil, slices.Concat(
		high.On(words("frontend test")),
		low.On(words("frontend test"), words("gates formatted is-empty")),
		unlinted.On(words("frontend lint"), words("frontend lint-report contents"), words("frontend lint-report --format SARIF contents"),
			words("frontend formatted as-patch contents"), words("gates formatted as-patch contents")),
		untyped.On(words("frontend typecheck")),
		failing.On(words("frontend test"), words("frontend test-report passed"), words("frontend test-report junit contents")),
	)...)

	t.Run("coverage below the threshold", func(t *testing.T) {
		came[0].Refused(t, "below the threshold of 99.9 %. Test what is missing in src/")
		came[1].Must(t)
		assert.Equal(t, "true", came[2].Must(t), "eslint has nothing to mend")
	})
	t.Run("a finding of eslint, which eslint can mend", func(t *testing.T) {
		came[3].Refused(t, small+"/src/broken.js", "no-var")
		lintReports(t, came[4], came[5])
		for _, fix := range came[6:8] {
			patch := fix.Must(t)
			assert.Contains(t, patch, "-var broken = 1;\n+const broken = 1;")
			assert.Equal(t, 1, strings.Count(patch, "diff --git"), "only what eslint mends is changed")
		}
	})
	t.Run("an error of the type checker", func(t *testing.T) {
		came[8].Refused(t, "small typecheck: command \"pnpm run typecheck\" failed with exit code ", "TS2322")
	})
	t.Run("a failing test is in the report", func(t *testing.T) {
		came[9].Refused(t, "expected 1 to be 2")
		assert.Equal(t, "false", came[10].Must(t))
		assert.Regexp(t, `(?s)<testcase [^>]*name="is broken".*?<failure`, came[11].Must(t))
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
	assert.Equal(t, 1, errors[small+"/src/broken.js"])
	assert.Zero(t, errors[small+"/src/main.js"])

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
	assert.Contains(t, text, `"uri": "pages/small/src/broken.js"`)
}
