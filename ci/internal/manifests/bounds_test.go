package manifests_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pingvas/pingvas-ci/ci/internal/argocd"
	"github.com/pingvas/pingvas-ci/ci/internal/manifests"
)

// A few lines of aliases that stand for gigabytes are a finding of their file,
// whether something renders it or nothing does.
func TestValidateAliases(t *testing.T) {
	bomb := "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: bomb}\ndata:\n  a0: &a0 [l,l,l,l,l,l,l,l,l]\n"
	for i := 1; i < 10; i++ {
		bomb += fmt.Sprintf("  a%d: &a%d [%s]\n", i, i, strings.TrimSuffix(strings.Repeat(fmt.Sprintf("*a%d,", i-1), 9), ","))
	}
	files := map[string]string{
		"apps/overlays/dev/kustomization.yaml": "resources: [bomb.yaml]\n",
		"apps/overlays/dev/bomb.yaml":          bomb,
		"alone/bomb.yaml":                      bomb,
	}
	report, err := manifests.Validate(t.Context(), written(t, files), nil, argocd.Policy{})
	require.NoError(t, err)
	found := map[string]string{}
	for _, f := range report.Findings {
		found[f.File+" "+f.Rule] = f.Message
	}
	for _, finding := range []string{
		"apps/overlays/dev/kustomization.yaml not-rendered", "apps/overlays/dev/bomb.yaml unreadable", "alone/bomb.yaml unreadable",
	} {
		assert.Contains(t, found[finding], "Write the values out", finding)
	}
}
