package trivy_test

import (
	"encoding/json"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pingvas/pingvas-ci/ci/internal/trivy"
)

var now = time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)

// scanned is the report of a vulnerable image.
func scanned(t *testing.T) trivy.Report {
	t.Helper()
	raw, err := os.ReadFile("testdata/user-service.json")
	require.NoError(t, err)
	report, err := trivy.Parse(raw)
	require.NoError(t, err)
	return report
}

// onBase is the same with its first layer known to be its base's.
func onBase(t *testing.T) trivy.Report {
	t.Helper()
	r := scanned(t)
	r.Scanned.Base = trivy.Base{Reference: "python:3.11-slim@sha256:1", Layers: 1}
	r.Results[0].Vulnerabilities[1].Layer.DiffID = "sha256:aa"
	return r
}

// clean is the same image without anything found.
func clean(t *testing.T) trivy.Report {
	r := scanned(t)
	for i := range r.Results {
		r.Results[i].Vulnerabilities = nil
		r.Results[i].Secrets = nil
	}
	return r
}

// strict is a policy with all that it can check given.
func strict(t *testing.T) trivy.Policy {
	t.Helper()
	scanner, err := trivy.ParseScanner([]byte(`{"Version":"0.69.3","VulnerabilityDB":{"Version":2,"UpdatedAt":"2026-11-21T06:00:00.1Z"}}`))
	require.NoError(t, err)
	return trivy.Policy{
		Component: "user-service", Platform: "linux/arm64",
		Scanner: scanner, DatabaseAge: 7 * 24 * time.Hour, Now: now,
	}
}

func rules(t *testing.T, text string) []trivy.Rule {
	t.Helper()
	list, err := trivy.ParseRules("ignore.yaml", []byte(text))
	require.NoError(t, err)
	return list
}

func TestGate(t *testing.T) {
	const accept = `
ignore:
  - {id: CVE-2023-45853, reason: minizip is not built, expires: 2026-11-22}
  - {id: CVE-2024-47874, component: user-service, package: starlette, reason: no forms, expires: 2027-01-01}
  - {id: aws-access-key-id, reason: the documentation's example, expires: 2027-01-01}
`
	for name, test := range map[string]struct {
		change  func(*trivy.Policy)
		fails   []string
		ignored int
	}{
		"the default: with a fix, which a secret always has": {func(*trivy.Policy) {}, []string{"aws-access-key-id", "CVE-2024-47874"}, 0},
		"without a fix as well":                              {func(p *trivy.Policy) { p.Unfixed = true }, []string{"aws-access-key-id", "CVE-2023-45853", "CVE-2024-47874"}, 0},
		"critical only":                                      {func(p *trivy.Policy) { p.Severity, p.Unfixed = "CRITICAL", true }, []string{"aws-access-key-id", "CVE-2023-45853"}, 0},
		"low":                                                {func(p *trivy.Policy) { p.Severity = "low" }, []string{"aws-access-key-id", "CVE-2024-47874", "CVE-2024-0001"}, 0},
		"accepted by rules":                                  {func(p *trivy.Policy) { p.Ignore, p.Unfixed = rules(t, accept), true }, nil, 3},
		"accepted for another component": {func(p *trivy.Policy) {
			p.Ignore = rules(t, "ignore:\n- {id: CVE-2024-47874, component: gallery-service, reason: r, expires: 2027-01-01}")
		}, []string{"aws-access-key-id", "CVE-2024-47874"}, 0},
	} {
		t.Run(name, func(t *testing.T) {
			policy := strict(t)
			test.change(&policy)
			verdict, err := trivy.Gate(scanned(t), policy)
			require.NoError(t, err)
			var ids []string
			for _, f := range verdict.Findings {
				ids = append(ids, f.ID)
			}
			assert.Equal(t, test.fails, ids)
			assert.Len(t, verdict.Ignored, test.ignored)
			if len(test.fails) == 0 {
				assert.NoError(t, verdict.Err())
				return
			}
			var findings *trivy.FindingsError
			assert.ErrorAs(t, verdict.Err(), &findings)
		})
	}
}

