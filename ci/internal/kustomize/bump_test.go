package kustomize

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

const (
	baseKustomization = "resources:\n  - deployment.yaml\n"

	prodKustomization = `apiVersion: kustomize.config.k8s.io/v1beta1
kind: Kustomization

namespace: pingvas-prod

resources:
  - ../../base/user-service
  - ../../base/ai-worker

images:
  - name: user-service
    newName: ECR/user-service
    newTag: abc123def  # 특정 커밋 해시

patches:
  - patch: |-
      - op: replace
        path: /spec/replicas
        value: 3
    target:
      kind: Deployment
      name: user-service
`
)

func deployment(service string) string {
	return strings.ReplaceAll(`apiVersion: apps/v1
kind: Deployment
metadata:
  name: NAME
spec:
  replicas: 1
  selector:
    matchLabels:
      app: NAME
  template:
    metadata:
      labels:
        app: NAME
    spec:
      initContainers:
        - name: migrate
          image: NAME:dev
      containers:
        - name: NAME
          image: NAME
        - name: proxy
          image: envoyproxy/envoy:v1
`, "NAME", service)
}

// shared is a repository with one kustomization for prod, as in the guide.
func shared() map[string]string {
	return map[string]string{
		"apps/base/user-service/kustomization.yaml": baseKustomization,
		"apps/base/user-service/deployment.yaml":    deployment("user-service"),
		"apps/base/ai-worker/kustomization.yaml":    baseKustomization,
		"apps/base/ai-worker/deployment.yaml":       deployment("ai-worker"),
		"apps/overlays/prod/kustomization.yaml":     prodKustomization,
	}
}

// perService is one with a kustomization for each service, as in the guide's workflows.
func perService() map[string]string {
	files := shared()
	delete(files, "apps/overlays/prod/kustomization.yaml")
	files["apps/overlays/prod/user-service/kustomization.yaml"] = "resources:\n- ../../../base/user-service\n\nimages:\n- name: user-service\n  newTag: old\n"
	files["apps/overlays/prod/ai-worker/kustomization.yml"] = "resources:\n- ../../../base/ai-worker\n"
	return files
}

func with(files map[string]string, more ...string) map[string]string {
	for i := 0; i < len(more); i += 2 {
		files[more[i]] = more[i+1]
	}
	return files
}

func write(t *testing.T, files map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	for name, content := range files {
		path := filepath.Join(dir, filepath.FromSlash(name))
		require.NoError(t, os.MkdirAll(filepath.Dir(path), 0o755))
		require.NoError(t, os.WriteFile(path, []byte(fill.Replace(content)), 0o644))
	}
	return dir
}

func read(t *testing.T, dir string) map[string]string {
	t.Helper()
	files := map[string]string{}
	require.NoError(t, filepath.WalkDir(dir, func(path string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		content, err := os.ReadFile(path)
		name, _ := filepath.Rel(dir, path)
		files[filepath.ToSlash(name)] = string(content)
		return err
	}))
	return files
}

func TestDetect(t *testing.T) {
	cases := []struct {
		name, environment string
		files             map[string]string
		service           string
		file              string
		err               string
	}{
		{name: "shared", files: shared(), service: "user-service", file: "apps/overlays/prod/kustomization.yaml"},
		{name: "shared, a service not there yet", files: shared(), service: "gallery-service", file: "apps/overlays/prod/kustomization.yaml"},
		{name: "per service", files: perService(), service: "user-service", file: "apps/overlays/prod/user-service/kustomization.yaml"},
		{name: "per service, other file name", files: perService(), service: "ai-worker", file: "apps/overlays/prod/ai-worker/kustomization.yml"},
		{name: "per service, a service not there", files: perService(), service: "frontend",
			err: "frontend has no overlay in prod: looked for apps/overlays/prod/frontend/kustomization.yaml. Create it, the services there are ai-worker, user-service"},
		{name: "both", files: with(perService(), "apps/overlays/prod/kustomization.yaml", ""),
			err: "has a kustomization for all services (apps/overlays/prod/kustomization.yaml) and others for single services"},
		{name: "none", files: shared(), environment: "dev",
			err: "looked for apps/overlays/dev/kustomization.yaml and apps/overlays/dev/<service>/kustomization.yaml"},
		{name: "two names in one folder", files: with(shared(), "apps/overlays/prod/Kustomization", ""), err: "kustomize reads only one of"},
		{name: "a path for an environment", files: shared(), environment: "../prod", err: "environment name \"../prod\" is refused"},
		{name: "a path for a service", files: shared(), service: "../base", err: "image repository \"../base\" is refused"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			environment := "prod"
			if c.environment != "" {
				environment = c.environment
			}
			layout, err := Detect(write(t, c.files), environment)
			var file string
			if err == nil {
				file, err = layout.File(c.service)
			}
			if c.err != "" {
				require.ErrorContains(t, err, c.err)
				return
			}
			require.NoError(t, err)
			require.Equal(t, c.file, file)
		})
	}
}

