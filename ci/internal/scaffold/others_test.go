package scaffold

import (
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pingvas/pingvas-ci/ci/internal/argocd"
	"github.com/pingvas/pingvas-ci/ci/internal/manifests"
)

// The parts of repositories that somebody else laid out.
const (
	theirBase = `apiVersion: apps/v1
kind: Deployment
metadata: {name: old}
spec:
  selector: {matchLabels: {app: old, tier: backend}}
  template:
    metadata: {labels: {app: old, tier: backend}}
    spec:
      containers:
        - {name: old, image: "registry.example:5000/team/old:1"}
`
	theirSet = `apiVersion: argoproj.io/v1alpha1
kind: ApplicationSet
metadata: {name: dev, namespace: argocd}
spec:
  goTemplate: true
  generators:
    - GENERATOR
  template:
    metadata: {name: '{{.app}}-dev'}
    spec:
      project: default
      source: {repoURL: "https://git.example/old/old.git", targetRevision: main, path: 'apps/overlays/dev/{{.app}}'}
      destination: {server: "https://kubernetes.default.svc", namespace: dev}
`
	theirChart = `apiVersion: argoproj.io/v1alpha1
kind: Application
metadata: {name: redis, namespace: argocd}
spec:
  project: default
  source: {repoURL: "https://charts.example", chart: redis, targetRevision: 1.0.0}
  destination: {server: "https://kubernetes.default.svc", namespace: redis}
`
	theirApplication = `apiVersion: argoproj.io/v1alpha1
kind: Application
metadata: {name: old-dev, namespace: argocd} # the first
spec:
  project: old
  source: {repoURL: "https://git.example/old/old.git", targetRevision: main, path: ./apps/overlays/dev/old/}
  destination: {server: "https://kubernetes.default.svc", namespace: old-dev}
`
)

// theirs is a repository with a folder for each component, and other files.
func theirs(more map[string]string) map[string]string {
	files := map[string]string{
		"apps/base/old/deployment.yaml":            theirBase,
		"apps/base/old/kustomization.yaml":         "resources: [deployment.yaml]\n",
		"apps/overlays/dev/old/kustomization.yaml": "namespace: old-space\nresources: [../../../base/old]\nimages:\n  - {name: \"registry.example:5000/team/old\", newName: registry.example/prod/old, newTag: \"2\"}\n",
	}
	maps.Copy(files, more)
	return files
}

// generating is a set whose generator is another.
func generating(generator string) string { return strings.Replace(theirSet, "GENERATOR", generator, 1) }

// A component that is added to somebody else's repository is deployed as that one's
// others are, once, and the repository stays sound.
func TestUpdateOfOthers(t *testing.T) {
	const overlay, beside = "apps/overlays/dev/user-service/kustomization.yaml", "argocd-apps/old.yaml"
	base := []string{"apps/base/user-service/deployment.yaml", "apps/base/user-service/kustomization.yaml", "apps/base/user-service/service.yaml"}
	element := strings.NewReplacer("- {app: old}\n", "- {app: old}\n          - {app: user-service}\n")
	list := generating("list:\n        elements:\n          - {app: old}")
	application := strings.NewReplacer("name: old-dev", "name: user-service-dev", "dev/old/", "dev/user-service/", "namespace: old-dev", "namespace: user-service-dev").Replace(theirApplication)
	for name, test := range map[string]struct {
		more map[string]string
		want map[string]string // what is written beside the base and the overlay
		note string
	}{
		"elements by another key":      {more: map[string]string{"deploy/set.yaml": list}, want: map[string]string{"deploy/set.yaml": element.Replace(list)}},
		"a single application":         {more: map[string]string{beside: theirApplication}, want: map[string]string{"argocd-apps/user-service.yaml": application}},
		"one in a file of others":      {more: map[string]string{"argocd-apps/all.yaml": theirChart + "---\n" + theirApplication}, want: map[string]string{"argocd-apps/all.yaml": theirChart + "---\n" + theirApplication + "---\n" + application}},
		"one that a kustomization has": {more: map[string]string{beside: theirApplication, "argocd-apps/kustomization.yaml": "resources:\n- old.yaml\n"}, want: map[string]string{"argocd-apps/user-service.yaml": application, "argocd-apps/kustomization.yaml": "resources:\n- old.yaml\n- user-service.yaml\n"}},
		"a set that looks for folders": {more: map[string]string{"deploy/set.yaml": strings.ReplaceAll(generating(`git: {repoURL: "https://git.example/old/old.git", directories: [{path: apps/overlays/dev/*}]}`), ".app}}", ".path.basename}}")}},
		"a set of clusters":            {more: map[string]string{"deploy/set.yaml": generating(`clusters: {}`)}},
		"a list within a matrix": {
			more: map[string]string{"deploy/set.yaml": generating("matrix:\n        generators:\n          - clusters: {}\n          - list: {elements: [{app: old}]}")},
			want: map[string]string{"deploy/set.yaml": generating("matrix:\n        generators:\n          - clusters: {}\n          - list: {elements: [{app: old}, {app: user-service}]}")},
		},
		"a set that is told where to look": {
			more: map[string]string{"deploy/set.yaml": strings.ReplaceAll(generating(`git: {repoURL: "https://git.example/old/old.git", directories: [{path: apps/overlays/dev/old}]}`), ".app}}", ".path.basename}}")},
			note: "apps/overlays/dev/user-service is deployed by nothing yet: dev in deploy/set.yaml deploys others of dev",
		},
	} {
		t.Run(name, func(t *testing.T) {
			dir, files := t.TempDir(), theirs(test.more)
			write(t, dir, files)
			change, err := Update(dir, guide[:1], "")
			require.NoError(t, err)
			wanted := slices.Concat(base, []string{overlay}, keys(test.want))
			require.ElementsMatch(t, wanted, keys(change.Files))
			for file, text := range test.want {
				assert.Equal(t, text, change.Files[file])
			}
			if test.note == "" {
				require.Empty(t, change.Notes)
			} else {
				require.Len(t, change.Notes, 1)
				require.Contains(t, change.Notes[0], test.note)
			}
			write(t, dir, change.Files)
			report, err := manifests.Validate(t.Context(), dir, nil, argocd.Policy{})
			require.NoError(t, err)
			if test.note == "" {
				require.NoError(t, report.Err())
			}
			again, err := Update(dir, guide[:1], "")
			require.NoError(t, err)
			require.Empty(t, again.Files, "the second time there is nothing to do")
		})
	}
}

