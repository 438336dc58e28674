package gitops_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/pingvas/pingvas-ci/ci/internal/gitops"
	"github.com/pingvas/pingvas-ci/ci/internal/kustomize"
)

// tree is a directory with the files, and bases of the services, each with a sidecar
// and with an image of somebody else's.
func tree(t *testing.T, services []string, files map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	all := map[string]string{}
	for _, name := range services {
		all["apps/base/"+name+"/kustomization.yaml"] = "resources: [deployment.yaml]\n"
		all["apps/base/"+name+"/deployment.yaml"] = "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: " + name + "}\nspec:\n  template:\n    spec:\n      containers:\n" +
			"        - {name: a, image: " + name + "}\n        - {name: b, image: team/" + name + "}\n        - {name: c, image: envoy}\n        - {name: d, image: docker.io/library/redis}\n"
	}
	for name, text := range files {
		all["apps/overlays/"+name+"/kustomization.yaml"] = text
	}
	for name, text := range all {
		require.NoError(t, os.MkdirAll(filepath.Dir(filepath.Join(dir, name)), 0o755))
		require.NoError(t, os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644))
	}
	return dir
}

func entries(names ...string) string {
	text := "images:\n"
	for _, name := range names {
		text += "  - {name: " + name + ", newTag: \"1111111\", digest: " + digest("1") + "}\n"
	}
	return text
}

// TestPromotionOnTreesAsTheyAre promotes all of dev to prod: what prod can run it
// runs, and of the rest it is said why not.
func TestPromotionOnTreesAsTheyAre(t *testing.T) {
	for name, c := range map[string]struct {
		services   []string
		files      map[string]string
		components []string
		runs       []string // of prod, afterwards, as dev does
		kept       []string
	}{
		"names of several parts, and a third party's": {
			services: []string{"api"},
			files:    map[string]string{"dev": "resources: [../../base/api]\n" + entries("api", "team/api", "docker.io/library/redis"), "prod": "resources: [../../base/api]\n"},
			runs:     []string{"api", "team/api", "docker.io/library/redis"},
		},
		"a sidecar beside its service": {
			services: []string{"api"},
			files:    map[string]string{"dev/api": "resources: [../../../base/api]\n" + entries("api", "envoy"), "prod/api": "resources: [../../../base/api]\n"},
			runs:     []string{"api", "envoy"},
		},
		"a sidecar that prod has beside another service": {
			services: []string{"api", "web"},
			files: map[string]string{
				"dev/api": "resources: [../../../base/api]\n" + entries("api", "envoy"), "dev/web": "resources: [../../../base/web]\n" + entries("web"),
				"prod/api": "resources: [../../../base/api]\n", "prod/web": "resources: [../../../base/web]\nimages: [{name: envoy, newTag: v1}]\n",
			},
			runs: []string{"api", "web", "envoy"},
		},
		"what prod lacks, in one file": {
			services: []string{"api", "web"},
			files:    map[string]string{"dev": "resources: [../../base/api, ../../base/web]\n" + entries("api", "web", "team/web"), "prod": "resources: [../../base/api]\n"},
			runs:     []string{"api"},
			kept:     []string{"web is left out: no manifest changes to web:1111111", "team/web is left out: no manifest"},
		},
		"what prod lacks, in folders": {
			services: []string{"api", "web"},
			files:    map[string]string{"dev/api": "resources: [../../../base/api]\n" + entries("api"), "dev/web": "resources: [../../../base/web]\n" + entries("web", "envoy"), "prod/api": "resources: [../../../base/api]\n"},
			runs:     []string{"api"},
			kept:     []string{"web is left out: web has no overlay in prod", "envoy is left out: envoy has no overlay in prod"},
		},
		"from folders to one file": {
			services: []string{"api", "web"},
			files:    map[string]string{"dev/api": "resources: [../../../base/api]\n" + entries("api", "envoy"), "dev/web": "resources: [../../../base/web]\n" + entries("web"), "prod": "resources: [../../base/api, ../../base/web]\n"},
			runs:     []string{"api", "web", "envoy"},
		},
		"nothing that prod has": {
			services: []string{"api", "web"},
			files:    map[string]string{"dev": "resources: [../../base/web]\n" + entries("web"), "prod": "resources: [../../base/api]\n"},
			kept:     []string{"web is left out: no manifest changes to web:1111111"},
		},
		"null tags, and none": {
			services: []string{"api", "web"},
			files: map[string]string{
				"dev":  "resources: [../../base/api, ../../base/web]\n" + entries("web") + "  - {name: api, newTag: ~}\n  - {name: envoy, newName: r/envoy}\n",
				"prod": "resources: [../../base/api, ../../base/web]\n",
			},
			runs: []string{"web"},
			kept: []string{"api stays: dev runs it as api, without a digest", "envoy stays: dev runs it as r/envoy, without a digest"},
		},
		"named ones, one of which prod lacks": {
			services:   []string{"api", "web"},
			files:      map[string]string{"dev": "resources: [../../base/api, ../../base/web]\n" + entries("api", "web"), "prod": "resources: [../../base/api]\n"},
			components: []string{"api", "web"}, runs: []string{"api"}, kept: []string{"web is left out: no manifest"},
		},
		"a number for a tag in prod": {
			services: []string{"api", "web"},
			files:    map[string]string{"dev": "resources: [../../base/api]\n" + entries("api"), "prod": "resources: [../../base/api]\nimages:\n  - name: envoy\n    newTag: 1.10\n"},
			runs:     []string{"api"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			dir := tree(t, c.services, c.files)
			outcome, err := gitops.Promotion{From: "dev", To: "prod", Components: c.components}.Apply(t.Context(), dir)
			require.NoError(t, err)
			require.Len(t, outcome.Kept, len(c.kept))
			said := strings.Join(outcome.Kept, "\n")
			for _, why := range c.kept {
				require.Contains(t, said, why)
			}
			require.Len(t, outcome.Images, len(c.runs))
			pins, err := kustomize.Pins(dir, "prod")
			require.NoError(t, err)
			for _, image := range c.runs {
				require.Equal(t, digest("1"), pins[image].Digest, image)
			}
			again, err := gitops.Promotion{From: "dev", To: "prod", Components: c.components}.Apply(t.Context(), dir)
			require.NoError(t, err)
			require.Empty(t, again.Files)
		})
	}
}

