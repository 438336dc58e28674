package manifests_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/pingvas/pingvas-ci/ci/internal/argocd"
	"github.com/pingvas/pingvas-ci/ci/internal/manifests"
	"github.com/pingvas/pingvas-ci/ci/internal/plain"
)

// FuzzValidate has an object be anything, where a kustomization renders it and where
// nothing does: it is judged, the same twice, in findings that a person can read.
func FuzzValidate(f *testing.F) {
	f.Add([]byte(deployment))
	for _, text := range []string{
		"apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\ndata: &d {a: b, c: *d}\n", "apiVersion: v1\nkind: Secret\nmetadata: {name: \"\\e[2J\"}\nstringData: {a: 1}\n---\na: [\n",
		"apiVersion: policy/v1beta1\nkind: PodDisruptionBudget\nmetadata: {name: a}\n", "apiVersion: v1\nkind: Service\nmetadata: {name: a}\nspec: {ports: [{port: x}, &p {port: 1}, *p], type: Z, nosuch: 1}\n",
		"a0: &a0 [l,l,l,l,l,l,l,l,l]\na1: &a1 [*a0,*a0,*a0,*a0,*a0,*a0,*a0,*a0,*a0]\na2: &a2 [*a1,*a1,*a1,*a1,*a1,*a1,*a1,*a1,*a1]\napiVersion: v1\nkind: List\n",
	} {
		f.Add([]byte(text))
	}
	dir := f.TempDir()
	for name, text := range map[string]string{"apps/overlays/dev/kustomization.yaml": "resources: [object.yaml]\n", "alone/x": ""} {
		require.NoError(f, os.MkdirAll(filepath.Dir(filepath.Join(dir, name)), 0o700))
		require.NoError(f, os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		if len(text) > 16<<10 {
			return
		}
		for _, file := range []string{"apps/overlays/dev/object.yaml", "alone/object.yaml"} {
			require.NoError(t, os.WriteFile(filepath.Join(dir, file), text, 0o600))
		}
		report, err := manifests.Validate(t.Context(), dir, nil, argocd.Policy{})
		require.NoError(t, err)
		again, err := manifests.Validate(t.Context(), dir, nil, argocd.Policy{})
		require.NoError(t, err)
		require.Equal(t, report, again)
		for _, finding := range report.Findings {
			require.Equal(t, plain.Text(finding.Error()), finding.Error())
			require.LessOrEqual(t, len(finding.Error()), 4000+16*len(text))
			require.NotContains(t, finding.Message, "panic")
		}
	})
}
