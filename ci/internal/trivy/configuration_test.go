package trivy_test

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pingvas/pingvas-ci/ci/internal/trivy"
)

// misconfigured is what Trivy says of a configuration that names no user.
const misconfigured = `{"SchemaVersion": 2, "Results": [{
	"Target": "image-configuration.Dockerfile", "Class": "config", "Type": "dockerfile",
	"MisconfSummary": {"Successes": 24, "Failures": 1},
	"Misconfigurations": [
		{"ID": "DS002", "Severity": "HIGH", "Status": "FAIL", "Title": "Image user should not be 'root'", "Message": "Specify a user", "PrimaryURL": "https://avd.aquasec.com/misconfig/ds002"},
		{"ID": "DS004", "Severity": "HIGH", "Status": "PASS", "Title": "Port 22 exposed"}
	]}]}`

// withConfiguration is a clean image whose configuration was checked.
func withConfiguration(t *testing.T, second string) trivy.Report {
	t.Helper()
	raw, err := json.Marshal(clean(t))
	require.NoError(t, err)
	merged, err := trivy.Merge(raw, trivy.Scanned{}, []byte(second))
	require.NoError(t, err)
	report, err := trivy.Parse(merged)
	require.NoError(t, err)
	return report
}

func TestMisconfigurationFailsTheGate(t *testing.T) {
	policy := strict(t)
	policy.Misconfiguration = true
	verdict, err := trivy.Gate(withConfiguration(t, misconfigured), policy)
	require.NoError(t, err)
	require.ErrorContains(t, verdict.Err(), "HIGH DS002 in image-configuration.Dockerfile (Specify a user)")
	assert.Len(t, verdict.Findings, 1, "a check that passes is no finding")

	policy.Severity = "CRITICAL"
	verdict, err = trivy.Gate(withConfiguration(t, misconfigured), policy)
	require.NoError(t, err)
	require.NoError(t, verdict.Err())

	policy = strict(t)
	policy.Misconfiguration = true
	policy.Ignore = rules(t, "ignore:\n- {id: DS002, reason: it starts as root and changes to another, expires: 2027-01-01}")
	verdict, err = trivy.Gate(withConfiguration(t, misconfigured), policy)
	require.NoError(t, err)
	require.NoError(t, verdict.Err())
	assert.Len(t, verdict.Ignored, 1)
}

func TestMisconfigurationIsInEveryOutput(t *testing.T) {
	report := withConfiguration(t, misconfigured)
	assert.Equal(t, "1 high in 3 packages", trivy.Summary(report))
	assert.Contains(t, trivy.Table(report), "misconfiguration: Specify a user")
	sarif, err := trivy.SARIF(report, "trivy/user-service")
	require.NoError(t, err)
	assert.Contains(t, string(sarif), `"ruleId": "DS002"`)
	assert.Contains(t, string(sarif), "https://avd.aquasec.com/misconfig/ds002")
}

func TestAnUncheckedConfigurationIsNoPass(t *testing.T) {
	for name, second := range map[string]string{
		"a file that Trivy cannot read": `{"Results": []}`,
		"a Trivy without checks":        `{"Results": [{"Target": "image-configuration.Dockerfile", "Class": "config", "MisconfSummary": {"Successes": 0, "Failures": 0}}]}`,
		"another file's":                `{"Results": [{"Target": "app/Dockerfile", "Class": "config", "MisconfSummary": {"Successes": 24, "Failures": 0}}]}`,
	} {
		t.Run(name, func(t *testing.T) {
			policy := strict(t)
			policy.Misconfiguration = true
			_, err := trivy.Gate(withConfiguration(t, second), policy)
			var unchecked *trivy.UncheckedConfigurationError
			require.ErrorAs(t, err, &unchecked)
			policy.Misconfiguration = false
			_, err = trivy.Gate(withConfiguration(t, second), policy)
			require.NoError(t, err)
		})
	}
}

// TestConfigurationOfTheComponentAlone: what its base has as well is the base's;
// how it is run is its own in any case.
func TestConfigurationOfTheComponentAlone(t *testing.T) {
	base, err := trivy.ParseBase("python:3.13-slim@sha256:1", []byte(`{"config": {
		"User": "101", "Env": ["PATH=/usr/bin", "GPG_KEY=7169605F62C751356D054A26A821E680E5FA6305", "LANG=C"], "ExposedPorts": {"22/tcp": {}}},
		"rootfs": {"diff_ids": ["sha256:aa", "sha256:bb"]}}`))
	require.NoError(t, err)
	assert.Equal(t, 2, base.Layers)
	var report trivy.Report
	require.NoError(t, json.Unmarshal([]byte(`{"Metadata": {"ImageConfig": {"config": {
		"User": "101", "Env": ["PATH=/app/bin:/usr/bin", "GPG_KEY=7169605F62C751356D054A26A821E680E5FA6305", "LANG=C", "API_TOKEN=canary"],
		"ExposedPorts": {"22/tcp": {}, "80/tcp": {}}}}}}`), &report))
	assert.Equal(t, `FROM scratch
ENV PATH="set"
ENV API_TOKEN="set"
EXPOSE 80/tcp
USER 101
`, string(trivy.ConfigurationOf(report, base)))

	_, err = trivy.ParseBase("python:3.13-slim", []byte("no image"))
	require.ErrorContains(t, err, "read the configuration of python:3.13-slim")
}

func TestConfigurationOf(t *testing.T) {
	var report trivy.Report
	require.NoError(t, json.Unmarshal([]byte(`{"Metadata": {"ImageConfig": {"config": {
		"User": "65532:65532", "Env": ["PATH=/usr/bin", "API_TOKEN=canary"], "ExposedPorts": {"9000/tcp": {}, "22/tcp": {}},
		"Entrypoint": ["python", "-c", "print(\"a\")"], "Cmd": ["b"], "Healthcheck": {"Test": ["CMD", "true"]}}}}}`), &report))
	assert.Equal(t, `FROM scratch
ENV PATH="set"
ENV API_TOKEN="set"
EXPOSE 22/tcp
EXPOSE 9000/tcp
HEALTHCHECK CMD ["true"]
USER 65532:65532
ENTRYPOINT ["python","-c","print(\"a\")"]
CMD ["b"]
`, string(trivy.ConfigurationOf(report, trivy.Base{})))
	assert.Equal(t, "FROM scratch\n", string(trivy.ConfigurationOf(trivy.Report{}, trivy.Base{})))
}
