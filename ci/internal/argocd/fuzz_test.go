package argocd_test

import (
	"os"
	"path/filepath"
	"testing"
	"testing/fstest"

	"github.com/stretchr/testify/require"

	"github.com/pingvas/pingvas-ci/ci/internal/argocd"
	"github.com/pingvas/pingvas-ci/ci/internal/plain"
)

// FuzzValidate checks that what a GitOps repository says, in a file that a folder of
// applications has, is validated the same twice, in findings that a person can read,
// of which there are not many more than values in the file.
func FuzzValidate(f *testing.F) {
	files, err := filepath.Glob("testdata/guide/*/*.yaml")
	require.NoError(f, err)
	require.NotEmpty(f, files)
	for _, file := range files {
		text, err := os.ReadFile(file)
		require.NoError(f, err)
		f.Add(text)
	}
	f.Add([]byte("apiVersion: argoproj.io/v1alpha1\nkind: ApplicationSet\nmetadata: {name: a}\nspec:\n  generators:\n  - list: {elements: [&a {name: a}, *a, {nam: b}]}\n  - git: {}\n  template:\n    metadata: {name: '{{name}}-{{ .nam }}'}\n    spec: {project: p, source: {path: '{{name}}/../..'}, destination: {namespace: x-dev}, syncPolicy: {automated: {}}}\n---\napiVersion: argoproj.io/v1alpha1\nkind: AppProject\nmetadata: {name: p}\nspec: {sourceRepos: ['*', 'a[*'], destinations: [{namespace: '*'}]}\n"))
	f.Add([]byte("apiVersion: argoproj.io/v1alpha1\nkind: Application\nmetadata: {name: \"\\e[2J\\u202e\"}\nspec: {project: \"a\\rb\"}\n"))
	f.Add([]byte("a0: &a0 [l,l,l,l,l,l,l,l,l]\na1: &a1 [*a0,*a0,*a0,*a0,*a0,*a0,*a0,*a0,*a0]\na2: &a2 [*a1,*a1,*a1,*a1,*a1,*a1,*a1,*a1,*a1]\n"))
	f.Fuzz(func(t *testing.T, text []byte) {
		if len(text) > 16<<10 {
			return
		}
		tree := fstest.MapFS{"apps/a.yaml": {Data: text}, "overlays/dev/kustomization.yaml": {}}
		policy := argocd.Policy{Manual: []string{"dev"}}
		findings, err := argocd.Validate(tree, policy)
		require.NoError(t, err)
		again, err := argocd.Validate(tree, policy)
		require.NoError(t, err)
		require.Equal(t, findings, again)
		for _, finding := range findings {
			require.Equal(t, "apps/a.yaml", finding.File)
			require.Equal(t, plain.Text(finding.Error()), finding.Error())
			require.LessOrEqual(t, len(finding.Error()), 1000+8*len(text))
		}
		for _, environment := range []string{"dev", "prod"} {
			origins, err := argocd.Origins(tree, environment)
			if err != nil {
				continue
			}
			for _, origin := range origins {
				require.Equal(t, "apps/a.yaml", origin.File)
			}
		}
	})
}