func TestFindingsErrorSaysWhatToDo(t *testing.T) {
	policy := strict(t)
	policy.Severity, policy.Unfixed = "LOW", true
	report := onBase(t)
	verdict, err := trivy.Gate(report, policy)
	require.NoError(t, err)
	assert.EqualError(t, verdict.Err(), `user-service linux/arm64: 4 findings fail the gate:
  CRITICAL aws-access-key-id in /app/settings.py
  CRITICAL CVE-2023-45853 zlib1g 1:1.2.13 (no fix yet), the base's: nothing yet
  HIGH CVE-2024-47874 starlette 0.36.0 (fixed in 0.40.0)
  LOW CVE-2024-0001 libc6 2.36 (fixed in 2.36-9), the base's: a newer base
Update the packages. Correct what is the component's own. Renew the pin of the base: a newer image has the fixes, or will have them. `+
		"Leave with-gate --unfixed out, and what nobody can mend yet stops nothing. Or accept a finding with an ignore rule that has a reason and a date.")

	report.Scanned.Base.Latest = true
	verdict, err = trivy.Gate(report, policy)
	require.NoError(t, err)
	require.ErrorContains(t, verdict.Err(), "(fixed in 2.36-9), the base's: a patched base")
	require.ErrorContains(t, verdict.Err(), "There is no newer base")

	// What nobody can mend is told, and stops nothing.
	verdict, err = trivy.Gate(report, strict(t))
	require.NoError(t, err)
	require.Len(t, verdict.Unfixed, 1)
	assert.Equal(t, "CVE-2023-45853", verdict.Unfixed[0].ID)
}

func TestCleanImagePasses(t *testing.T) {
	policy := strict(t)
	policy.Ignore = rules(t, "ignore:\n- {id: CVE-1, reason: r, expires: 2027-01-01}")
	verdict, err := trivy.Gate(clean(t), policy)
	require.NoError(t, err)
	require.NoError(t, verdict.Err())
	assert.Equal(t, "CVE-1", verdict.Unused[0].ID)
}

func TestGateFailsClosed(t *testing.T) {
	is := func(target any) func(*testing.T, error) {
		return func(t *testing.T, err error) { require.ErrorAs(t, err, target) }
	}
	for name, test := range map[string]struct {
		spoil func(*trivy.Report, *trivy.Policy)
		typed func(*testing.T, error)
	}{
		"no operating system":  {func(r *trivy.Report, _ *trivy.Policy) { r.Metadata.OS = nil }, is(new(*trivy.NoOSError))},
		"no results":           {func(r *trivy.Report, _ *trivy.Policy) { r.Results = nil }, is(new(*trivy.MissingResultsError))},
		"languages only":       {func(r *trivy.Report, _ *trivy.Policy) { r.Results = r.Results[1:] }, is(new(*trivy.MissingResultsError))},
		"empty package list":   {func(r *trivy.Report, _ *trivy.Policy) { r.Results[0].Packages = nil }, is(new(*trivy.NoPackagesError))},
		"old database":         {func(_ *trivy.Report, p *trivy.Policy) { p.Scanner.DatabaseUpdated = now.AddDate(0, 0, -8) }, is(new(*trivy.OldDatabaseError))},
		"database without age": {func(_ *trivy.Report, p *trivy.Policy) { p.Scanner = trivy.Scanner{} }, is(new(*trivy.OldDatabaseError))},
		"another platform":     {func(_ *trivy.Report, p *trivy.Policy) { p.Platform = "linux/amd64" }, is(new(*trivy.WrongPlatformError))},
		"malicious scanner":    {func(_ *trivy.Report, p *trivy.Policy) { p.Scanner.Version = "0.69.5" }, is(new(*trivy.RefusedVersionError))},
		"malicious by report":  {func(r *trivy.Report, _ *trivy.Policy) { r.Trivy.Version = "v0.69.4" }, is(new(*trivy.RefusedVersionError))},
		"unknown severity": {
			func(_ *trivy.Report, p *trivy.Policy) { p.Severity = "SEVERE" },
			func(t *testing.T, err error) { require.ErrorContains(t, err, `severity "SEVERE" is unknown`) },
		},
	} {
		t.Run(name, func(t *testing.T) {
			r, p := clean(t), strict(t)
			test.spoil(&r, &p)
			_, err := trivy.Gate(r, p)
			require.ErrorContains(t, err, "judge the scan of user-service")
			test.typed(t, err)
			var findings *trivy.FindingsError
			assert.NotErrorAs(t, err, &findings)
		})
	}
	_, err := trivy.Gate(trivy.Report{}, trivy.Policy{})
	require.Error(t, err, "nothing scanned is no pass")
}

