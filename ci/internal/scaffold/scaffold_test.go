package scaffold

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pingvas/pingvas-ci/ci/internal/argocd"
	"github.com/pingvas/pingvas-ci/ci/internal/component"
	"github.com/pingvas/pingvas-ci/ci/internal/kustomize"
	"github.com/pingvas/pingvas-ci/ci/internal/manifests"
)

var guide = []component.Component{
	{Name: "user-service", Kind: component.Python},
	{Name: "generation-service", Kind: component.Python},
	{Name: "payment-service", Kind: component.Python},
	{Name: "gallery-service", Kind: component.Python},
	{Name: "ai-worker", Kind: component.CUDA},
	{Name: "frontend", Kind: component.Frontend},
}

// write puts files into a directory.
func write(t *testing.T, dir string, files map[string]string) {
	t.Helper()
	for name, text := range files {
		path := filepath.Join(dir, name)
		require.NoError(t, os.MkdirAll(filepath.Dir(path), 0o755))
		require.NoError(t, os.WriteFile(path, []byte(text), 0o600))
	}
}

func sound(t *testing.T, dir string) {
	t.Helper()
	report, err := manifests.Validate(dir, nil, argocd.Policy{})
	require.NoError(t, err)
	require.NoError(t, report.Err())
	require.Empty(t, report.Unknown)
}

// What the scaffold writes must be what the rest of the pipeline reads: it is
// sound, every overlay renders, and takes a first image.
func TestFilesAreSoundAndTakeImages(t *testing.T) {
	for name, components := range map[string][]component.Component{"the guide's": guide, "one service": guide[:1], "one worker": guide[4:5]} {
		t.Run(name, func(t *testing.T) {
			files, err := Files(components)
			require.NoError(t, err)
			dir := t.TempDir()
			write(t, dir, files)
			sound(t, dir)
			change, err := kustomize.Bump(dir, "dev", []kustomize.Image{{
				Name: components[0].Name, NewName: "registry.example/x", NewTag: "0123456",
				Digest: "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
			}})
			require.NoError(t, err)
			require.Equal(t, []string{"apps/overlays/dev/kustomization.yaml"}, change.Files)
			sound(t, dir)
		})
	}
}

func TestFilesHaveTheGuidesTreeAndNumbers(t *testing.T) {
	files, err := Files(guide)
	require.NoError(t, err)
	for _, file := range []string{
		"apps/base/user-service/deployment.yaml", "apps/base/user-service/service.yaml", "apps/base/user-service/kustomization.yaml",
		"apps/base/ai-worker/deployment.yaml", "apps/base/frontend/deployment.yaml",
		"apps/overlays/dev/kustomization.yaml", "apps/overlays/prod/kustomization.yaml",
		"infrastructure/argocd/kustomization.yaml", "infrastructure/ingress/kustomization.yaml", "infrastructure/monitoring/kustomization.yaml",
		"argocd-apps/dev-apps.yaml", "argocd-apps/prod-apps.yaml", "argocd-apps/project-dev.yaml", "argocd-apps/project-prod.yaml",
	} {
		assert.Contains(t, files, file)
	}
	assert.NotContains(t, files, "apps/base/ai-worker/service.yaml")
	for file, numbers := range map[string][]string{
		"apps/overlays/dev/kustomization.yaml":               {"namespace: pingvas-dev", "value: 1\n    target:\n      kind: Deployment\n"},
		"apps/overlays/prod/kustomization.yaml":              {"namespace: pingvas-prod", "value: 3\n    target:\n      kind: Deployment\n      name: user-service\n"},
		"apps/base/ai-worker/deployment.yaml":                {"kubernetes.io/arch: amd64", `nvidia.com/gpu: "1"`},
		"apps/base/user-service/deployment.yaml":             {"kubernetes.io/arch: arm64", "readOnlyRootFilesystem: true", "readinessProbe"},
		"argocd-apps/prod-apps.yaml":                         {"limit: 5", "duration: 5s", "factor: 2", "maxDuration: 3m", "CreateNamespace=true", "PruneLast=true", "ApplyOutOfSyncOnly=true", "selfHeal: true"},
		"argocd-apps/project-prod.yaml":                      {"Pingvas Studio Production Environment", "pingvas-developers", "namespace: monitoring"},
		"apps/overlays/prod/external-secret.yaml":            {"external-secrets.io/v1\n", "refreshInterval: 1h", "aws-secretsmanager", "creationPolicy: Owner", "pingvas/prod/lemon-squeezy"},
		"infrastructure/argocd/argocd-notifications-cm.yaml": {"oncePer: app.status.operationState.syncResult.revision", "phase in ['Error', 'Failed']"},
	} {
		for _, text := range numbers {
			assert.Contains(t, files[file], text, file)
		}
	}
}

func TestUpdateKeepsWhatPeopleEdited(t *testing.T) {
	files, err := Files(guide[:2])
	require.NoError(t, err)
	dir := t.TempDir()
	write(t, dir, files)

	again, err := Update(os.DirFS(dir), guide[:2])
	require.NoError(t, err)
	require.Empty(t, again, "the second time there is nothing to do")

	const overlay = "apps/overlays/prod/kustomization.yaml"
	edited := strings.Replace(files[overlay], "  - external-secret.yaml\n", "  - external-secret.yaml   # 비밀\n", 1) + "# mine\n"
	write(t, dir, map[string]string{overlay: edited, "apps/base/user-service/deployment.yaml": files["apps/base/user-service/deployment.yaml"] + "# mine\n"})
	require.NoError(t, os.RemoveAll(filepath.Join(dir, "infrastructure/monitoring")))

	changed, err := Update(os.DirFS(dir), append(guide[:2:2], guide[4]))
	require.NoError(t, err)
	assert.ElementsMatch(t, []string{
		"apps/base/ai-worker/deployment.yaml", "apps/base/ai-worker/kustomization.yaml",
		"apps/overlays/dev/kustomization.yaml", overlay,
		"infrastructure/monitoring/kustomization.yaml", "infrastructure/monitoring/rules.yaml",
	}, keys(changed))
	assert.Equal(t, strings.Replace(edited, "# 비밀\n", "# 비밀\n  - ../../base/ai-worker\n", 1), changed[overlay], "one line more, and every other byte the same")
	write(t, dir, changed)
	sound(t, dir)
}

func TestUpdateOfAnOverlayForEachService(t *testing.T) {
	dir := t.TempDir()
	files, err := Files(guide[:1])
	require.NoError(t, err)
	for _, environment := range Environments {
		delete(files, "apps/overlays/"+environment+"/kustomization.yaml")
		delete(files, "apps/overlays/"+environment+"/external-secret.yaml")
		delete(files, "argocd-apps/"+environment+"-apps.yaml")
		files["apps/overlays/"+environment+"/user-service/kustomization.yaml"] = "resources: [../../../base/user-service]\n"
	}
	write(t, dir, files)
	changed, err := Update(os.DirFS(dir), guide[:2])
	require.NoError(t, err)
	assert.Contains(t, changed, "apps/overlays/prod/generation-service/kustomization.yaml")
	assert.NotContains(t, changed, "apps/overlays/prod/kustomization.yaml", "two layouts at once are refused everywhere")
}

func keys(files map[string]string) []string {
	var list []string
	for file := range files {
		list = append(list, file)
	}
	return list
}
