package report_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pingvas/pingvas-ci/ci/internal/affected"
	"github.com/pingvas/pingvas-ci/ci/internal/record"
	"github.com/pingvas/pingvas-ci/ci/internal/report"
)

func check(steps ...record.Step) report.Run {
	return report.OfCheck(record.Check{Affected: []affected.Record{{Name: "a", Path: "services/a"}}, Steps: steps})
}

func TestPlaces(t *testing.T) {
	for name, c := range map[string]struct {
		printed string
		want    []report.Place
	}{
		"ruff": {"F401 [*] `os` imported but unused\n --> app/main.py:1:8\n  |\n1 | import os\n  |        ^^\nhelp: Remove unused import: `os`\n\nE501 Line too long\n  --> app/x.py:12:80\n\nFound 2 errors.",
			[]report.Place{{File: "app/main.py", Line: 1, Column: 8, Rule: "F401", Message: "`os` imported but unused"}, {File: "app/x.py", Line: 12, Column: 80, Rule: "E501", Message: "Line too long"}}},
		"ruff, shorter": {"app/main.py:1:8: F401 [*] `os` imported but unused\nFound 1 error.",
			[]report.Place{{File: "app/main.py", Line: 1, Column: 8, Rule: "F401", Message: "`os` imported but unused"}}},
		"ruff format": {"Would reformat: app/main.py\n1 file would be reformatted",
			[]report.Place{{File: "app/main.py", Line: 1, Message: "it is formatted in another way"}}},
		"mypy": {"app/main.py:3: error: Incompatible return value type  [return-value]\napp/main.py:3: note: See the docs\nFound 1 error in 1 file",
			[]report.Place{{File: "app/main.py", Line: 3, Rule: "return-value", Message: "Incompatible return value type"}}},
		"pytest": {"    def test_a():\n>       assert f() == 2\nE       assert 1 == 2\nE        +  where 1 = f()\n\ntests/test_a.py:4: AssertionError\n=== short test summary info ===\nFAILED tests/test_a.py::test_a - assert 1 == 2",
			[]report.Place{{File: "tests/test_a.py", Line: 4, Message: "assert 1 == 2"}}},
		"eslint": {"\n/src/services/a/src/App.tsx\n  12:5  error    'x' is never used  @typescript-eslint/no-unused-vars\n  13:1  warning  Unexpected console  no-console\n\n✖ 2 problems",
			[]report.Place{{File: "src/App.tsx", Line: 12, Column: 5, Rule: "@typescript-eslint/no-unused-vars", Message: "'x' is never used"}}},
		"tsc": {"src/main.ts(12,5): error TS2322: Type 'string' is not assignable to type 'number'.\nsrc/b.ts:2:1 - error TS1005: ';' expected.",
			[]report.Place{{File: "src/b.ts", Line: 2, Column: 1, Rule: "TS1005", Message: "';' expected."}, {File: "src/main.ts", Line: 12, Column: 5, Rule: "TS2322", Message: "Type 'string' is not assignable to type 'number'."}}},
		"vitest": {" FAIL  src/a.test.ts > adds\nAssertionError: expected 1 to be 2 // Object.is equality\n\n- Expected\n+ Received\n\n- 2\n+ 1\n\n ❯ src/a.test.ts:4:13\n ❯ node_modules/vitest/x.js:1:1",
			[]report.Place{{File: "src/a.test.ts", Line: 4, Column: 13, Message: "AssertionError: expected 1 to be 2 // Object.is equality"}}},
		"prettier": {"Checking formatting...\n[warn] src/App.tsx\n[warn] Code style issues found",
			[]report.Place{{File: "src/App.tsx", Line: 1, Message: "it is formatted in another way"}}},
		"go vet":        {"./main.go:7:2: undefined: x", []report.Place{{File: "main.go", Line: 7, Column: 2, Message: "undefined: x"}}},
		"from the root": {"services/a/app/main.py:3: F401 unused", []report.Place{{File: "app/main.py", Line: 3, Rule: "F401", Message: "unused"}}},
		"an address":    {"connect 127.0.0.1:5432: refused\nlocalhost:80: no\nhttp://a.example:443/x.py:80: no", nil},
		"out of it":     {"../../../etc/x.py:1:1: no\n/usr/lib/x.py:1:1: no", []report.Place{{Line: 1, Column: 1, Message: "no"}}},
	} {
		t.Run(name, func(t *testing.T) {
			var want []report.Place
			for _, p := range c.want {
				p.Component, p.Gate = "a", "gate"
				if p.File != "" {
					p.File = "services/a/" + p.File
				}
				want = append(want, p)
			}
			assert.Equal(t, want, check(failing("gate", c.printed)).Places)
		})
	}
}

func TestAnnotations(t *testing.T) {
	run := check(failing("lint", "app/x,y:z.py:1: no"), failing("lint", "app/a,b.py:3:7: F401 100% unused: `os`"), failing("test", "no place\nat all"), passed("a", "format", 0, time.Second))
	assert.Equal(t, "::error file=services/a/app/a%2Cb.py,line=3,col=7,title=a lint::F401: 100%25 unused: `os`\n"+
		"::error title=a test::command \"tool .\" failed with exit code 1:%0A    no place%0A    at all\n", run.Annotations())
	assert.Empty(t, check(passed("a", "lint", 0, time.Second)).Annotations())
}

func TestAnnotationsAreFairWhereThereAreMany(t *testing.T) {
	var printed strings.Builder
	for line := range 40 {
		fmt.Fprintf(&printed, "app/main.py:%d:1: F401 unused\n", line+1)
	}
	lines := strings.Split(strings.TrimSpace(check(failing("lint", printed.String()), failing("test", "tests/t.py:9: AssertionError")).Annotations()), "\n")
	require.Len(t, lines, 11)
	assert.Contains(t, lines[1], "file=services/a/tests/t.py,line=9")
	assert.Equal(t, "::notice title=And more::31 more failures are in the summary and on the page of the run.", lines[10])
}

func TestSARIFOfGates(t *testing.T) {
	run := check(failing("lint", "app/main.py:3:7: F401 unused"))
	assert.Equal(t, []string{"a"}, run.Components())
	text, err := run.SARIF("a")
	require.NoError(t, err)
	var log struct {
		Runs []struct {
			Results []struct{ RuleID, Level string }
		}
	}
	require.NoError(t, json.Unmarshal(text, &log))
	assert.Equal(t, "F401", log.Runs[0].Results[0].RuleID)
	text, err = run.SARIF("b")
	require.NoError(t, err)
	assert.Nil(t, text)
}