func TestReportAloneIsEnoughWithoutALimitOfAge(t *testing.T) {
	_, err := trivy.Gate(clean(t), trivy.Policy{Component: "user-service", Platform: "linux/arm64", Now: now})
	require.NoError(t, err)
}

func TestImageFromScratchMayPass(t *testing.T) {
	r := clean(t)
	r.Metadata.OS, r.Results = nil, r.Results[1:]
	policy := strict(t)
	policy.WithoutOS = true
	_, err := trivy.Gate(r, policy)
	require.NoError(t, err)
}

// TestEndOfSupport: a distribution that gets no more updates is a finding, that
// no update mends.
func TestEndOfSupport(t *testing.T) {
	r := clean(t)
	r.Metadata.OS.EOSL = true
	found := trivy.Findings(r)
	require.Len(t, found, 1)
	assert.Equal(t, trivy.KindEndOfSupport, found[0].Kind)
	assert.Equal(t, "debian 12.8 gets no more security updates", found[0].Title)
	assert.Equal(t, trivy.OwnerComponent, found[0].Owner)
	assert.Equal(t, "a base of a newer release", found[0].MendedBy())
	r.Scanned.Base.Layers = 1
	assert.Equal(t, trivy.OwnerBase, trivy.Findings(r)[0].Owner)
	assert.Equal(t, "1 high in 3 packages; 1 of the base; without a fix 1 high", trivy.Summary(r))

	policy := strict(t)
	verdict, err := trivy.Gate(r, policy)
	require.NoError(t, err)
	require.NoError(t, verdict.Err())
	policy.Unfixed = true
	verdict, err = trivy.Gate(r, policy)
	require.NoError(t, err)
	require.ErrorContains(t, verdict.Err(), "HIGH end-of-support in debian 12.8 (no more security updates), the base's: a base of a newer release")
	policy.Ignore = rules(t, "ignore:\n- {id: end-of-support, reason: it is replaced in January, expires: 2027-01-31}")
	verdict, err = trivy.Gate(r, policy)
	require.NoError(t, err)
	require.NoError(t, verdict.Err())
}

func TestIgnoreRules(t *testing.T) {
	for name, test := range map[string]struct{ text, want string }{
		"no reason":   {"ignore:\n- {id: CVE-1, expires: 2027-01-01}", "rule 1 (CVE-1) has no reason"},
		"no date":     {"ignore:\n- {id: CVE-1, reason: r}", "rule 1 (CVE-1) has no expires"},
		"no id":       {"ignore:\n- {reason: r, expires: 2027-01-01}", "rule 1 () has no id"},
		"no day":      {"ignore:\n- {id: CVE-1, reason: r, expires: soon}", `line 2: "soon" is no date. Write YYYY-MM-DD`},
		"unknown key": {"ignore:\n- {id: CVE-1, reson: r, expires: 2027-01-01}", "field reson not found"},
		"not a list":  {"- id: CVE-1", "read ignore rules ignore.yaml"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := trivy.ParseRules("ignore.yaml", []byte(test.text))
			require.ErrorContains(t, err, test.want)
		})
	}
	fromJSON := rules(t, `{"ignore": [{"id": "CVE-1", "reason": "r", "expires": "2026-11-21"}]}`)
	require.Len(t, fromJSON, 1)
	assert.Empty(t, rules(t, ""), "an empty file has no rules")

	policy := strict(t)
	policy.Ignore = fromJSON
	_, err := trivy.Gate(clean(t), policy)
	var expired *trivy.ExpiredRuleError
	require.ErrorAs(t, err, &expired)
	assert.ErrorContains(t, err, "the ignore rule for CVE-1 expired on 2026-11-21 (r)")
}