// The way in which others write a component is kept.
func TestUpdateHasTheirStyle(t *testing.T) {
	dir := t.TempDir()
	write(t, dir, theirs(map[string]string{"argocd-apps/old.yaml": theirApplication}))
	change, err := Update(dir, guide[:1], "")
	require.NoError(t, err)
	for file, texts := range map[string][]string{
		"apps/base/user-service/kustomization.yaml":         {"      app: user-service\n      tier: backend\n"},
		"apps/base/user-service/deployment.yaml":            {"image: registry.example:5000/team/user-service\n"},
		"apps/overlays/dev/user-service/kustomization.yaml": {"namespace: user-service-space\n", "- name: registry.example:5000/team/user-service\n    newName: registry.example/prod/user-service\n"},
	} {
		for _, text := range texts {
			require.Contains(t, change.Files[file], text, file)
		}
	}
	require.NotContains(t, change.Files["apps/base/user-service/deployment.yaml"], "pingvas-secrets", "there are none")
}

// One overlay for all is deployed by whatever deploys it, and its environments are
// all that there are.
func TestUpdateOfASharedOverlay(t *testing.T) {
	dir := t.TempDir()
	files := theirs(nil)
	delete(files, "apps/overlays/dev/old/kustomization.yaml")
	for _, environment := range []string{"dev", "staging"} {
		files["apps/overlays/"+environment+"/kustomization.yaml"] = "resources:\n  - ../../base/old\n"
		files["argocd/"+environment+".yaml"] = strings.NewReplacer("/dev/old/", "/"+environment, "old-dev", "old-"+environment, "project: old", "project: default").Replace(theirApplication)
	}
	write(t, dir, files)
	change, err := Update(dir, guide[:1], "")
	require.NoError(t, err)
	require.Len(t, change.Files, 5)
	for _, environment := range []string{"dev", "staging"} {
		require.Equal(t, "resources:\n  - ../../base/old\n  - ../../base/user-service\nimages:\n  - name: \"registry.example:5000/team/user-service\"\n", change.Files["apps/overlays/"+environment+"/kustomization.yaml"])
	}
	write(t, dir, change.Files)
	report, err := manifests.Validate(t.Context(), dir, nil, argocd.Policy{})
	require.NoError(t, err)
	require.NoError(t, report.Err())
}

// What no image can be written into is not added to either.
func TestUpdateRefusesAMixture(t *testing.T) {
	dir := t.TempDir()
	write(t, dir, theirs(map[string]string{"apps/overlays/dev/kustomization.yaml": "resources: [../../base/old]\n"}))
	_, err := Update(dir, guide[:1], "")
	require.ErrorContains(t, err, "Keep one layout")
}
