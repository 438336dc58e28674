package scaffold

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/pingvas/pingvas-ci/ci/internal/component"
	"github.com/pingvas/pingvas-ci/ci/internal/kustomize"
)

// What the scaffold writes must be what the rest of the pipeline reads: every
// overlay renders, and takes a first image.
func TestFilesRenderAndTakeImages(t *testing.T) {
	components := []component.Component{
		{Name: "user-service", Kind: component.Python},
		{Name: "frontend", Kind: component.Frontend},
		{Name: "ai-worker", Kind: component.CUDA},
	}
	files, err := Files(components)
	require.NoError(t, err)
	require.NotContains(t, files, "apps/base/ai-worker/service.yaml")

	dir := t.TempDir()
	for name, text := range files {
		path := filepath.Join(dir, name)
		require.NoError(t, os.MkdirAll(filepath.Dir(path), 0o755))
		require.NoError(t, os.WriteFile(path, []byte(text), 0o644))
	}
	for _, environment := range Environments {
		rendered, err := kustomize.Render(dir, "apps/overlays/"+environment)
		require.NoError(t, err)
		require.Contains(t, string(rendered), "namespace: pingvas-"+environment)
		require.Contains(t, string(rendered), `nvidia.com/gpu: "1"`)
	}
	change, err := kustomize.Bump(dir, "dev", []kustomize.Image{{
		Name: "user-service", NewName: "registry.example/user-service", NewTag: "0123456",
		Digest: "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
	}})
	require.NoError(t, err)
	require.Equal(t, []string{"apps/overlays/dev/kustomization.yaml"}, change.Files)
}