func TestCheckVersion(t *testing.T) {
	for version, fine := range map[string]bool{
		"0.69.3": true, "v0.69.3": true, "0.69.4": false, "v0.69.5": false, "0.69.6": false, "0.69.7": true, "": false,
	} {
		assert.Equal(t, fine, trivy.CheckVersion(version) == nil, version)
	}
}

func TestParseReportRefusals(t *testing.T) {
	for text, want := range map[string]string{
		"":                     "unexpected end of JSON input",
		"{}":                   "schema version 0 is unknown",
		`{"SchemaVersion": 1}`: "schema version 1 is unknown",
		`{"SchemaVersion": 2, "Results": [{"Secrets": [{"Severity": "BAD"}]}]}`: `severity "BAD" is unknown`,
	} {
		_, err := trivy.Parse([]byte(text))
		require.ErrorContains(t, err, want)
	}
}

func TestSummary(t *testing.T) {
	assert.Equal(t, "2 critical, 1 high, 1 low in 3 packages; without a fix 1 critical", trivy.Summary(scanned(t)))
	assert.Equal(t, "2 critical, 1 high, 1 low in 3 packages; 2 of the base; without a fix 1 critical", trivy.Summary(onBase(t)))
	assert.Equal(t, trivy.Counts{Critical: 2, High: 1, Low: 1, Base: 2, Unfixed: 1}, trivy.CountsOf(onBase(t)))
	assert.Regexp(t, "^sha256:4b9f", scanned(t).ImageID())
	assert.Equal(t, "no findings in 3 packages", trivy.Summary(clean(t)))
}

func TestTable(t *testing.T) {
	report := onBase(t)
	report.Scanned.Notes = []string{"jars were not looked up: there is no database"}
	assert.Equal(t, `debian 12.8
on python:3.11-slim@sha256:1
! jars were not looked up: there is no database
SEVERITY  ID                 OF         PACKAGE           INSTALLED  FIXED   MENDED BY                            TITLE
CRITICAL  aws-access-key-id  component  /app/settings.py  -          -       a correction                         secret: AWS Access Key ID
CRITICAL  CVE-2023-45853     base       zlib1g            1:1.2.13   -       nothing yet                          zlib: integer overflow in zipOpenNewFileInZip4_6
HIGH      CVE-2024-47874     component  starlette         0.36.0     0.40.0  package starlette at version 0.40.0  starlette: denial of service by multipart form
LOW       CVE-2024-0001      base       libc6             2.36       2.36-9  a newer base                         CVE-2024-0001
2 critical, 1 high, 1 low in 3 packages; 2 of the base; without a fix 1 critical; jars were not looked up: there is no database
`, trivy.Table(report))
	assert.Equal(t, "debian 12.8\nNo findings.\n", trivy.Table(clean(t)))
}

