package frontend_test

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/pingvas/pingvas-ci/ci/internal/frontend"
	"github.com/pingvas/pingvas-ci/ci/internal/sarif"
)

func TestCommands(t *testing.T) {
	cases := []struct {
		scripts          string
		report, fix, run []string
	}{
		{
			scripts: `{"lint": "eslint src --max-warnings 0", "test:coverage": "vitest run --coverage"}`,
			report:  []string{"pnpm", "--silent", "run", "lint", "--format", "json-with-metadata"},
			fix:     []string{"pnpm", "run", "lint", "--fix"},
			run: []string{"pnpm", "run", "test:coverage", "--coverage.enabled", "--coverage.reporter=text", "--coverage.reporter=lcov",
				"--coverage.reportsDirectory=coverage", "--coverage.reportOnFailure", "--reporter=default", "--reporter=junit", "--outputFile.junit=junit.xml"},
		},
		{
			scripts: `{"lint": "eslint . && prettier --check .", "test": "jest"}`,
			report:  []string{"pnpm", "--silent", "exec", "eslint", ".", "--format", "json-with-metadata"},
			fix:     []string{"pnpm", "exec", "eslint", ".", "--fix"},
			run:     []string{"pnpm", "run", "test", "--ci", "--coverage", "--coverageReporters=text", "--coverageReporters=lcov"},
		},
		{
			scripts: `{"test:coverage": "c8 --reporter=lcov node --test"}`,
			report:  []string{"pnpm", "--silent", "exec", "eslint", ".", "--format", "json-with-metadata"},
			fix:     []string{"pnpm", "exec", "eslint", ".", "--fix"},
			run:     []string{"pnpm", "run", "test:coverage"},
		},
	}
	for _, c := range cases {
		p, err := frontend.ParsePackage("package.json", []byte(`{"scripts": `+c.scripts+`}`))
		require.NoError(t, err)
		require.Equal(t, c.report, p.LintReport())
		require.Equal(t, c.fix, p.LintFix())
		run, err := p.Test()
		require.NoError(t, err)
		require.Equal(t, c.run, run)
	}
}

func TestMissingScript(t *testing.T) {
	p, err := frontend.ParsePackage("frontend/web/package.json", []byte(`{}`))
	require.NoError(t, err)
	_, err = p.Test()
	require.EqualError(t, err, `frontend/web/package.json has no script "test:coverage". Add it to its scripts`)
	_, err = frontend.ParsePackage("frontend/web/package.json", []byte(`{`))
	require.ErrorContains(t, err, "frontend/web/package.json: unexpected end of JSON input")
}

func TestPnpmRelease(t *testing.T) {
	require.Regexp(t, `^9\.\d+\.\d+$`, frontend.PnpmRelease("9"))
	require.Regexp(t, `^10\.\d+\.\d+$`, frontend.PnpmRelease("10"))
	require.Equal(t, "9.1.0", frontend.PnpmRelease("9.1.0"))
}

// What pnpm 9 and pnpm 10 print, in a workspace and in a single package.
func TestOutdatedLock(t *testing.T) {
	const nine = ` ERR_PNPM_OUTDATED_LOCKFILE  Cannot install with "frozen-lockfile" because pnpm-lock.yaml is not up to date with <ROOT>/apps/web/package.json

Note that in CI environments this setting is true by default. If you still need to run install in such cases, use "pnpm install --no-frozen-lockfile"

    Failure reason:
    specifiers in the lockfile ({"is-number":"^7.0.0"}) don't match specs in package.json ({"is-odd":"3.0.1"})
`
	require.EqualError(t, frontend.OutdatedLock(".", nine), "pnpm-lock.yaml does not fit apps/web/package.json:\n"+
		"    specifiers in the lockfile ({\"is-number\":\"^7.0.0\"}) don't match specs in package.json ({\"is-odd\":\"3.0.1\"})\n"+
		"Run `pnpm install --lockfile-only` in the repository root and commit the lock file")

	const ten = ` ERR_PNPM_OUTDATED_LOCKFILE  Cannot install with "frozen-lockfile" because pnpm-lock.yaml is not up to date with <ROOT>/package.json

  Failure reason:
  specifiers in the lockfile don't match specifiers in package.json:
* 1 dependencies were added: is-odd@3.0.1

`
	require.EqualError(t, frontend.OutdatedLock("frontend/web", ten), "frontend/web/pnpm-lock.yaml does not fit frontend/web/package.json:\n"+
		"    specifiers in the lockfile don't match specifiers in package.json:\n    * 1 dependencies were added: is-odd@3.0.1\n"+
		"Run `pnpm install --lockfile-only` in frontend/web and commit the lock file")

	require.NoError(t, frontend.OutdatedLock(".", " ERR_PNPM_NO_OFFLINE_TARBALL  A package is missing from the store"))
}

const linted = `{"results": [{"filePath": "/src/frontend/web/src/a.ts", "errorCount": 1, "source": "var a", "messages": [
	{"ruleId": "no-var", "severity": 2, "message": "Unexpected var.", "line": 3, "column": 1, "endLine": 3, "endColumn": 11},
	{"ruleId": "no-console", "severity": 1, "message": "Unexpected console.", "line": 4, "column": 2},
	{"ruleId": "no-var", "severity": 2, "message": "Unexpected var.", "line": 9, "column": 1}]}],
	"metadata": {"rulesMeta": {"no-var": {"docs": {"description": "Require let", "url": "https://eslint.org/docs/latest/rules/no-var"}}}}}`

