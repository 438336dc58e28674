package kustomize

import (
	"context"
	"os"
	"path/filepath"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func render(dir, overlay string) ([]byte, error) {
	resources, err := build(context.Background(), dir, overlay, nil)
	if err != nil {
		return nil, err
	}
	return resources.AsYaml()
}

func TestRender(t *testing.T) {
	out, err := render(write(t, shared()), "apps/overlays/prod")
	require.NoError(t, err)
	require.Contains(t, string(out), "image: "+registry+"/user-service:abc123def\n")
	require.Contains(t, string(out), "namespace: pingvas-prod\n")
	require.Contains(t, string(out), "replicas: 3\n")
}

func TestRenderAtOnce(t *testing.T) {
	dir := write(t, shared())
	var group sync.WaitGroup
	for range 4 {
		group.Go(func() {
			_, err := render(dir, "apps/overlays/prod")
			assert.NoError(t, err)
		})
	}
	group.Wait()
}

func TestRenderStaysInside(t *testing.T) {
	outside := write(t, map[string]string{"kustomization.yaml": "resources: [configmap.yaml]\n", "configmap.yaml": "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: secret}\n"})
	dir := t.TempDir()
	path, err := filepath.Rel(dir, outside)
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(filepath.Join(dir, "kustomization.yaml"), []byte("resources: ["+path+"]\n"), 0o600))
	_, err = render(dir, ".")
	require.ErrorContains(t, err, "lies outside of the repository")
}

func TestRenderStaysOffline(t *testing.T) {
	cases := map[string]string{
		"a file":                "resources: [https://127.0.0.1:1/a.yaml]\n",
		"a repository":          "resources: [\"https://127.0.0.1:1/a/b//c?ref=main\"]\n",
		"GitHub, no scheme":     "resources: [github.com/a/b]\n",
		"ssh":                   "bases: [\"git@127.0.0.1:a/b.git\"]\n",
		"forced git":            "components: [\"git::http://127.0.0.1:1/a/b\"]\n",
		"a local clone":         "resources: [\"file:///a//b\"]\n",
		"a patch":               "patches: [{path: http://127.0.0.1:1/a.yaml}]\n",
		"a generator's file":    "configMapGenerator: [{name: a, files: [\"key=http://127.0.0.1:1/a\"]}]\n",
		"a schema":              "openapi: {path: http://127.0.0.1:1/a}\n",
		"an inline transformer": "transformers:\n- |-\n  apiVersion: builtin\n  kind: PatchTransformer\n  metadata: {name: a}\n  path: http://127.0.0.1:1/a\n",
		"a transformer's file":  "transformers: [transformer.yaml]\n",
	}
	for name, kustomization := range cases {
		t.Run(name, func(t *testing.T) {
			dir := write(t, map[string]string{
				"kustomization.yaml": kustomization,
				"transformer.yaml":   "apiVersion: builtin\nkind: PatchTransformer\nmetadata: {name: a}\npath: http://127.0.0.1:1/a\n",
			})
			_, err := render(dir, ".")
			require.ErrorContains(t, err, "is fetched over the network, which is not allowed here. Copy it into the repository")
		})
	}
}

func TestRenderLetsAddressesBe(t *testing.T) {
	dir := write(t, with(shared(), "apps/overlays/prod/kustomization.yaml", prodKustomization+
		"commonAnnotations: {docs: https://example.com/a}\nconfigMapGenerator: [{name: a, literals: [\"URL=https://example.com\"]}]\n"))
	_, err := render(dir, "apps/overlays/prod")
	require.NoError(t, err)
}

func TestRenderRunsNoPlugin(t *testing.T) {
	dir := write(t, map[string]string{"kustomization.yaml": "helmCharts: [{name: a, repo: http://127.0.0.1:1}]\n"})
	_, err := render(dir, ".")
	require.ErrorContains(t, err, "--enable-helm")
}
