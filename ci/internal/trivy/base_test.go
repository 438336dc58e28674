package trivy_test

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pingvas/pingvas-ci/ci/internal/trivy"
)

// TestBuiltOn: what an image is built on is read as it was written.
func TestBuiltOn(t *testing.T) {
	var report trivy.Report
	report.Metadata.ImageConfig.Config.Labels = trivy.BaseLabels("docker.io/library/python:3.13-slim@sha256:1")
	reference, name := report.BuiltOn()
	assert.Equal(t, "docker.io/library/python:3.13-slim@sha256:1", reference)
	assert.Equal(t, "docker.io/library/python:3.13-slim", name)

	report.Metadata.ImageConfig.Config.Labels = map[string]string{trivy.BaseNameLabel: "docker.io/library/python:3.13-slim"}
	reference, _ = report.BuiltOn()
	assert.Empty(t, reference, "without a digest it could be any")
}

func TestMendable(t *testing.T) {
	report := onBase(t)
	assert.True(t, report.Mendable(report.Scanned.Base), "libc6 has a fix")
	assert.False(t, report.Mendable(trivy.Base{}), "it is the component's")
	report.Results[0].Vulnerabilities[1].FixedVersion = ""
	assert.False(t, report.Mendable(report.Scanned.Base))
}

// TestUpdatable: what an update of the distribution's packages mends, and nothing else.
func TestUpdatable(t *testing.T) {
	report := onBase(t)
	report.Metadata.OS = &trivy.OS{Family: "debian"}
	report.Results = append(report.Results, trivy.Result{Class: "os-pkgs", Vulnerabilities: []trivy.Vulnerability{
		{VulnerabilityID: "CVE-2", PkgName: "perl-base", FixedVersion: "2"}, {VulnerabilityID: "CVE-1", PkgName: "perl-base", FixedVersion: "2"},
		{VulnerabilityID: "CVE-1", PkgName: "perl-base", FixedVersion: "2"}, {VulnerabilityID: "CVE-3", PkgName: "gzip"},
	}})
	distribution, mends := report.Updatable()
	assert.Equal(t, "debian", distribution)
	assert.Equal(t, []string{"CVE-1", "CVE-2"}, mends["perl-base"])
	assert.NotContains(t, mends, "gzip", "nobody mends it")
	assert.NotContains(t, mends, "starlette", "it is no package of the distribution")
}

// TestUpdatesAreTheBases: what is found in packages of the base that were updated
// is not the component's.
func TestUpdatesAreTheBases(t *testing.T) {
	report := onBase(t)
	config := &report.Metadata.ImageConfig
	config.RootFS.DiffIDs = append(config.RootFS.DiffIDs, "sha256:updates")
	report.Results = []trivy.Result{{Class: "os-pkgs", Vulnerabilities: []trivy.Vulnerability{
		{VulnerabilityID: "CVE-1", PkgName: "perl-base", Layer: trivy.Layer{DiffID: "sha256:updates"}},
	}}}
	assert.Equal(t, trivy.OwnerComponent, trivy.Findings(report)[0].Owner)
	config.Config.Labels = map[string]string{trivy.UpdatesLabel: "perl-base=5.40.1-6+deb13u1"}
	assert.Equal(t, trivy.OwnerBase, trivy.Findings(report)[0].Owner)
}

func TestWhatAScanAddsIsInTheReport(t *testing.T) {
	raw, err := json.Marshal(clean(t))
	require.NoError(t, err)
	merged, err := trivy.Merge(raw, trivy.Scanned{Base: trivy.Base{Reference: "python@sha256:1", Layers: 2, Latest: true}})
	require.NoError(t, err)
	assert.Contains(t, string(merged), `"notes": []`)
	report, err := trivy.Parse(merged)
	require.NoError(t, err)
	assert.Equal(t, trivy.Base{Reference: "python@sha256:1", Layers: 2, Latest: true}, report.Scanned.Base)

	_, err = trivy.Merge(raw, trivy.Scanned{}, []byte("no report"))
	require.ErrorContains(t, err, "read Trivy's report")
}

func TestJSON(t *testing.T) {
	report := onBase(t)
	report.Scanned.Notes = []string{"jars were not looked up"}
	raw, err := trivy.JSON(report, trivy.Accounts(report, trivy.Policy{Platform: "linux/arm64", Now: now}))
	require.NoError(t, err)
	var told struct {
		Base     struct{ Reference string }
		Notes    []string
		Counts   map[string]int
		Findings []map[string]any
	}
	require.NoError(t, json.Unmarshal(raw, &told))
	assert.Equal(t, "python:3.11-slim@sha256:1", told.Base.Reference)
	assert.Equal(t, []string{"jars were not looked up"}, told.Notes)
	assert.Equal(t, 1, told.Counts["unfixed"])
	require.Len(t, told.Findings, 4)
	assert.Equal(t, "BASE", told.Findings[1]["owner"])
	assert.Equal(t, "PACKAGE", told.Findings[2]["remedy"])
	assert.Equal(t, "package starlette at version 0.40.0", told.Findings[2]["mendedBy"])

	raw, err = trivy.JSON(clean(t), nil)
	require.NoError(t, err)
	assert.NotContains(t, string(raw), "null")
}
