package argocd_test

import (
	"io/fs"
	"os"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.yaml.in/yaml/v3"

	"github.com/pingvas/pingvas-ci/ci/internal/argocd"
)

var services = []string{"user-service", "generation-service", "payment-service", "gallery-service", "ai-worker", "frontend"}

// asValues reads YAML without any type of ours.
func asValues(t *testing.T, raw []byte) map[string]any {
	t.Helper()
	var values map[string]any
	require.NoError(t, yaml.Unmarshal(raw, &values))
	return values
}

func written(t *testing.T, object any, err error) []byte {
	t.Helper()
	require.NoError(t, err)
	raw, err := argocd.YAML(object)
	require.NoError(t, err)
	return raw
}

func guide(t *testing.T, file string) map[string]any {
	t.Helper()
	raw, err := os.ReadFile("testdata/guide/argocd-apps/" + file)
	require.NoError(t, err)
	return asValues(t, raw)
}

func TestProdAppsAreTheGuides(t *testing.T) {
	set, err := argocd.Apps("prod", services)
	assert.Equal(t, guide(t, "prod-apps.yaml"), asValues(t, written(t, set, err)))
}

func TestProjectIsTheGuidesButForTheKinds(t *testing.T) {
	project, err := argocd.Project("prod")
	got, want := asValues(t, written(t, project, err)), guide(t, "project-prod.yaml")
	spec := func(values map[string]any) map[string]any { return values["spec"].(map[string]any) }
	assert.NotEqual(t, spec(want)["namespaceResourceWhitelist"], spec(got)["namespaceResourceWhitelist"])
	delete(spec(got), "namespaceResourceWhitelist")
	delete(spec(want), "namespaceResourceWhitelist")
	assert.Equal(t, want, got)
}

func TestRefusedNames(t *testing.T) {
	_, err := argocd.Apps("prod", []string{"../x"})
	require.ErrorContains(t, err, "applications of prod")
	_, err = argocd.Apps("Prod!", services)
	require.Error(t, err)
	_, err = argocd.Apps("prod", nil)
	require.ErrorContains(t, err, "there are no services")
	_, err = argocd.Project("a b")
	require.Error(t, err)
}

// found lists how often each rule is broken.
func found(t *testing.T, tree fs.FS, policy argocd.Policy) map[string]int {
	t.Helper()
	findings, err := argocd.Validate(tree, policy)
	require.NoError(t, err)
	rules := map[string]int{}
	for _, f := range findings {
		rules[f.Rule]++
	}
	return rules
}

func TestTheGuidesOwnTextFails(t *testing.T) {
	tree := os.DirFS("testdata/guide")
	assert.Equal(t, map[string]int{
		argocd.RuleMissingPath: 6, // The overlays are one file for each environment.
		argocd.RuleAutomated:   6, // "Production (manual approval)".
		argocd.RuleWideOpen:    1,
		argocd.RuleNobody:      2, // The guide's set subscribes to none of its triggers.
		argocd.RuleNotDeployed: 1,
		argocd.RuleOutOfSync:   1,
	}, found(t, tree, argocd.Policy{Manual: []string{"prod"}}))
	assert.NotContains(t, found(t, tree, argocd.Policy{}), argocd.RuleAutomated, "approved by pull request")

	findings, err := argocd.Validate(tree, argocd.Policy{})
	require.NoError(t, err)
	require.ErrorContains(t, argocd.Err(findings), "argocd-apps/prod-apps.yaml: application user-service-prod: "+
		"apps/overlays/prod/user-service has no kustomization.yaml in this repository. Add it, or correct the path (missing-path)")
	require.ErrorContains(t, argocd.Err(findings), "project pingvas-prod: namespaceResourceWhitelist allows everything")
}

// repository is a sound GitOps repository of both environments.
func repository(t *testing.T) fstest.MapFS {
	t.Helper()
	tree := fstest.MapFS{"apps/overlays/dev/kustomization.yaml": {}, "README.md": {Data: []byte("{{")}}
	put := func(name string, object any, err error) { tree[name] = &fstest.MapFile{Data: written(t, object, err)} }
	prod, err := argocd.Apps("prod", services)
	prod.Spec.Template.Spec.SyncPolicy.Automated = nil // A person presses the button.
	put("argocd-apps/prod-apps.yaml", prod, err)
	dev, err := argocd.SharedApps("dev")
	put("argocd-apps/dev-apps.yaml", dev, err)
	for _, environment := range []string{"dev", "prod"} {
		project, err := argocd.Project(environment)
		put("argocd-apps/project-"+environment+".yaml", project, err)
	}
	for _, s := range services {
		tree["apps/overlays/prod/"+s+"/kustomization.yaml"] = &fstest.MapFile{Data: []byte("kind: Kustomization\n")}
	}
	return tree
}