// TestBumpOnTreesAsTheyAre bumps several images, of which the environment cannot run
// all: the others are no worse for it.
func TestBumpOnTreesAsTheyAre(t *testing.T) {
	files := map[string]string{"dev": "resources: [../../base/api]\nimages:\n  - name: team/api\n    newTag: old\n  - name: envoy\n    newName: r.example/envoy\n    newTag: v1\n"}
	bump := func(images ...kustomize.Image) (string, gitops.Outcome, error) {
		dir := tree(t, []string{"api"}, files)
		outcome, err := gitops.Bump{Environment: "dev", Commit: "2222222", Images: images}.Apply(t.Context(), dir)
		return dir, outcome, err
	}
	new := func(name, repository string) kustomize.Image {
		return kustomize.Image{Name: name, NewName: repository, NewTag: "2222222", Digest: digest("2")}
	}
	t.Run("one of two is not there", func(t *testing.T) {
		dir, outcome, err := bump(new("api", "r.example/api"), new("web", "r.example/web"))
		require.NoError(t, err)
		require.Len(t, outcome.Left, 1)
		require.Contains(t, outcome.Left[0], "web is left out: no manifest changes to r.example/web:2222222")
		require.Equal(t, outcome.Left, outcome.Kept)
		pins, err := kustomize.Pins(dir, "dev")
		require.NoError(t, err)
		require.Equal(t, new("api", "r.example/api"), pins["api"])
	})
	t.Run("alone it is an error", func(t *testing.T) {
		_, _, err := bump(new("web", "r.example/web"))
		require.ErrorContains(t, err, "update the images of dev: no manifest changes to r.example/web:2222222")
	})
	t.Run("by the repository that the manifests name", func(t *testing.T) {
		dir, outcome, err := bump(new("service", "team/api"), new("proxy", "r.example/envoy"))
		require.NoError(t, err)
		require.Empty(t, outcome.Kept)
		pins, err := kustomize.Pins(dir, "dev")
		require.NoError(t, err)
		require.Equal(t, kustomize.Image{Name: "team/api", NewTag: "2222222", Digest: digest("2")}, pins["team/api"])
		require.Equal(t, new("envoy", "r.example/envoy"), pins["envoy"])
		require.Len(t, pins, 2)
		tags, err := gitops.Tags(dir, "dev")
		require.NoError(t, err)
		require.Equal(t, map[string]string{"team/api": "2222222", "api": "2222222", "envoy": "2222222"}, tags, "a component called api runs it")
	})
}

// TestRollbackOfASidecar: what belongs beside a service has a history as well.
func TestRollbackOfASidecar(t *testing.T) {
	r := newRepository(t)
	text := func(tag string) string {
		return "resources: [../../../base/user-service]\nimages:\n- name: team/envoy\n  newTag: " + tag + "\n"
	}
	const file = "apps/overlays/stage/user-service/kustomization.yaml"
	deployment := r.show("apps/base/user-service/deployment.yaml")
	require.NoError(t, r.Commit("main", "a sidecar", map[string]string{
		file: text("abc1234"), "apps/base/user-service/deployment.yaml": strings.Replace(deployment, "containers: [", "containers: [{name: side, image: team/envoy}, ", 1),
	}))
	require.NoError(t, r.Commit("main", "another", map[string]string{file: text("abc1235")}))
	r.must(&gitops.Rollback{Environment: "stage", Component: "team/envoy"})
	require.Equal(t, strings.TrimSpace(strings.Replace(text("abc1234"), "abc1234", `"abc1234"`, 1)), r.show(file))
}
