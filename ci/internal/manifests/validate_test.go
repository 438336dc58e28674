package manifests_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pingvas/pingvas-ci/ci/internal/argocd"
	"github.com/pingvas/pingvas-ci/ci/internal/manifests"
)

const example = "../../../examples/gitops"

func rules(report manifests.Report) map[string]int {
	found := map[string]int{}
	for _, f := range report.Findings {
		found[f.Rule]++
	}
	return found
}

func TestTheExampleIsSound(t *testing.T) {
	if _, err := os.Stat(example); err != nil {
		t.Skip("the module stands alone, without the project's examples")
	}
	report, err := manifests.Validate(t.Context(), example, nil, argocd.Policy{})
	require.NoError(t, err)
	require.NoError(t, report.Err())
	assert.Empty(t, report.Unknown)
	assert.Greater(t, report.Objects, 30)
}

// The guide's own text, as written.
func TestTheGuidesOwnTextFails(t *testing.T) {
	report, err := manifests.Validate(t.Context(), "../argocd/testdata/guide", nil, argocd.Policy{Manual: []string{"prod"}})
	require.NoError(t, err)
	assert.Equal(t, map[string]int{
		manifests.RuleMissingFile: 6, // The bases are described, not written.
		argocd.RuleMissingPath:    6, // The overlays are one file for each environment.
		manifests.RuleNotDeployed: 1, // And that one is nobody's.
		argocd.RuleAutomated:      6, // "Production (manual approval)".
		argocd.RuleWideOpen:       1,
		argocd.RuleOutOfSync:      1,
		argocd.RuleNobody:         2, // The set subscribes to none of the triggers.
		manifests.RuleRemovedAPI:  1,
	}, rules(report))
}

const deployment = `apiVersion: apps/v1
kind: Deployment
metadata: {name: a}
spec:
  replicas: 1
  selector: {matchLabels: {app: a}}
  template:
    metadata: {labels: {app: a}}
    spec:
      containers:
        - name: a
          image: a
          resources: {limits: {cpu: 1, memory: 1Gi}}
          readinessProbe: {grpc: {port: 1}}
          ports: [{containerPort: 80}]
`

// sound is a small repository without a mistake; each case adds one.
func sound() map[string]string {
	return map[string]string{
		"apps/base/a/kustomization.yaml":       "resources: [deployment.yaml]\n",
		"apps/base/a/deployment.yaml":          deployment,
		"apps/overlays/dev/kustomization.yaml": "namespace: dev\nresources: [../../base/a]\nimages:\n- name: a\n  newTag: abc\n",
	}
}

