package argocd_test

import (
	"os"
	"path/filepath"
	"testing"
	"testing/fstest"

	"github.com/stretchr/testify/require"

	"github.com/pingvas/pingvas-ci/ci/internal/argocd"
	"github.com/pingvas/pingvas-ci/ci/internal/gitopstree"
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
	for _, generators := range []string{
		"goTemplate: true, generators: [matrix: {generators: [git: {repoURL: r, directories: [{path: '*'}]}, list: {elements: [{a: {b: 1}}, {c: '{{ .path.path | replace \"a\" \"b\" }}'}], elementsYaml: '[{a: 1}]'}]}]",
		"generators: [merge: {mergeKeys: [a], generators: [list: {elements: [{a: 1}, {a: {b: 2}}]}, clusters: {values: {x: '{{name}}'}}, plugin: {}]}, git: {repoURL: r, files: [{path: '**/*.yaml'}, {path: 'a[', exclude: true}], pathParamPrefix: x}]",
		"goTemplate: true, goTemplateOptions: [missingkey=error], templatePatch: '{a: {{ .x }}}', generators: [list: {elements: [{x: [1, {y: 2}]}]}, scmProvider: {}, pullRequest: {}, clusterDecisionResource: {}]",
	} {
		f.Add([]byte("apiVersion: argoproj.io/v1alpha1\nkind: ApplicationSet\nmetadata: {name: s}\nspec: {" + generators + ", template: {metadata: {name: '{{ range .x }}{{ . }}{{ end }}{{ printf \"%9d\" .a.b }}{{x.path}}'}, spec: {source: {repoURL: r, path: 'overlays/{{ default \"dev\" .c }}'}}}}\n"))
	}
	f.Add([]byte("kind: ConfigMap\nmetadata: {name: argocd-notifications-cm}\ndata: {trigger.a: '[{when: \"app.status.sync.status in [1, x] or not (a?.b == nil)\", send: [b]}]', subscriptions: '[{triggers: [a]}]', defaultTriggers.slack: '[a]'}\n"))
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
		read, err := gitopstree.Read(tree)
		require.NoError(t, err)
		for _, deployed := range argocd.Deploys(read) {
			require.Equal(t, "apps/a.yaml", deployed.File)
			deployed.Covers("overlays/dev")
		}
	})
}
