package trivy_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pingvas/pingvas-ci/ci/internal/trivy"
)

// stating is a document of one statement.
func stating(statement string) []byte {
	return []byte(`{"@context": "https://openvex.dev/ns/v0.2.0", "author": "security", "statements": [` + statement + `]}`)
}

func TestParseVEXRefusals(t *testing.T) {
	for name, test := range map[string]struct{ text, want string }{
		"no JSON":        {"statements:", "read the VEX document vex.json"},
		"another format": {`{"bomFormat": "CycloneDX"}`, "is no OpenVEX document"},
		"no statements":  {string(stating("")), "has no statements"},
		"no author":      {`{"@context": "https://openvex.dev/ns/v0.2.0"}`, "has no author"},
		"unknown status": {string(stating(`{"vulnerability": {"name": "CVE-1"}, "products": [{"@id": "pkg:pypi/a"}], "status": "harmless"}`)), `statement 1 (CVE-1) has the status "harmless"`},
		"no reason":      {string(stating(`{"vulnerability": {"name": "CVE-1"}, "products": [{"@id": "pkg:pypi/a"}], "status": "not_affected"}`)), `statement 1 (CVE-1) has the justification ""`},
		"no product":     {string(stating(`{"vulnerability": {"name": "CVE-1"}, "status": "fixed"}`)), "has no products by package URL"},
		"a whole image":  {string(stating(`{"vulnerability": {"name": "CVE-1"}, "products": [{"@id": "pkg:oci/user-service"}], "status": "fixed"}`)), "is for a whole image"},
		"no name":        {string(stating(`{"products": [{"@id": "pkg:pypi/a"}], "status": "fixed"}`)), "names no vulnerability"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := trivy.ParseVEX("vex.json", []byte(test.text))
			require.ErrorContains(t, err, test.want)
		})
	}
}

func TestVEXForTakesWhatIsForTheComponent(t *testing.T) {
	document, err := trivy.ParseVEX("vex.json", stating(`
		{"vulnerability": {"name": "CVE-1"}, "products": [{"@id": "pkg:pypi/a"}], "status": "fixed"},
		{"vulnerability": {"name": "CVE-2"}, "products": [{"@id": "pkg:oci/user-service?tag=1", "subcomponents": [{"@id": "pkg:pypi/b"}]}], "status": "fixed"},
		{"vulnerability": {"name": "CVE-3"}, "products": [{"@id": "pkg:oci/other@sha256:0", "subcomponents": [{"@id": "pkg:pypi/c"}]}], "status": "fixed"}`))
	require.NoError(t, err)
	made := document.For("user-service")
	require.Len(t, made.Statements, 2)
	assert.Equal(t, "pkg:pypi/a", made.Statements[0].Products[0].ID)
	assert.Equal(t, "pkg:pypi/b", made.Statements[1].Products[0].ID)
}

// What a document says beyond what is read here is Trivy's to understand: the
// time of a statement, say, decides between two.
func TestVEXGoesThroughAsItIs(t *testing.T) {
	const text = `{
  "version": 1, "@context": "https://openvex.dev/ns/v0.2.0",   "author": "security",
  "tooling": "by hand", "x-unknown": [1.50, {"products": [{"@id": "pkg:oci/user-service", "subcomponents": [{"@id": "x"}]}]}],
  "timestamp": "2026-11-01T09:00:00+09:00",
  "statements": [
    {
      "status_notes": "say \"{\"@id\": \\u003c",
      "vulnerability": {"@id": "https://nvd.example/CVE-1", "name": "CVE-1", "aliases": ["GHSA-1"]},
      "products": [
        {"identifiers": {"purl": "pkg:pypi/a"}, "@id": "pkg:pypi/a"},
        %s,
        {"@id": "pkg:oci/other", "subcomponents": [{"@id": "pkg:pypi/d"}]}
      ],
      "timestamp": "2026-11-02T00:00:00Z", "impact_statement": "\u003cnone>", "action_statement": "wait",
      "status": "fixed"
    }
  ]
}
`
	const packages = `{"@id": "pkg:pypi/b", "hashes": {"sha-256": "0"}},
            {"@id":"pkg:pypi/c"}`
	const ours = `{"supplier": "us", "subcomponents": [
            ` + packages + `
          ], "@id": "pkg:oci/user-service?tag=1"}`
	given := strings.Replace(text, "%s", ours, 1)
	document, err := trivy.ParseVEX("vex.json", []byte(given))
	require.NoError(t, err)
	assert.Equal(t, given, document.Text())
	for _, component := range []string{"", "another"} {
		assert.Equal(t, given, document.For(component).Text(), component)
	}
	named := strings.Replace(text, "%s", packages, 1)
	assert.Equal(t, named, document.For("user-service").Text(), "the packages stand in the image's place")
	assert.Equal(t, given, document.Text(), "the document itself stays")
}

func TestSuppressedIsToldInEveryOutput(t *testing.T) {
	report := clean(t)
	suppressed := trivy.Suppressed{Status: "not_affected", Justification: "vulnerable_code_not_present"}
	suppressed.Finding.VulnerabilityID, suppressed.Finding.PkgName, suppressed.Finding.InstalledVersion = "CVE-1", "a", "1.0"
	report.Results[0].ExperimentalModifiedFindings = []trivy.Suppressed{suppressed}
	const said = "suppressed by VEX: CVE-1 in a 1.0: not_affected: vulnerable_code_not_present"
	assert.Contains(t, trivy.Table(report), said)
	assert.Contains(t, trivy.Summary(report), "1 suppressed by VEX")
	sarif, err := trivy.SARIF(report, "c")
	require.NoError(t, err)
	assert.Contains(t, string(sarif), said)

	document, err := trivy.ParseVEX("vex.json", stating(`
		{"vulnerability": {"name": "CVE-1"}, "products": [{"@id": "pkg:pypi/a"}], "status": "fixed"},
		{"vulnerability": {"name": "CVE-2"}, "products": [{"@id": "pkg:pypi/b"}], "status": "fixed"}`))
	require.NoError(t, err)
	idle := document.Idle(report)
	require.Len(t, idle, 1)
	assert.Contains(t, idle[0], "on CVE-2 (pkg:pypi/b) matches nothing")
}
