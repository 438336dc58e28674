package gitops_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/pingvas/pingvas-ci/ci/internal/gitops"
	"github.com/pingvas/pingvas-ci/ci/internal/gitrepo"
	"github.com/pingvas/pingvas-ci/ci/internal/gitrepo/gittest"
	"github.com/pingvas/pingvas-ci/ci/internal/kustomize"
)

// TestGolden keeps what people read: the guide's two overlays, as files and as
// rendered, before and after each operation. UPDATE_GOLDEN=1 writes them anew.
func TestGolden(t *testing.T) {
	r := guideRepository(t)
	r.golden("0-before")
	r.must(gitops.Bump{Environment: "dev", Commit: strings.Repeat("1", 40), Images: []kustomize.Image{image("user-service", "1"), image("ai-worker", "1")}})
	r.golden("1-bump-dev")
	r.must(gitops.Promotion{From: "dev", To: "prod"})
	r.golden("2-promote-dev-to-prod")
	r.bump("prod", image("user-service", "2"), image("frontend", "2"))
	r.golden("3-bump-prod")
	r.must(&gitops.Rollback{Environment: "prod", Component: "user-service"})
	r.golden("4-rollback-user-service-in-prod")
}

var guideServices = []string{"user-service", "generation-service", "payment-service", "gallery-service", "ai-worker", "frontend"}

// guideRepository has the guide's overlays, to the byte.
func guideRepository(t *testing.T) repository {
	t.Helper()
	files := map[string]string{}
	for _, environment := range []string{"dev", "prod"} {
		text, err := os.ReadFile("testdata/guide/" + environment + ".yaml")
		require.NoError(t, err)
		files["apps/overlays/"+environment+"/kustomization.yaml"] = string(text)
	}
	for _, name := range guideServices {
		for file, text := range base(name) {
			files[file] = text
		}
	}
	server := gittest.Serve(t)
	server.AddUser("x-access-token", "token", true)
	made, err := server.AddRepository("gitops.git", files)
	require.NoError(t, err)
	return repository{made, t, gitrepo.Remote{URL: made.URL, Branch: "main", Token: "token"}}
}

// golden compares both overlays with the files kept under a step's name.
func (r repository) golden(step string) {
	r.t.Helper()
	dir := r.clone()
	for _, environment := range []string{"dev", "prod"} {
		rendered, err := kustomize.RenderEnvironment(r.t.Context(), dir, environment)
		require.NoError(r.t, err)
		r.goldenFile(step, environment+"-rendered.yaml", string(rendered))
		r.goldenFile(step, environment+"-kustomization.yaml", r.show("apps/overlays/"+environment+"/kustomization.yaml")+"\n")
	}
}

func (r repository) goldenFile(step, name, got string) {
	r.t.Helper()
	path := filepath.Join("testdata", "golden", step, name)
	if os.Getenv("UPDATE_GOLDEN") != "" {
		require.NoError(r.t, os.MkdirAll(filepath.Dir(path), 0o755))
		require.NoError(r.t, os.WriteFile(path, []byte(got), 0o600))
	}
	want, err := os.ReadFile(path)
	require.NoError(r.t, err)
	require.Equal(r.t, string(want), got, "%s of %s", name, step)
}