func TestLintReport(t *testing.T) {
	found, err := frontend.ReadLint("/src", "frontend/web", []byte(linted), nil).JSON()
	require.NoError(t, err)
	require.Contains(t, string(found), `"filePath": "frontend/web/src/a.ts"`)
	require.NotContains(t, string(found), "source")

	broken, err := frontend.ReadLint("/src", "frontend/web", nil, []byte("Oops! Something went wrong! :(\n")).JSON()
	require.NoError(t, err)
	var report []struct {
		ErrorCount int
		Messages   []struct {
			Fatal   bool
			Message string
		}
	}
	require.NoError(t, json.Unmarshal(broken, &report))
	require.Equal(t, 1, report[0].ErrorCount)
	require.True(t, report[0].Messages[0].Fatal)
	require.Contains(t, report[0].Messages[0].Message, "Oops!")
}

func TestLintReportAsSARIF(t *testing.T) {
	text, err := frontend.ReadLint("/src", "frontend/web", []byte(linted), nil).SARIF("eslint/frontend")
	require.NoError(t, err)
	var log struct{ Runs []sarif.Run }
	require.NoError(t, json.Unmarshal(text, &log))
	run := log.Runs[0]
	require.Len(t, run.Results, 3)
	require.Len(t, run.Tool.Driver.Rules, 2)
	first := run.Results[0]
	require.Equal(t, sarif.At("frontend/web/src/a.ts", sarif.Region{StartLine: 3, StartColumn: 1, EndLine: 3, EndColumn: 11}), first.Locations)
	require.Equal(t, "https://eslint.org/docs/latest/rules/no-var", run.Tool.Driver.Rules[first.RuleIndex].HelpURI)
	require.Equal(t, []sarif.Level{sarif.Error, sarif.Warning, sarif.Error}, []sarif.Level{first.Level, run.Results[1].Level, run.Results[2].Level})
	require.Equal(t, "no-console", run.Results[1].RuleID)

	text, err = frontend.ReadLint("/src", "frontend/web", nil, []byte("Oops!")).SARIF("eslint/frontend")
	require.NoError(t, err)
	require.Contains(t, string(text), "eslint broke off: Oops!")
	require.Contains(t, string(text), `"uri": "frontend/web"`)
	_, err = frontend.Lint{}.SARIF("")
	require.ErrorContains(t, err, "no category")
}

const lcov = `TN:
SF:src/a.ts
FNF:2
FNH:1
DA:1,1
LF:10
LH:4
BRF:4
BRH:3
end_of_record
SF:src/b.ts
LF:10
LH:10
end_of_record
`

func TestCoverage(t *testing.T) {
	c, err := frontend.ParseLCOV(lcov)
	require.NoError(t, err)
	require.Equal(t, "70.0 % of lines, 50.0 % of functions, 75.0 % of branches", c.Text())
	require.NoError(t, c.Gate(0))
	require.NoError(t, c.Gate(70))
	require.EqualError(t, c.Gate(80.5), "the tests run 70.0 % of the lines, below the threshold of 80.5 %. "+
		"Test what is missing in src/a.ts (6 of 10 lines)")

	summary, err := c.Summary()
	require.NoError(t, err)
	require.JSONEq(t, `{
		"total": {"lines": {"total": 20, "covered": 14, "pct": 70}, "functions": {"total": 2, "covered": 1, "pct": 50},
			"branches": {"total": 4, "covered": 3, "pct": 75}},
		"src/a.ts": {"lines": {"total": 10, "covered": 4, "pct": 40}},
		"src/b.ts": {"lines": {"total": 10, "covered": 10, "pct": 100}}}`, string(summary))

	for _, broken := range []string{"", "SF:a\nLF:x\nend_of_record\n"} {
		_, err := frontend.ParseLCOV(broken)
		require.ErrorContains(t, err, "coverage report: ")
	}
}

func TestConfig(t *testing.T) {
	text, err := frontend.Config("https://api.example.org", "wss://api.example.org")
	require.NoError(t, err)
	require.Equal(t, "window.__PINGVAS_CONFIG__ = {\n  \"apiUrl\": \"https://api.example.org\",\n  \"wsUrl\": \"wss://api.example.org\"\n};\n", text)
	text, err = frontend.Config("", "")
	require.NoError(t, err)
	require.Equal(t, "window.__PINGVAS_CONFIG__ = {};\n", text)
	for _, wrong := range []string{"ws://api.example.org", "api.example.org", "https://", "javascript:alert(1)"} {
		_, err := frontend.Config(wrong, "")
		require.ErrorContains(t, err, `apiUrl "`+wrong+`" is no URL of it`)
	}
}

func TestNpmRegistry(t *testing.T) {
	line, err := frontend.Credentials("npm.example:4873/team/", "TEAM_TOKEN")
	require.NoError(t, err)
	require.Equal(t, "//npm.example:4873/team/:_authToken=${TEAM_TOKEN}\n", line)
	for _, wrong := range []string{"https://npm.example", "", "npm.example\n//other", "npm.example/a b"} {
		_, err := frontend.Credentials(wrong, "NPM_TOKEN")
		require.ErrorContains(t, err, "npm registry ")
	}
	_, err = frontend.Credentials("npm.example", "npm-token")
	require.ErrorContains(t, err, "npm token variable ")

	require.EqualError(t, frontend.RefusedFetch(" ERR_PNPM_FETCH_401  GET https://npm.example:1/@a%2Fb: Unauthorized - 401\n"),
		"the npm registry npm.example:1 answers 401 for /@a%2Fb. Give the right token: with-npm-registry --address npm.example:1 --token env:NPM_TOKEN")
	require.NoError(t, frontend.RefusedFetch(" ERR_PNPM_FETCH_404  GET https://npm.example/x: Not Found - 404\n"))
}
