package trivy_test

import (
	"encoding/json"
	"errors"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/pingvas/pingvas-ci/ci/internal/plain"
	"github.com/pingvas/pingvas-ci/ci/internal/trivy"
)

// FuzzReport checks, by other means than the gate's own, that a report passes only
// where it has packages of a distribution and nothing severe, and that nothing of it
// moves a terminal's cursor, or adds a line to what stands for the image.
func FuzzReport(f *testing.F) {
	raw, err := os.ReadFile("testdata/user-service.json")
	require.NoError(f, err)
	f.Add(raw)
	for _, text := range []string{
		`{"SchemaVersion":2,"Metadata":{"OS":{"Family":"debian","Name":"12"},"ImageConfig":{"architecture":"arm64","os":"linux"}},"Results":[{"Class":"os-pkgs","Packages":[{"Name":"a"}]}]}`,
		`{"SchemaVersion":2,"Metadata":{"OS":{"Family":"\u001b[2J","Name":"\u202e"},"ImageConfig":{"architecture":"arm64","os":"linux","config":{"User":"root","Env":["A=b","C"],"ExposedPorts":{"80/tcp":{}},"Healthcheck":{"Test":["CMD","a"]},"Entrypoint":["a"],"Cmd":["b"]}}},"Results":[{"Class":"os-pkgs","Packages":[{"Name":"a"}],"ExperimentalModifiedFindings":[{"Status":"not_affected","Statement":"\u001b[A","Finding":{"VulnerabilityID":"CVE-1","Severity":"LOW"}}]}]}`,
		`{"SchemaVersion":2,"Results":[{"Class":"config","Target":"a","Misconfigurations":[{"ID":"DS-1","Status":"FAIL","Severity":"HIGH","Message":"m","CauseMetadata":{"StartLine":-3}}],"Secrets":[{"RuleID":"s","Severity":"CRITICAL"}]}]}`,
	} {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		report, err := trivy.Parse(raw)
		if err != nil {
			return
		}
		policy := strict(t)
		verdict, err := trivy.Gate(report, policy)
		if err == nil && verdict.Err() == nil {
			passes(t, raw)
		}
		onlyShown(t, trivy.Table(report))
		onlyShown(t, trivy.Summary(report))
		for _, a := range trivy.Accounts(report, policy) {
			onlyShown(t, plain.Text(a.Summary()))
		}
		onlyShown(t, plain.Text(errors.Join(err, verdict.Err(), errors.New("judged")).Error()))
		for _, f := range verdict.Unfixed {
			onlyShown(t, plain.Text(f.ID))
		}

		image := report.Metadata.ImageConfig.Config
		lines := strings.Split(strings.TrimSuffix(string(trivy.ConfigurationOf(report, trivy.Base{})), "\n"), "\n")
		require.LessOrEqual(t, len(lines), 5+len(image.Env)+len(image.ExposedPorts))
		for _, line := range lines {
			require.Regexp(t, `^(FROM scratch|ENV [^\s]+="set"|EXPOSE \S+|HEALTHCHECK CMD \[.*\]|USER \S+|ENTRYPOINT \[.*\]|CMD \[.*\])$`, line)
			require.False(t, strings.HasSuffix(line, `\`), line)
		}

		text, err := trivy.SARIF(report, "trivy/a/linux/arm64")
		require.NoError(t, err)
		require.True(t, json.Valid(text))
		merged, err := trivy.Merge(raw, trivy.Scanned{}, []byte(`{"Results": [{"Target": "more"}]}`))
		require.NoError(t, err)
		both, err := trivy.Parse(merged)
		require.NoError(t, err)
		require.Len(t, both.Results, len(report.Results)+1)
		require.Equal(t, "more", both.Results[len(report.Results)].Target)
	})
}

// passes tells whether a report may pass, by the plain decoder.
func passes(t *testing.T, raw []byte) {
	var doc struct {
		Metadata struct{ OS *struct{ Family string } }
		Results  []struct {
			Class                                       string
			Packages                                    []any
			Vulnerabilities, Secrets, Misconfigurations []struct{ Severity, Status, FixedVersion string }
		}
	}
	require.NoError(t, json.Unmarshal(raw, &doc))
	require.NotNil(t, doc.Metadata.OS)
	packages := 0
	for _, r := range doc.Results {
		if r.Class == "os-pkgs" {
			packages += len(r.Packages)
		}
		for _, v := range r.Vulnerabilities {
			require.False(t, v.FixedVersion != "" && slices.Contains([]string{"HIGH", "CRITICAL"}, strings.ToUpper(v.Severity)))
		}
		for _, v := range r.Secrets {
			require.NotContains(t, []string{"HIGH", "CRITICAL"}, strings.ToUpper(v.Severity))
		}
		for _, v := range r.Misconfigurations {
			require.False(t, v.Status == "FAIL" && (strings.EqualFold(v.Severity, "HIGH") || strings.EqualFold(v.Severity, "CRITICAL")))
		}
	}
	require.Positive(t, packages)
}

// onlyShown fails for text that a terminal obeys.
func onlyShown(t *testing.T, text string) { require.Equal(t, plain.Text(text), text) }
