package manifests_test

import (
	"fmt"
	"os"
	"path/filepath"
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

// A link that leads out of the repository is a finding, and not followed; one
// within it is followed.
func TestValidateLinks(t *testing.T) {
	outside := filepath.Join(t.TempDir(), "secret.yaml")
	require.NoError(t, os.WriteFile(outside, []byte("apiVersion: v1\nkind: Secret\nmetadata: {name: a, secret: value}\n"), 0o600))
	dir := written(t, map[string]string{
		"apps/overlays/dev/kustomization.yaml": "resources: [map.yaml]\n",
		"apps/overlays/dev/map.yaml":           "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n",
	})
	require.NoError(t, os.Symlink(outside, filepath.Join(dir, "outer.yaml")))
	require.NoError(t, os.Symlink("apps/overlays/dev/map.yaml", filepath.Join(dir, "inner.yaml")))
	report, err := manifests.Validate(t.Context(), dir, nil, argocd.Policy{})
	require.NoError(t, err)
	require.Len(t, report.Findings, 1)
	assert.Equal(t, "outer.yaml", report.Findings[0].File)
	assert.Contains(t, report.Findings[0].Message, "leads out of the files that it belongs to")
	assert.NotContains(t, report.Findings[0].Message, "value")
}