func TestSARIF(t *testing.T) {
	raw, err := trivy.SARIF(onBase(t), "trivy/user-service/linux/arm64")
	require.NoError(t, err)
	var log struct {
		Version string
		Runs    []struct {
			AutomationDetails struct{ ID string }
			Tool              struct {
				Driver struct {
					Rules []struct {
						ID, HelpURI string
						Properties  map[string]any
					}
				}
			}
			Results []struct {
				RuleID, Level       string
				RuleIndex           int
				Message             struct{ Text string }
				PartialFingerprints map[string]string
				Properties          map[string]any
			}
		}
	}
	require.NoError(t, json.Unmarshal(raw, &log))
	assert.Equal(t, "2.1.0", log.Version)
	run := log.Runs[0]
	assert.Equal(t, "trivy/user-service/linux/arm64/", run.AutomationDetails.ID)
	require.Len(t, run.Results, 4)
	fingerprints := map[string]bool{}
	for _, r := range run.Results {
		rule := run.Tool.Driver.Rules[r.RuleIndex]
		assert.Equal(t, r.RuleID, rule.ID)
		assert.Regexp(t, `^https://`, rule.HelpURI)
		fingerprints[r.PartialFingerprints["primaryLocationLineHash"]] = true
	}
	assert.Len(t, fingerprints, 4)
	assert.Equal(t, "9.5", run.Tool.Driver.Rules[1].Properties["security-severity"])
	assert.Equal(t, "error", run.Results[2].Level)
	assert.Equal(t, "note", run.Results[3].Level)
	assert.Contains(t, run.Results[2].Message.Text, "starlette 0.36.0 (fixed in 0.40.0)")
	assert.Contains(t, run.Results[2].Message.Text, "The component's; mended by: package starlette at version 0.40.0")
	assert.Equal(t, map[string]any{"owner": "BASE", "remedy": "NONE", "fixable": false}, run.Results[1].Properties)
	_, err = trivy.SARIF(scanned(t), "/")
	assert.ErrorContains(t, err, "it has no category")
}

func TestSARIFKeepsToGitHubsLimit(t *testing.T) {
	if testing.Short() {
		t.Skip("a short run has a sample of it: internal/sarif's limits")
	}
	r := clean(t)
	for range 25_001 {
		r.Results[0].Vulnerabilities = append(r.Results[0].Vulnerabilities,
			trivy.Vulnerability{VulnerabilityID: "CVE-2", PkgName: "p", Severity: trivy.High})
	}
	r.Results[0].Vulnerabilities[0].Severity = trivy.Low
	raw, err := trivy.SARIF(r, "c")
	require.NoError(t, err)
	var log struct {
		Runs []struct {
			Results    []struct{ Level string }
			Properties struct{ OmittedResults int }
		}
	}
	require.NoError(t, json.Unmarshal(raw, &log))
	assert.Len(t, log.Runs[0].Results, 25_000)
	assert.Equal(t, 1, log.Runs[0].Properties.OmittedResults)
	assert.Equal(t, "error", log.Runs[0].Results[24_999].Level, "the least severe is left out")
}

func TestMaliciousReleasesAreNeverRun(t *testing.T) {
	for _, bad := range []string{"aquasec/trivy:0.69.4@sha256:x", "docker.io/aquasec/trivy:v0.69.5", "mirror:5000/trivy:0.69.6-amd64"} {
		require.ErrorContains(t, trivy.CheckReference(bad), "CVE-2026-33634", bad)
	}
	for _, good := range []string{"aquasec/trivy:0.74.0@sha256:x", "mirror:5000/trivy@sha256:x", "mirror:5000/trivy"} {
		require.NoError(t, trivy.CheckReference(good), good)
	}
}

func TestParseRulesOfOrdinarySize(t *testing.T) {
	rules, err := trivy.ParseRules("ignore.yaml", []byte("ignore:\n- &one {id: A, reason: r, expires: 2027-01-01}\n- {<<: *one, id: B}\n"))
	require.NoError(t, err)
	assert.Len(t, rules, 2)

	text := "ignore: &a0 [1,1,1,1,1,1,1,1,1]\n"
	for i := range 9 {
		alias := fmt.Sprintf("*a%d,", i)
		text += fmt.Sprintf("b%d: &a%d [%s]\n", i, i+1, strings.Repeat(alias, 8)+strings.TrimSuffix(alias, ","))
	}
	_, err = trivy.ParseRules("ignore.yaml", []byte(text))
	require.ErrorContains(t, err, "Write the values out")
}
