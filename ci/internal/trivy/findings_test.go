package trivy_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pingvas/pingvas-ci/ci/internal/trivy"
)

// accounts are those of a report, by what each is known by.
func accounts(report trivy.Report, rules ...trivy.Rule) map[string]trivy.Account {
	found := map[string]trivy.Account{}
	for _, a := range trivy.Accounts(report, trivy.Policy{Component: "user-service", Platform: "linux/arm64", Ignore: rules, Now: now}) {
		found[a.ID] = a
	}
	return found
}

func TestAccounts(t *testing.T) {
	all := trivy.Accounts(scanned(t), trivy.Policy{})
	require.Len(t, all, 4)
	secret, fixable := all[0], all[2]

	assert.Equal(t, "aws-access-key-id", secret.ID, "the worst is first")
	assert.Equal(t, trivy.KindSecret, secret.Kind)
	assert.Equal(t, "AWS Access Key ID", secret.Title, "the kind says that it is a secret")
	assert.Equal(t, "/app/settings.py", secret.Target)
	assert.Empty(t, secret.Package)

	assert.Equal(t, trivy.KindVulnerability, fixable.Kind)
	assert.Equal(t, "starlette", fixable.Package)
	assert.Equal(t, "0.36.0", fixable.Installed)
	assert.Equal(t, "0.40.0", fixable.Fixed)
	assert.Equal(t, trivy.High, fixable.Severity)
	assert.Equal(t, "Python", fixable.Target)

	configured := accounts(withConfiguration(t, misconfigured))["DS002"]
	assert.Equal(t, trivy.KindMisconfiguration, configured.Kind)
	assert.Equal(t, "Specify a user", configured.Title)
	assert.Empty(t, configured.Layer.DiffID)
	assert.Empty(t, configured.Origin)

	assert.NotNil(t, trivy.Accounts(clean(t), trivy.Policy{}), "nothing found is a list, too")
}

func TestOrigin(t *testing.T) {
	found := accounts(scanned(t))
	for id, want := range map[string]string{
		"CVE-2023-45853":    "# debian.sh --arch 'arm64' out/ 'bookworm'",
		"CVE-2024-47874":    "COPY /opt/venv /opt/venv # buildkit", // An empty step is none of the layers'.
		"aws-access-key-id": "COPY app /app # buildkit",            // Trivy says it.
		"CVE-2024-0001":     "",                                    // In no layer that Trivy names.
	} {
		assert.Equal(t, want, found[id].Origin, id)
	}

	for name, spoil := range map[string]func(*trivy.Report){
		"a history that is shorter": func(r *trivy.Report) { r.Metadata.ImageConfig.History = r.Metadata.ImageConfig.History[:1] },
		"a history that is longer":  func(r *trivy.Report) { r.Metadata.ImageConfig.RootFS.DiffIDs = []string{"sha256:aa"} },
		"no history":                func(r *trivy.Report) { r.Metadata.ImageConfig.History = nil },
	} {
		report := scanned(t)
		spoil(&report)
		assert.Empty(t, accounts(report)["CVE-2024-47874"].Origin, name)
	}
}

func TestAcceptedAndSuppressedAreAmongTheAccounts(t *testing.T) {
	report := scanned(t)
	suppressed := trivy.Suppressed{Status: "not_affected", Justification: "vulnerable_code_not_present"}
	suppressed.Finding = trivy.Vulnerability{VulnerabilityID: "CVE-1", PkgName: "a", Severity: trivy.Critical, Layer: trivy.Layer{DiffID: "sha256:bb"}}
	report.Results[1].ExperimentalModifiedFindings = []trivy.Suppressed{suppressed}
	all := rules(t, `
ignore:
  - {id: CVE-2023-45853, reason: minizip is not built, expires: 2026-11-22}
  - {id: CVE-2024-47874, reason: no forms, expires: 2026-11-21}
  - {id: CVE-2024-0001, component: gallery-service, reason: no libc, expires: 2027-01-01}
`)

	found := accounts(report, all...)
	require.Len(t, found, 5)
	assert.True(t, found["CVE-2023-45853"].Accepted)
	assert.Equal(t, "until 2026-11-22: minizip is not built", found["CVE-2023-45853"].Reason)
	assert.False(t, found["CVE-2024-47874"].Accepted, "its rule has expired")
	assert.False(t, found["CVE-2024-0001"].Accepted, "its rule is another component's")
	assert.True(t, found["CVE-1"].Suppressed)
	assert.False(t, found["CVE-1"].Accepted)
	assert.Equal(t, "not_affected: vulnerable_code_not_present", found["CVE-1"].Reason)
	assert.Equal(t, "Python", found["CVE-1"].Target)
	assert.Equal(t, "linux/arm64 CRITICAL CVE-2023-45853 zlib1g 1:1.2.13 (no fix yet); accepted until 2026-11-22: minizip is not built", found["CVE-2023-45853"].Summary())
	assert.Equal(t, "linux/arm64 HIGH CVE-2024-47874 starlette 0.36.0 (fixed in 0.40.0)", found["CVE-2024-47874"].Summary())
	assert.Contains(t, found["CVE-1"].Summary(), "; suppressed by VEX: not_affected: vulnerable_code_not_present")
	assert.Equal(t, "COPY /opt/venv /opt/venv # buildkit", found["CVE-1"].Origin)
}

// TestDeclared: what no more than a bill of materials within the image names is told,
// and stops nothing by itself; what is installed does, and what leaves no file of its
// own but that.
func TestDeclared(t *testing.T) {
	report := func(kind, by, file string) trivy.Report {
		r, err := trivy.Parse(fmt.Appendf(nil, `{"SchemaVersion": 2, "Metadata": {"OS": {"Family": "debian", "Name": "13"}, "ImageConfig": {"architecture": "arm64", "os": "linux"}}, "Results": [
			{"Target": "debian", "Class": "os-pkgs", "Type": "debian", "Packages": [{"Name": "base-files", "Version": "13"}]},
			{"Target": "Python", "Class": "lang-pkgs", "Type": %q,
			"Packages": [{"Name": "setuptools", "Version": "70.3.0", "Identifier": {"UID": "9e"}, "AnalyzedBy": %q, "FilePath": %q}],
			"Vulnerabilities": [{"VulnerabilityID": "CVE-2025-47273", "PkgName": "setuptools", "PkgIdentifier": {"UID": "9e"},
				"InstalledVersion": "70.3.0", "FixedVersion": "78.1.1", "Severity": "HIGH"}]}]}`, kind, by, file))
		require.NoError(t, err)
		return r
	}
	stops := func(r trivy.Report, unfixed bool) bool {
		policy := strict(t)
		policy.Unfixed = unfixed
		verdict, err := trivy.Gate(r, policy)
		require.NoError(t, err)
		return verdict.Err() != nil
	}
	declared := report("python-pkg", "sbom", "")
	assert.False(t, stops(declared, false))
	assert.True(t, stops(declared, true))
	assert.Equal(t, "a newer one of what bundles it", trivy.Findings(declared)[0].MendedBy())
	assert.Contains(t, trivy.Summary(declared), "without a fix 1 high")
	for _, installed := range []trivy.Report{
		report("python-pkg", "python-pkg", "usr/lib/python3/dist-packages/setuptools-70.3.0.dist-info/METADATA"),
		report("python-pkg", "sbom", "opt/app/setuptools/METADATA"),
		report("python-pkg", "", ""), // By a scanner that does not say.
		report("bitnami", "sbom", ""),
	} {
		assert.True(t, stops(installed, false))
	}
}