func TestEachRuleFails(t *testing.T) {
	with := func(old, replacement string) string {
		require.Contains(t, deployment, old)
		return strings.Replace(deployment, old, replacement, 1)
	}
	const base, overlay = "apps/base/a/deployment.yaml", "apps/overlays/dev/kustomization.yaml"
	for name, test := range map[string]struct {
		file, text string
		rule, says string
	}{
		"a path that does not exist":      {overlay, "resources: [../../base/a, gone.yaml]\n", manifests.RuleMissingFile, "gone.yaml is not there"},
		"a patch that does not exist":     {overlay, "resources: [../../base/a]\npatches: [{path: gone.yaml}]\n", manifests.RuleMissingFile, "gone.yaml"},
		"a generator's file":              {overlay, "resources: [../../base/a]\nconfigMapGenerator: [{name: x, envs: [gone.env]}]\n", manifests.RuleMissingFile, "gone.env"},
		"an image that matches nothing":   {overlay, "resources: [../../base/a]\nimages: [{name: b, newTag: x}]\n", manifests.RuleUnusedImage, "without effect"},
		"an image without a name":         {overlay, "resources: [../../base/a]\nimages:\n- newTag: x\n", manifests.RuleBadImages, "line 3: this entry of images has no name"},
		"one image twice":                 {overlay, "resources: [../../base/a]\nimages:\n- {name: a, newTag: v1}\n- {name: a, newTag: v2}\n", manifests.RuleBadImages, "line 4"},
		"a kustomization that is broken":  {overlay, "resources: [../../base/a]\nnamePrefixx: b\n", manifests.RuleNotRendered, "namePrefixx"},
		"a file that nothing names":       {"apps/base/a/secret.yaml", "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: x}\n", manifests.RuleUnusedFile, "never deployed"},
		"a version that is gone":          {base, with("apps/v1", "apps/v1beta2"), manifests.RuleRemovedAPI, "Write apps/v1"},
		"a field that does not exist":     {base, with("replicas: 1", "replica: 1"), manifests.RuleSchema, "spec.replica is no field"},
		"a field deep below":              {base, with("containerPort", "containerport"), manifests.RuleSchema, "spec.template.spec.containers[0].ports[0].containerport is no field"},
		"a newer field in another place":  {base, with("replicas: 1", "timeZone: Asia/Seoul"), manifests.RuleSchema, "spec.timeZone is no field"},
		"a field of a newer field":        {base, with("grpc: {port: 1}", "grpc: {prot: 1}"), manifests.RuleSchema, "readinessProbe.grpc.prot is no field"},
		"a field of a newer kind":         {"x.yaml", "apiVersion: autoscaling/v2\nkind: HorizontalPodAutoscaler\nmetadata: {name: x}\nspec: {metrics: [{type: Resource, resource: {name: cpu, targt: {}}}]}\n", manifests.RuleSchema, "spec.metrics[0].resource.targt is no field"},
		"a text in a newer kind":          {"x.yaml", "apiVersion: autoscaling/v2\nkind: HorizontalPodAutoscaler\nmetadata: {name: x}\nspec: {maxReplicas: many}\n", manifests.RuleSchema, "spec.maxReplicas is many, which is no integer"},
		"a required field":                {base, with("  selector: {matchLabels: {app: a}}\n", ""), manifests.RuleSchema, "spec.selector is missing"},
		"a number as text":                {base, with("replicas: 1", "replicas: \"1\""), manifests.RuleSchema, "spec.replicas is 1, which is no integer"},
		"a mapping for a list":            {base, with("[{containerPort: 80}]", "{containerPort: 80}"), manifests.RuleSchema, "ports is no list"},
		"a text for a mapping":            {base, with("{limits: {cpu: 1, memory: 1Gi}}", "much"), manifests.RuleSchema, "resources is no mapping"},
		"a secret of the operator's past": {"x.yaml", "apiVersion: external-secrets.io/v1beta1\nkind: ExternalSecret\nmetadata: {name: x}\n", manifests.RuleRemovedAPI, "external-secrets.io/v1"},
		"a secret without a key":          {"x.yaml", "apiVersion: external-secrets.io/v1\nkind: ExternalSecret\nmetadata: {name: x}\nspec: {data: [{secretKey: A, remoteRef: {property: a}}]}\n", manifests.RuleSchema, "spec.data[0].remoteRef.key is missing"},
		"a policy that does not exist":    {"x.yaml", "apiVersion: external-secrets.io/v1\nkind: ExternalSecret\nmetadata: {name: x}\nspec: {target: {creationPolicy: owner}}\n", manifests.RuleSchema, "creationPolicy is owner, which is none of"},
		"a monitor without endpoints":     {"x.yaml", "apiVersion: monitoring.coreos.com/v1\nkind: ServiceMonitor\nmetadata: {name: x}\nspec: {selector: {}}\n", manifests.RuleSchema, "spec.endpoints is missing"},
		"a wide-open project":             {"x.yaml", "apiVersion: argoproj.io/v1alpha1\nkind: AppProject\nmetadata: {name: x}\nspec: {sourceRepos: ['*'], namespaceResourceWhitelist: [{group: a, kind: b}]}\n", argocd.RuleWideOpen, "sourceRepos allows everything"},
		"a field of the project":          {"x.yaml", "apiVersion: argoproj.io/v1alpha1\nkind: AppProject\nmetadata: {name: x}\nspec: {sourceRepo: [], namespaceResourceWhitelist: [{group: a, kind: b}]}\n", manifests.RuleSchema, "spec.sourceRepo is no field"},
	} {
		t.Run(name, func(t *testing.T) {
			files := sound()
			files[test.file] = test.text
			report, err := manifests.Validate(t.Context(), written(t, files), nil, argocd.Policy{})
			require.NoError(t, err)
			require.Equal(t, []string{test.rule}, keys(rules(report)), "%v", report.Err())
			require.ErrorContains(t, report.Err(), test.says)
		})
	}
}

