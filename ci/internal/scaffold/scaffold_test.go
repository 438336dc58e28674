package scaffold

import (
	"io/fs"
	"maps"
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

// pythonService is how a cluster runs a service of the guide's.
var pythonService = component.Deployment{Port: 8000, HealthPath: "/healthz", User: 65532, Secret: true, Route: component.API}

var guide = []component.Component{
	{Name: "user-service", Deployment: pythonService},
	{Name: "generation-service", Deployment: pythonService},
	{Name: "payment-service", Deployment: pythonService},
	{Name: "gallery-service", Deployment: pythonService},
	{Name: "ai-worker", Settings: component.Settings{Platforms: []string{component.AMD64}}, Deployment: component.Deployment{User: 65532, GPU: true, Secret: true}},
	{Name: "frontend", Deployment: component.Deployment{Port: 8080, HealthPath: "/healthz", User: 101, Route: component.Page}},
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
	report, err := manifests.Validate(t.Context(), dir, nil, argocd.Policy{})
	require.NoError(t, err)
	require.NoError(t, report.Err())
	require.Empty(t, report.Unknown)
}

// What the scaffold writes must be what the rest of the pipeline reads: it is
// sound, every overlay renders, and takes a first image.
func TestFilesAreSoundAndTakeImages(t *testing.T) {
	for name, components := range map[string][]component.Component{"the guide's": guide, "one service": guide[:1], "one worker": guide[4:5]} {
		t.Run(name, func(t *testing.T) {
			files, err := Files(components, Shared)
			require.NoError(t, err)
			dir := t.TempDir()
			write(t, dir, files)
			sound(t, dir)
			change, err := kustomize.Bump(t.Context(), dir, "dev", []kustomize.Image{{
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
	files, err := Files(guide, Shared)
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
	files, err := Files(guide[:2], Shared)
	require.NoError(t, err)
	dir := t.TempDir()
	write(t, dir, files)

	again, err := Update(dir, guide[:2], "")
	require.NoError(t, err)
	require.Empty(t, again.Files, "the second time there is nothing to do")

	const overlay = "apps/overlays/prod/kustomization.yaml"
	edited := strings.Replace(files[overlay], "  - external-secret.yaml\n", "  - external-secret.yaml   # 비밀\n", 1) + "# mine\n"
	write(t, dir, map[string]string{overlay: edited, "apps/base/user-service/deployment.yaml": files["apps/base/user-service/deployment.yaml"] + "# mine\n"})
	require.NoError(t, os.RemoveAll(filepath.Join(dir, "infrastructure/monitoring")))

	changed, err := Update(dir, append(guide[:2:2], guide[4]), "")
	require.NoError(t, err)
	assert.ElementsMatch(t, []string{
		"apps/base/ai-worker/deployment.yaml", "apps/base/ai-worker/kustomization.yaml",
		"apps/overlays/dev/kustomization.yaml", overlay,
		"infrastructure/monitoring/kustomization.yaml", "infrastructure/monitoring/rules.yaml",
	}, keys(changed.Files))
	want := strings.NewReplacer("# 비밀\n", "# 비밀\n  - ../../base/ai-worker\n", "# mine\n", "  - name: \"ai-worker\"\n# mine\n").Replace(edited)
	assert.Equal(t, want, changed.Files[overlay], "two lines more, and every other byte the same")
	write(t, dir, changed.Files)
	sound(t, dir)
}

// TestGolden keeps what people read of both layouts: the overlays, and what
// Argo CD is told. UPDATE_GOLDEN=1 writes them anew.
func TestGolden(t *testing.T) {
	for _, layout := range []Layout{Shared, Folders} {
		t.Run(string(layout), func(t *testing.T) {
			files, err := Files(guide, layout)
			require.NoError(t, err)
			dir := t.TempDir()
			write(t, dir, files)
			sound(t, dir)
			maps.DeleteFunc(files, func(file, _ string) bool {
				return strings.HasPrefix(file, "apps/base/") || strings.HasPrefix(file, "infrastructure/")
			})
			golden := filepath.Join("testdata", "golden", string(layout))
			if os.Getenv("UPDATE_GOLDEN") != "" {
				require.NoError(t, os.RemoveAll(golden))
				write(t, golden, files)
			}
			kept := map[string]string{}
			require.NoError(t, filepath.WalkDir(golden, func(path string, entry fs.DirEntry, err error) error {
				if err != nil || entry.IsDir() {
					return err
				}
				text, err := os.ReadFile(path)
				name, _ := filepath.Rel(golden, path)
				kept[filepath.ToSlash(name)] = string(text)
				return err
			}))
			require.Equal(t, kept, files)
		})
	}
}

func TestFoldersTakeImages(t *testing.T) {
	files, err := Files(guide, Folders)
	require.NoError(t, err)
	dir := t.TempDir()
	write(t, dir, files)
	change, err := kustomize.Bump(t.Context(), dir, "prod", []kustomize.Image{{
		Name: "frontend", NewName: "registry.example/x", NewTag: "0123456",
		Digest: "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
	}})
	require.NoError(t, err)
	require.Equal(t, []string{"apps/overlays/prod/frontend/kustomization.yaml"}, change.Files)
	sound(t, dir)
	again, err := Update(dir, guide, "")
	require.NoError(t, err)
	require.Empty(t, again.Files)
	_, err = Update(dir, guide, Shared)
	require.ErrorContains(t, err, "apps/overlays/dev has the layout folders, and shared is asked for")
}

// A new component gets a folder and an element in the set, however people have
// edited it: every other byte stays.
func TestUpdateOfFolders(t *testing.T) {
	const overlay, set = "apps/overlays/prod/generation-service/kustomization.yaml", "argocd-apps/prod-apps.yaml"
	tree := func(t *testing.T) (string, map[string]string) {
		files, err := Files(guide[:1], Folders)
		require.NoError(t, err)
		files[set] = strings.Replace(files[set], "namespace: pingvas-prod\n          - ", "namespace: pingvas-prod # 운영\n          - ", 1) + "# mine\n"
		files["apps/overlays/prod/user-service/kustomization.yaml"] += "# mine\n"
		dir := t.TempDir()
		write(t, dir, files)
		return dir, files
	}
	t.Run("the set that is there", func(t *testing.T) {
		dir, files := tree(t)
		changed, err := Update(dir, guide[:2], "")
		require.NoError(t, err)
		assert.ElementsMatch(t, []string{
			"apps/base/generation-service/deployment.yaml", "apps/base/generation-service/kustomization.yaml", "apps/base/generation-service/service.yaml",
			"apps/overlays/dev/generation-service/kustomization.yaml", overlay, "argocd-apps/dev-apps.yaml", set,
		}, keys(changed.Files))
		element := "          - name: generation-service\n            namespace: pingvas-prod\n"
		require.Contains(t, changed.Files[set], element)
		assert.Equal(t, files[set], strings.Replace(changed.Files[set], element, "", 1), "two lines more, and every other byte the same")
		write(t, dir, changed.Files)
		sound(t, dir)
	})
	t.Run("no set yet", func(t *testing.T) {
		dir, _ := tree(t)
		require.NoError(t, os.Remove(filepath.Join(dir, set)))
		changed, err := Update(dir, guide[:2], "")
		require.NoError(t, err)
		for _, name := range []string{"user-service", "generation-service", "pingvas-secrets"} {
			assert.Contains(t, changed.Files[set], "- name: "+name+"\n")
		}
		write(t, dir, changed.Files)
		sound(t, dir)
	})
	t.Run("a set that finds the folders itself", func(t *testing.T) {
		dir, _ := tree(t)
		require.NoError(t, os.Remove(filepath.Join(dir, set)))
		write(t, dir, map[string]string{"argocd-apps/all.yaml": strings.Join([]string{
			"apiVersion: argoproj.io/v1alpha1", "kind: ApplicationSet", "metadata: {name: all}", "spec:",
			"  generators: [{git: {repoURL: https://github.com/pingvas/pingvas-gitops.git, revision: main, directories: [{path: apps/overlays/prod/*}]}}]",
			"  template:", "    metadata: {name: '{{path.basename}}-prod'}", "    spec:", "      project: pingvas-prod",
			"      source: {repoURL: https://github.com/pingvas/pingvas-gitops.git, targetRevision: main, path: '{{path}}'}",
			"      destination: {server: https://kubernetes.default.svc, namespace: pingvas-prod}", "",
		}, "\n")})
		changed, err := Update(dir, guide[:2], "")
		require.NoError(t, err)
		assert.Contains(t, changed.Files, overlay)
		assert.NotContains(t, changed.Files, set, "it would deploy them twice")
	})
	t.Run("an overlay that nobody deploys is found", func(t *testing.T) {
		dir, _ := tree(t)
		changed, err := Update(dir, guide[:2], "")
		require.NoError(t, err)
		delete(changed.Files, set)
		write(t, dir, changed.Files)
		report, err := manifests.Validate(t.Context(), dir, nil, argocd.Policy{})
		require.NoError(t, err)
		require.ErrorContains(t, report.Err(), "no application deploys apps/overlays/prod/generation-service. Add an element for it to "+set)
		require.Len(t, report.Findings, 1)
	})
}

func keys(files map[string]string) []string {
	var list []string
	for file := range files {
		list = append(list, file)
	}
	return list
}
