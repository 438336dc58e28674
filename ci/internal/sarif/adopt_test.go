package sarif_test

import (
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/pingvas/pingvas-ci/ci/internal/sarif"
)

func TestAdopt(t *testing.T) {
	adopted, err := sarif.Adopt([]byte(`{"version": "2.1.0", "runs": [{"tool": {"driver": {"name": "ruff", "informationUri": "https://ruff.example/src/"}}, "results": [{
		"ruleId": "F401", "rank": 12345678901234567,
		"fixes": [{"artifactChanges": [{"artifactLocation": {"uri": "file:///src/services/a/x y.py"}}]}],
		"locations": [{"physicalLocation": {"artifactLocation": {"uri": "file:///src/services/a/x%20y.py"}, "region": {"startLine": 3}}},
			{"physicalLocation": {"artifactLocation": {"uri": "file:///opt/venv/z.py"}}}]}]}]}`), "/src", "ruff/a")
	require.NoError(t, err)
	require.JSONEq(t, `{"version": "2.1.0", "runs": [{"automationDetails": {"id": "ruff/a/"},
		"tool": {"driver": {"name": "ruff", "informationUri": "https://ruff.example/src/"}}, "results": [{
		"ruleId": "F401", "rank": 12345678901234567,
		"fixes": [{"artifactChanges": [{"artifactLocation": {"uri": "services/a/x%20y.py"}}]}],
		"locations": [{"physicalLocation": {"artifactLocation": {"uri": "services/a/x%20y.py"}, "region": {"startLine": 3}}},
			{"physicalLocation": {"artifactLocation": {"uri": "file:///opt/venv/z.py"}}}]}]}]}`, string(adopted))
	require.Contains(t, string(adopted), "12345678901234567")

	_, err = sarif.Adopt([]byte("error: no such option"), "/src", "ruff/a")
	require.ErrorContains(t, err, "read the SARIF of ruff/a")
}

func TestAdoptKeepsTheLimits(t *testing.T) {
	many := `{"runs": [{"results": [` + strings.Repeat(`{"ruleId": "E501"},`, 25_001) + `{"ruleId": "E501"}]}]}`
	adopted, err := sarif.Adopt([]byte(many), "/src", "ruff/a")
	require.NoError(t, err)
	var log struct {
		Runs []struct {
			Results    []any
			Properties struct{ OmittedResults int }
		}
	}
	require.NoError(t, json.Unmarshal(adopted, &log))
	require.Len(t, log.Runs[0].Results, 25_000)
	require.Equal(t, 2, log.Runs[0].Properties.OmittedResults)

	if testing.Short() {
		return // What is below takes ten seconds where races are looked for.
	}
	noise := make([]byte, 11<<20)
	_, _ = rand.Read(noise)
	_, err = sarif.Adopt([]byte(`{"runs": [{"text": "`+base64.StdEncoding.EncodeToString(noise)+`"}]}`), "/src", "ruff/a")
	require.ErrorContains(t, err, "are more than GitHub's")
}