func TestSoundRepositoryPasses(t *testing.T) {
	findings, err := argocd.Validate(repository(t), argocd.Policy{Manual: []string{"prod"}})
	require.NoError(t, err)
	require.NoError(t, argocd.Err(findings))
}

func TestEachRuleFails(t *testing.T) {
	const set = `apiVersion: argoproj.io/v1alpha1
kind: ApplicationSet
metadata: {name: more}
spec:
  generators:
    - list:
        elements:
          - {name: pingvas, namespace: pingvas-dev}
  template:
    metadata: {name: '{{name}}-more'}
    spec:
      project: pingvas-dev
      source: {repoURL: https://github.com/pingvas/pingvas-gitops.git, targetRevision: main, path: apps/overlays/dev}
      destination: {server: https://kubernetes.default.svc, namespace: '{{ .namespace }}'}
`
	const project = `apiVersion: argoproj.io/v1alpha1
kind: AppProject
metadata: {name: open}
spec:
  sourceRepos: ['*']
  destinations: [{namespace: '*', server: https://kubernetes.default.svc}]
  clusterResourceWhitelist: [{group: '*', kind: '*'}]
`
	replaced := func(old, with string) string {
		require.Contains(t, set, old)
		return strings.Replace(set, old, with, 1)
	}
	for name, test := range map[string]struct {
		text string
		want map[string]int
	}{
		"one path twice":      {set, map[string]int{argocd.RuleSharedPath: 1}},
		"one name twice":      {replaced("'{{name}}-more'", "pingvas-dev"), map[string]int{argocd.RuleSharedPath: 1, argocd.RuleSameName: 1}},
		"unknown parameter":   {replaced("{{name}}", "{{nam}}"), map[string]int{argocd.RuleParameter: 1}},
		"unknown generator":   {replaced("list:\n        elements:\n          - {name: pingvas, namespace: pingvas-dev}", "git: {}"), map[string]int{argocd.RuleGenerator: 1}},
		"path outside":        {replaced("apps/overlays/dev", "../x"), map[string]int{argocd.RuleMissingPath: 1}},
		"no such project":     {replaced("project: pingvas-dev", "project: gone"), map[string]int{argocd.RuleSharedPath: 1, argocd.RuleNoProject: 1}},
		"foreign repository":  {replaced("pingvas/pingvas-gitops", "evil/gitops"), map[string]int{argocd.RuleOutside: 1}},
		"foreign namespace":   {replaced("namespace: pingvas-dev", "namespace: kube-system"), map[string]int{argocd.RuleOutside: 1}},
		"wide open project":   {project, map[string]int{argocd.RuleWideOpen: 4}},
		"unreadable":          {"a: [", map[string]int{argocd.RuleUnreadable: 1}},
		"two documents":       {"kind: List\n---\n" + project, map[string]int{argocd.RuleWideOpen: 4}},
		"automated by itself": {replaced("      project", "      syncPolicy: {automated: {}}\n      project"), map[string]int{argocd.RuleSharedPath: 1}},
	} {
		t.Run(name, func(t *testing.T) {
			tree := repository(t)
			tree["argocd-apps/zz.yaml"] = &fstest.MapFile{Data: []byte(test.text)}
			assert.Equal(t, test.want, found(t, tree, argocd.Policy{Manual: []string{"prod"}}))
		})
	}
}

// TestExampleRepository checks the repository that the project ships.
func TestExampleRepository(t *testing.T) {
	const example = "../../../examples/gitops"
	if _, err := os.Stat(example); err != nil {
		t.Skip("the module stands alone, without the project's examples")
	}
	findings, err := argocd.Validate(os.DirFS(example), argocd.Policy{})
	require.NoError(t, err)
	require.NoError(t, argocd.Err(findings))
}