func TestPins(t *testing.T) {
	pins, err := Pins(write(t, shared()), "prod")
	require.NoError(t, err)
	require.Equal(t, map[string]Image{
		"user-service": {Name: "user-service", NewName: registry + "/user-service", NewTag: "abc123def"},
	}, pins)

	pins, err = Pins(write(t, perService()), "prod")
	require.NoError(t, err)
	require.Equal(t, map[string]Image{"user-service": {Name: "user-service", NewTag: "old"}}, pins)

	_, err = Pins(write(t, with(perService(), "apps/overlays/prod/ai-worker/kustomization.yml", "images:\n- name: user-service\n  newTag: other\n")), "prod")
	require.ErrorContains(t, err, "image user-service is pinned differently in")
}

func TestBumpShared(t *testing.T) {
	dir := write(t, shared())
	worker := Image{Name: "ai-worker", NewName: registry + "/ai-worker", NewTag: "1e10-cuda", Digest: digestA}
	change, err := Bump(t.Context(), dir, "prod", []Image{user, worker})
	require.NoError(t, err)
	require.Equal(t, []string{"apps/overlays/prod/kustomization.yaml"}, change.Files)

	want := shared()
	for name, content := range want {
		want[name] = fill.Replace(content)
	}
	want["apps/overlays/prod/kustomization.yaml"] = strings.Replace(want["apps/overlays/prod/kustomization.yaml"],
		"newTag: abc123def  # 특정 커밋 해시\n", fill.Replace(`newTag: "0123456"  # 특정 커밋 해시
    digest: "DIGEST_B"
  - name: "ai-worker"
    newName: "ECR/ai-worker"
    newTag: "1e10-cuda"
    digest: "DIGEST_A"
`), 1)
	require.Equal(t, want, read(t, dir), "nothing else is written")

	require.Contains(t, change.Diff, "--- Deployment pingvas-prod/user-service\tbefore\n+++ Deployment pingvas-prod/user-service\tafter\n")
	require.Contains(t, change.Diff, "\n-      - image: "+registry+"/user-service:abc123def\n+      - image: "+user.Reference()+"\n")
	require.Contains(t, change.Diff, "\n-      - image: ai-worker:dev\n+      - image: "+worker.Reference()+"\n", "init containers too")
	require.NotContains(t, change.Diff, "\n-      - image: envoyproxy")

	pins, err := Pins(dir, "prod")
	require.NoError(t, err)
	require.Equal(t, map[string]Image{"user-service": user, "ai-worker": worker}, pins)

	again, err := Bump(t.Context(), dir, "prod", []Image{user, worker})
	require.NoError(t, err)
	require.Zero(t, again)
}

func TestBumpPerService(t *testing.T) {
	dir := write(t, perService())
	change, err := Bump(t.Context(), dir, "prod", []Image{{Name: "user-service", NewTag: "new", Digest: digestA}, {Name: "ai-worker", NewTag: "new", Digest: digestB}})
	require.NoError(t, err)
	require.Equal(t, []string{"apps/overlays/prod/ai-worker/kustomization.yml", "apps/overlays/prod/user-service/kustomization.yaml"}, change.Files)
	require.Contains(t, change.Diff, "Deployment ai-worker")
	require.Contains(t, change.Diff, "Deployment user-service")
}

func TestBumpBackToAPinWithoutDigest(t *testing.T) {
	dir := write(t, shared())
	old, err := Pins(dir, "prod")
	require.NoError(t, err)
	_, err = Bump(t.Context(), dir, "prod", []Image{user})
	require.NoError(t, err)
	_, err = Bump(t.Context(), dir, "prod", []Image{old["user-service"]})
	require.NoError(t, err)
	now, err := Pins(dir, "prod")
	require.NoError(t, err)
	require.Equal(t, old, now)
}