// What Kubernetes got since the schemas that kustomize ships passes, where it
// belongs.
func TestNewerFieldsPass(t *testing.T) {
	files := sound()
	files["newer.yaml"] = `apiVersion: batch/v1
kind: CronJob
metadata: {name: x}
spec:
  schedule: "0 3 * * *"
  timeZone: Asia/Seoul
  jobTemplate:
    spec:
      backoffLimitPerIndex: 1
      podFailurePolicy: {rules: [{action: Ignore, onPodConditions: [{type: DisruptionTarget}]}]}
      template:
        spec:
          hostUsers: false
          os: {name: linux}
          topologySpreadConstraints: [{maxSkew: 1, minDomains: 2, topologyKey: zone, whenUnsatisfiable: DoNotSchedule, matchLabelKeys: [pod-template-hash]}]
          initContainers: [{name: proxy, image: p, restartPolicy: Always, resizePolicy: [{resourceName: cpu, restartPolicy: NotRequired}]}]
          containers: [{name: x, image: x, lifecycle: {preStop: {sleep: {seconds: 5}}}, securityContext: {appArmorProfile: {type: RuntimeDefault}}}]
          volumes: [{name: model, image: {reference: "registry.example/model:1", pullPolicy: IfNotPresent}}]
---
apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata: {name: x}
spec:
  scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: a}
  maxReplicas: 3
  metrics: [{type: ContainerResource, containerResource: {name: cpu, container: a, target: {type: Utilization, averageUtilization: 60}}}]
---
apiVersion: policy/v1
kind: PodDisruptionBudget
metadata: {name: x}
spec: {minAvailable: 50%, unhealthyPodEvictionPolicy: AlwaysAllow}
`
	report, err := manifests.Validate(t.Context(), written(t, files), nil, argocd.Policy{})
	require.NoError(t, err)
	require.NoError(t, report.Err())
	require.Empty(t, report.Unknown)
}

func TestASoundRepositoryPasses(t *testing.T) {
	files := sound()
	files["x.yaml"] = "apiVersion: example.com/v1\nkind: Thing\nmetadata: {name: x}\n"
	files["values.yaml"] = "any: thing\n"
	dir := written(t, files)
	report, err := manifests.Validate(t.Context(), dir, []string{"dev"}, argocd.Policy{})
	require.NoError(t, err)
	require.NoError(t, report.Err())
	require.Equal(t, []string{"example.com/v1 Thing"}, report.Unknown, "what is not checked is told")

	report, err = manifests.Validate(t.Context(), dir, []string{"prod"}, argocd.Policy{})
	require.NoError(t, err)
	require.ErrorContains(t, report.Err(), "environment prod has no kustomization")
	_, err = manifests.Validate(t.Context(), dir, []string{"../x"}, argocd.Policy{})
	require.ErrorContains(t, err, "environment name")
	_, err = manifests.Validate(t.Context(), t.TempDir(), nil, argocd.Policy{})
	require.ErrorContains(t, err, "no kustomization")
}

func keys(counted map[string]int) []string {
	var list []string
	for key := range counted {
		list = append(list, key)
	}
	return list
}

func written(t *testing.T, files map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	for name, text := range files {
		path := filepath.Join(dir, filepath.FromSlash(name))
		require.NoError(t, os.MkdirAll(filepath.Dir(path), 0o755))
		require.NoError(t, os.WriteFile(path, []byte(text), 0o600))
	}
	return dir
}
