package manifests_test

import (
	"encoding/json"
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pingvas/pingvas-ci/ci/internal/argocd"
	"github.com/pingvas/pingvas-ci/ci/internal/manifests"
)

// What is found, switched off and not judged is said in every form.
func TestReport(t *testing.T) {
	files := sound()
	files[".pingvas-gitops.yaml"] = "validate: {off: [{rule: unused-file, reason: applied by hand}]}\n"
	files["apps/base/a/forgotten.yaml"] = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: x}\n"
	files["apps/overlays/dev/kustomization.yaml"] = "resources: [../../base/a]\nimages: [{name: gone, newTag: x}]\n"
	files["apps/overlays/prod/kustomization.yaml"] = "resources: ['https://git.example/a?ref=v1', gone.yaml]\n"
	report, err := manifests.Validate(t.Context(), written(t, files), nil, argocd.Policy{})
	require.NoError(t, err)
	text := report.Text()
	for _, said := range []string{
		"3 objects checked: 2 mistakes.\n", "WARNING apps/overlays/dev/kustomization.yaml: image gone", "ERROR apps/overlays/prod/kustomization.yaml: kustomization: gone.yaml is not there",
		"Switched off: unused-file, because applied by hand. It would have found 1.", "Not judged: apps/overlays/prod/kustomization.yaml: kustomization: it is not rendered, because it needs https://git.example/a?ref=v1",
	} {
		assert.Contains(t, text, said)
	}
	require.Len(t, report.AtLeast(argocd.Warning), 2)
	require.Len(t, report.AtLeast(argocd.Error), 1)

	raw, err := report.JSON()
	require.NoError(t, err)
	var record struct {
		Findings    []struct{ Rule, Severity, File string }
		Notes       []struct{ Severity string }
		SwitchedOff []struct {
			Reason   string
			Findings []struct{ File string }
		}
	}
	require.NoError(t, json.Unmarshal([]byte(raw), &record))
	assert.Equal(t, "WARNING", record.Findings[0].Severity)
	assert.Equal(t, "NOTE", record.Notes[0].Severity)
	assert.Equal(t, "apps/base/a/forgotten.yaml", record.SwitchedOff[0].Findings[0].File)

	log, err := report.SARIF()
	require.NoError(t, err)
	for _, part := range []string{`"ruleId": "missing-file"`, `"level": "error"`, `"level": "warning"`, `"level": "note"`, `"uri": "apps/overlays/prod/kustomization.yaml"`, `"switchedOff"`} {
		assert.Contains(t, string(log), part)
	}
}

// The page for users has every rule, with its severity and what it finds.
func TestRulesAreDocumented(t *testing.T) {
	page, err := os.ReadFile("../../../docs/gitops.md")
	if os.IsNotExist(err) {
		t.Skip("the module stands alone, without the project's pages")
	}
	require.NoError(t, err)
	for _, rule := range manifests.Rules() {
		assert.Contains(t, string(page), "| `"+rule.Name+"` | "+strings.ToLower(string(rule.Severity))+" | "+rule.Doc+" |")
	}
}