func TestBumpRefuses(t *testing.T) {
	overlay := "apps/overlays/prod/kustomization.yaml"
	cases := []struct {
		name  string
		files map[string]string
		image Image
		err   string
	}{
		{name: "an image that no manifest uses", image: Image{Name: "gallery-service", NewTag: "x"}, files: shared(),
			err: "no manifest changes to gallery-service:x: kustomize ignores an entry that no manifest uses"},
		{name: "manifests that do not render", image: user, files: with(shared(), "apps/base/ai-worker/deployment.yaml", "kind: Deployment\n"),
			err: "Repair the manifests first"},
		{name: "a file that Edit refuses", image: user,
			files: with(shared(), overlay, prodKustomization+"---\n"), err: "a second document"},
		{name: "a chain of entries that ends elsewhere", image: user,
			files: with(shared(), overlay, strings.Replace(prodKustomization, "\npatches:", "  - name: ECR/user-service\n    newTag: v9\n\npatches:", 1)),
			err:   `image "user-service": the entry on line 15, "` + registry + `/user-service", gives it another tag or digest afterwards`},
		{name: "a chain of entries with a suffix", image: Image{Name: "user-service", NewTag: "new"},
			files: with(shared(), overlay, strings.Replace(prodKustomization, "\npatches:", "  - name: user-service.*\n    tagSuffix: -arm\n\npatches:", 1)),
			err:   "gives it another tag or digest afterwards"},
		{name: "an image copied into something else", image: user,
			files: with(shared(), overlay, prodKustomization+`
replacements:
  - source: {kind: Deployment, name: user-service, fieldPath: spec.template.spec.containers.0.image, options: {delimiter: ":", index: 1}}
    targets:
      - select: {kind: Deployment, name: ai-worker}
        fieldPaths: [spec.template.metadata.labels.app]
`), err: `spec.template.metadata.labels.app of Deployment pingvas-prod/ai-worker becomes "0123456@sha256", which no label can be`},
		{name: "a folder that is of no service", image: user, files: with(perService(), "apps/overlays/prod/My_Service/kustomization.yaml", baseKustomization),
			err: "apps/overlays/prod/My_Service/kustomization.yaml is of no service: component name"},
		{name: "a number in a base", image: user,
			files: with(shared(), "apps/base/ai-worker/kustomization.yaml", baseKustomization+"images:\n  - name: ai-worker\n    newTag: 1.10\n"),
			err:   "apps/base/ai-worker/kustomization.yaml, line 5: 1.10 is a number or the like to kustomize. Put it in quotes"},
		{name: "a resource from the network", image: user,
			files: with(shared(), overlay, strings.Replace(prodKustomization, "../../base/ai-worker", "https://127.0.0.1:1/x.yaml", 1)),
			err:   "line 8: \"https://127.0.0.1:1/x.yaml\" is fetched over the network, which is not allowed here"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			dir := write(t, c.files)
			before := read(t, dir)
			change, err := Bump(t.Context(), dir, "prod", []Image{c.image})
			require.ErrorContains(t, err, c.err)
			require.ErrorContains(t, err, "update the images of prod: ")
			require.Zero(t, change)
			require.Equal(t, before, read(t, dir), "nothing is written")
		})
	}
}

func TestBumpRefusesLinks(t *testing.T) {
	for _, link := range []string{"apps/overlays/prod/kustomization.yaml", "apps/overlays/prod", "apps/overlays"} {
		t.Run(link, func(t *testing.T) {
			dir, outside := write(t, shared()), filepath.Join(t.TempDir(), "target")
			require.NoError(t, os.Rename(filepath.Join(dir, link), outside))
			require.NoError(t, os.Symlink(outside, filepath.Join(dir, link)))
			_, err := Bump(t.Context(), dir, "prod", []Image{user})
			require.ErrorContains(t, err, "it is a link, or lies behind one")
		})
	}
}

func TestBumpWritesNothingIfOneOverlayIsBad(t *testing.T) {
	dir := write(t, with(perService(), "apps/base/user-service/deployment.yaml", deployment("renamed")))
	before := read(t, dir)
	_, err := Bump(t.Context(), dir, "prod", []Image{{Name: "ai-worker", NewTag: "new"}, {Name: "user-service", NewTag: "new"}})
	require.ErrorContains(t, err, "no manifest changes to user-service:new")
	require.Equal(t, before, read(t, dir))
}
