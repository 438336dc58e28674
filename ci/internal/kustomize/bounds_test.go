package kustomize_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pingvas/pingvas-ci/ci/internal/bounds"
	"github.com/pingvas/pingvas-ci/ci/internal/kustomize"
)

const configMap = "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: %s\n"

// bomb has ten levels of aliases: 600 bytes that become gigabytes.
func bomb() string {
	text := "a0: &a0 [l,l,l,l,l,l,l,l,l]\n"
	for i := 1; i < 10; i++ {
		text += fmt.Sprintf("a%d: &a%d [%s]\n", i, i, strings.TrimSuffix(strings.Repeat(fmt.Sprintf("*a%d,", i-1), 9), ","))
	}
	return text
}

func indented(text string) string {
	return "    " + strings.ReplaceAll(strings.TrimSpace(text), "\n", "\n    ") + "\n"
}

// overlay writes an environment named dev, with files beside its kustomization.
func overlay(t *testing.T, kustomization string, files map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	files["apps/overlays/dev/kustomization.yaml"] = kustomization
	for name, text := range files {
		at := filepath.Join(dir, filepath.FromSlash(name))
		require.NoError(t, os.MkdirAll(filepath.Dir(at), 0o755))
		require.NoError(t, os.WriteFile(at, []byte(text), 0o644))
	}
	return dir
}

func TestRefusesWhatGrows(t *testing.T) {
	kustomize.MostKustomizations(t, 100)
	plain := fmt.Sprintf(configMap, "plain")
	for name, test := range map[string]struct {
		kustomization string
		files         map[string]string
		want          string
	}{
		"aliases in a resource": {
			"resources: [bomb.yaml]\n",
			map[string]string{"apps/overlays/dev/bomb.yaml": fmt.Sprintf(configMap, "bomb") + bomb()}, "apps/overlays/dev/bomb.yaml: line 1: with the aliases",
		},
		"aliases in the kustomization": {bomb() + "resources: [plain.yaml]\n", map[string]string{"apps/overlays/dev/plain.yaml": plain}, "Write the values out"},
		"aliases in a patch": {
			"resources: [plain.yaml]\npatches:\n- patch: |-\n" + indented(fmt.Sprintf(configMap, "plain")+bomb()),
			map[string]string{"apps/overlays/dev/plain.yaml": plain}, "Write the values out",
		},
		"copies of copies": {
			"resources: [plain.yaml]\npatches:\n- target: {kind: ConfigMap}\n  patch: |-\n" + indented("- {op: add, path: /data, value: {a: "+strings.Repeat("x", 1000)+"}}\n"+
				strings.Repeat("- {op: copy, from: /data, path: /data/b}\n- {op: copy, from: /data, path: /data/c}\n", 20)),
			map[string]string{"apps/overlays/dev/plain.yaml": plain}, "copy",
		},
		"a file that is too large": {
			"resources: [large.yaml]\n",
			map[string]string{"apps/overlays/dev/large.yaml": plain + "#" + strings.Repeat(" ", bounds.MostBytes)}, "large.yaml has more than 8 MiB",
		},
		"overlays of overlays": {"resources: [../../0/0, ../../0/1, ../../0/2, ../../0/3, ../../0/4, ../../0/5, ../../0/6, ../../0/7, ../../0/8]\n", layers(9), "Name each once, or split the overlay"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := kustomize.RenderEnvironment(t.Context(), overlay(t, test.kustomization, test.files), "dev")
			require.ErrorContains(t, err, test.want)
		})
	}
}

// layers are folders of which each names all of the next layer.
func layers(depth int) map[string]string {
	files := map[string]string{}
	for level := range depth {
		for i := range 9 {
			text := fmt.Sprintf("namePrefix: a%d-\nresources:\n", i)
			for next := range 9 {
				text += fmt.Sprintf("- ../../%d/%d\n", level+1, next)
			}
			if level == depth-1 {
				text = fmt.Sprintf("namePrefix: a%d-\nresources: [plain.yaml]\n", i)
				files[fmt.Sprintf("apps/%d/%d/plain.yaml", level, i)] = fmt.Sprintf(configMap, "plain")
			}
			files[fmt.Sprintf("apps/%d/%d/kustomization.yaml", level, i)] = text
		}
	}
	return files
}

func TestRendersWhatIsOrdinary(t *testing.T) {
	deployment := `apiVersion: apps/v1
kind: Deployment
metadata: {name: a, labels: &labels {app: a}}
spec:
  selector: {matchLabels: *labels}
  template:
    metadata: {labels: {<<: *labels, tier: web}}
    spec: {containers: [{name: a, image: a}]}
`
	var schema strings.Builder
	schema.WriteString("apiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\nmetadata: {name: things.example.com}\nspec:\n  fields:\n")
	size := 2 << 20
	if testing.Short() {
		size = 1 << 17
	}
	for schema.Len() < size {
		schema.WriteString("  - name: field\n    schema:\n      type: object\n      description: What it is for, & what not (*).\n")
	}
	dir := overlay(t, "resources: [deployment.yaml, crd.yaml]\n", map[string]string{
		"apps/overlays/dev/deployment.yaml": deployment, "apps/overlays/dev/crd.yaml": schema.String(),
	})
	rendered, err := kustomize.RenderEnvironment(t.Context(), dir, "dev")
	require.NoError(t, err)
	assert.Contains(t, string(rendered), "tier: web")
	assert.Contains(t, string(rendered), "      app: a\n")
}

func TestLinks(t *testing.T) {
	outside := filepath.Join(t.TempDir(), "secret.yaml")
	require.NoError(t, os.WriteFile(outside, []byte(fmt.Sprintf(configMap, "secret")), 0o600))
	dir := overlay(t, "resources: [link.yaml]\n", map[string]string{"apps/plain.yaml": fmt.Sprintf(configMap, "plain")})
	link := filepath.Join(dir, "apps/overlays/dev/link.yaml")

	require.NoError(t, os.Symlink(outside, link))
	_, err := kustomize.RenderEnvironment(t.Context(), dir, "dev")
	require.ErrorContains(t, err, "link.yaml' is not in or below")

	own := filepath.Join(dir, "apps/overlays/dev/kustomization.yaml")
	require.NoError(t, os.Remove(own))
	require.NoError(t, os.Symlink(outside, own))
	_, err = kustomize.Pins(dir, "dev")
	require.ErrorContains(t, err, "leads out of the files that it belongs to")
}

func TestEndsWithItsCaller(t *testing.T) {
	dir := overlay(t, "resources: [../../0/0, ../../0/1, ../../0/2, ../../0/3, ../../0/4, ../../0/5, ../../0/6, ../../0/7, ../../0/8]\n", layers(9))
	for range 2 { // the second waits for the first, which is left behind
		ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
		begin := time.Now()
		_, err := kustomize.RenderEnvironment(ctx, dir, "dev")
		cancel()
		require.ErrorIs(t, err, context.DeadlineExceeded)
		assert.Less(t, time.Since(begin), 30*time.Second)
	}
	begin := time.Now()
	plain := overlay(t, "resources: [plain.yaml]\n", map[string]string{"apps/overlays/dev/plain.yaml": fmt.Sprintf(configMap, "plain")})
	_, err := kustomize.RenderEnvironment(t.Context(), plain, "dev")
	require.NoError(t, err)
	assert.Less(t, time.Since(begin), 30*time.Second, "what was left behind has ended, too")
}
