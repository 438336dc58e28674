package kustomize

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"sigs.k8s.io/kustomize/kyaml/yaml"
)

// A shape is a kustomization as people write them: the forms are those met in
// public repositories, the words are ours. Each old text stands in it once, and
// its replacement is all that an edit may change.
type shape struct {
	name     string
	src      string
	image    Image
	replaced [][2]string
}

const (
	to     = `"0123456"`
	pinned = to + "\n" // the end of a line
)

// tagOnly and whole are the two forms of pin that the cases ask for.
func tagOnly(name, newName string) Image {
	return Image{Name: name, NewName: newName, NewTag: "0123456"}
}

func whole(name, newName string) Image {
	return Image{Name: name, NewName: newName, NewTag: "0123456", Digest: digestB}
}

var digestLine = `digest: "` + digestB + `"` + "\n"

var shapes = []shape{
	{"an operator's manager, resources first", "resources:\n- manager.yaml\napiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\nimages:\n- name: controller\n  newName: quay.io/example/operator\n  newTag: latest\n",
		whole("controller", "quay.io/example/operator"), [][2]string{{"newTag: latest\n", "newTag: " + pinned + "  " + digestLine}}},
	{"an operator's, with two resources and an example registry", "resources:\n- manager.yaml\n- metrics.yaml\nkind: Kustomization\nimages:\n- name: controller\n  newName: example.com/op\n  newTag: v0.0.1\n",
		tagOnly("controller", "example.com/op"), [][2]string{{"v0.0.1", to}}},
	{"Korean comments, and blanks at the end of the file", "namespace: chat\nnamePrefix: team1-prod-\n\nresources:\n  - ../../base\n  - externalsecret.yaml \n\n# prod 배포 후 확인\nimages:\n  - name: api-server\n    newName: ECR/api\n    newTag: PLACEHOLDER   # 배포할 태그\n  - name: worker\n    newName: ECR/worker\n    newTag: PLACEHOLDER\n\nconfigurations:\n  - names.yaml\n  ",
		whole("api-server", registry+"/api"), [][2]string{{"PLACEHOLDER   # 배포할 태그\n", to + "   # 배포할 태그\n    " + digestLine}}},
	{"three services of one commit: only one is meant", "resources:\n- ../../base\nimages:\n- name: backend\n  newName: ghcr.io/x/backend\n  newTag: df8242d2492800fef214e0f6ec16c2773ec81e54\n- name: frontend\n  newName: ghcr.io/x/frontend\n  newTag: df8242d2492800fef214e0f6ec16c2773ec81e54\n",
		whole("frontend", "ghcr.io/x/frontend"), [][2]string{{"x/frontend\n  newTag: df8242d2492800fef214e0f6ec16c2773ec81e54\n", "x/frontend\n  newTag: " + pinned + "  " + digestLine}}},
	{"patches without indentation above the list", "resources:\n- ../../base\n\npatches:\n- patch: |-\n    - op: replace\n      path: /spec/rules/0/host\n      value: example.com\n  target:\n    kind: Ingress\nimages:\n- name: web\n  newName: r/web\n  newTag: a1b2c3d\n",
		tagOnly("web", "r/web"), [][2]string{{"newTag: a1b2c3d", "newTag: " + to}}},
	{"headlines made of comments", "# =====\n# Production\n# =====\nkind: Kustomization\n\n# 기본\nresources:\n  - ../../base\n\n# 이미지\nimages:\n  - name: shop/shop\n    newName: ghcr.io/1/shop\n    newTag: latest\n\n# 패치\npatches:\n  - patch: |-\n      - op: replace\n        path: /spec/replicas\n        value: 1\n    target:\n      kind: Deployment\n",
		tagOnly("shop/shop", "ghcr.io/1/shop"), [][2]string{{"newTag: latest", "newTag: " + to}}},
	{"another entry whose name no registry allows", "images:\n  - name: ACR_LOGIN_SERVER/api\n    newName: a.azurecr.io/api\n    newTag: latest\n  - name: web\n    newName: a.azurecr.io/web\n    newTag: v1\n\nlabels:\n  - pairs:\n      environment: production\n",
		tagOnly("web", "a.azurecr.io/web"), [][2]string{{"newTag: v1", "newTag: " + to}}},
	{"a version that looks like a number beside it", "images:\n  - name: web\n    newName: r/web\n    newTag: placeholder\n  - name: otel/collector\n    newName: otel/collector\n    newTag: 0.113.0\n\npatches:\n  - path: a.yaml\n",
		whole("web", "r/web"), [][2]string{{"newTag: placeholder\n", "newTag: " + pinned + "    " + digestLine}}},
	{"a digest alone", "resources:\n  - ../../base\nimages:\n  - name: ghcr.io/x/site\n    digest: DIGEST_A\npatches:\n  - target: {kind: Deployment}\n    patch: |-\n      - op: add\n        path: /a\n        value: x\n",
		Image{Name: "ghcr.io/x/site", Digest: digestB}, [][2]string{{digestA, `"` + digestB + `"`}}},
	{"a digest first, as kustomize edit sorts", "images:\n- digest: DIGEST_A\n  name: web\n  newName: r/web\n- name: other\n  newName: r/other\n",
		Image{Name: "web", NewName: "r/web", Digest: digestB}, [][2]string{{digestA, `"` + digestB + `"`}}},
	{"a digest first, and the tag last", "images:\n- digest: DIGEST_A\n  name: web\n  newName: r/web\n  newTag: v1\n",
		whole("web", "r/web"), [][2]string{{digestA, `"` + digestB + `"`}, {"newTag: v1", "newTag: " + to}}},
	{"a tag alone, and no line break at the end", "metadata:\n  name: x\nimages:\n  - name: org/app\n    newTag: latest",
		tagOnly("org/app", ""), [][2]string{{"latest", to}}},
	{"a tag alone, between others", "replicas:\n  - name: app\n    count: 10\n\nimages:\n  - name: ghcr.io/x/app\n    newTag: v1.0.0\n\nresources:\n  - priority.yaml",
		tagOnly("ghcr.io/x/app", ""), [][2]string{{"v1.0.0", to}}},
	{"one repository with a tag for each part", "images:\n- name: ghcr.io/x/agent\n  newName: ghcr.io/x/all\n  newTag: agent-0.25.4\n- name: ghcr.io/x/server\n  newName: ghcr.io/x/all\n  newTag: server-0.25.4\n",
		tagOnly("ghcr.io/x/server", "ghcr.io/x/all"), [][2]string{{"server-0.25.4", to}}},
	{"instructions for people above it, in long lines", "# CronJobs — DEV only for now (prod stays at 1.4.0). Add `- ../../cronjobs` at release.\nresources:\n- ../../base\n\n# CI replaces this tag on every push to main.\nimages:\n- name: ghcr.io/x/api\n  newTag: 0dd7c1a\n\npatches:\n- path: p.yaml\n",
		tagOnly("ghcr.io/x/api", ""), [][2]string{{"0dd7c1a", to}}},
	{"a hash that YAML takes for a number", "images:\n- name: api\n  newTag: \"1234567\"\n- name: web\n  newTag: 1234567\n",
		tagOnly("web", ""), [][2]string{{"newTag: 1234567", "newTag: " + to}}},
	{"two blank lines, and images before resources", "kind: Kustomization\n\n\nimages:\n- name: quay.io/x/cd\n  newName: quay.io/x/cd\n  newTag: v2.7.6\nresources:\n- ./server\n- ./redis\n",
		tagOnly("quay.io/x/cd", "quay.io/x/cd"), [][2]string{{"v2.7.6", to}}},
	{"mirrors with long tags", "bases:\n  - ../../../base\nimages:\n  - name: k8s.gcr.io/csi/driver\n    newName: ECR/eks/driver\n    newTag: v1.1.2\n  - name: k8s.gcr.io/csi/attacher\n    newName: public.ecr.aws/csi/attacher\n    newTag: v3.1.0-eks-1-18-3\n",
		tagOnly("k8s.gcr.io/csi/attacher", "public.ecr.aws/csi/attacher"), [][2]string{{"v3.1.0-eks-1-18-3", to}}},
	{"a new name alone gets a tag", "#namespace: x # this does not work\n\nimages:\n- name: busybox\n  newName: ghcr.io/x/busybox\n",
		tagOnly("busybox", "ghcr.io/x/busybox"), [][2]string{{"newName: ghcr.io/x/busybox\n", "newName: ghcr.io/x/busybox\n  newTag: " + pinned}}},
	{"Flux's markers", "images:\n  - name: ghcr.io/x/podinfo\n    newName: ghcr.io/x/podinfo # {\"$imagepolicy\": \"flux-system:podinfo:name\"}\n    newTag: 6.1.8 # {\"$imagepolicy\": \"flux-system:podinfo:tag\"}\n",
		tagOnly("ghcr.io/x/podinfo", "ghcr.io/x/podinfo"), [][2]string{{"6.1.8 #", to + " #"}}},
	{"Renovate's markers", "images:\n  # renovate: datasource=docker depName=x/web\n  - name: web\n    newTag: v1 # renovate\n    # keep\n",
		tagOnly("web", ""), [][2]string{{"v1 # renovate", to + " # renovate"}}},
	{"no list yet: bases, strategic patches, no line break at the end", "bases:\n- ../../base\npatchesStrategicMerge:\n- deployment.yaml\nresources:\n- cert.yaml",
		tagOnly("web", ""), [][2]string{{"- cert.yaml", "- cert.yaml\nimages:\n- name: \"web\"\n  newTag: " + to}}},
	{"no list yet: comments at the end", "resources:\n- ../../base\npatchesStrategicMerge:\n- deployment.yaml\n#- service.yaml\n#- storage.yaml\n",
		tagOnly("web", ""), [][2]string{{"#- storage.yaml\n", "#- storage.yaml\nimages:\n- name: \"web\"\n  newTag: " + pinned}}},
	{"no list yet: commented examples of one", "resources:\n  - ../../base\n\n# images:\n#   - name: web\n#     newTag: v1\n",
		tagOnly("web", ""), [][2]string{{"#     newTag: v1\n", "#     newTag: v1\nimages:\n  - name: \"web\"\n    newTag: " + pinned}}},
	{"patches indented by one blank", "resources:\n- ../../base\n\npatches:\n - target:\n    kind: Ingress\n   patch: |-\n    - op: replace\n      path: /a\n      value: b\nimages:\n - name: web\n   newTag: v1\n",
		whole("web", ""), [][2]string{{"newTag: v1\n", "newTag: " + pinned + "   " + digestLine}}},
	{"inline documents as patches", "namePrefix: prod-\npatchesStrategicMerge:\n- |-\n  apiVersion: apps/v1\n  kind: Deployment\n  metadata:\n    name: web\n  spec:\n    template:\n      spec:\n        containers:\n        - name: web\n          image: web:v1\n\nimages:\n- name: web\n  newTag: v1\n",
		tagOnly("web", ""), [][2]string{{"newTag: v1", "newTag: " + to}}},
	{"generators with many literals behind it", "images:\n- {name: web, newTag: v1}\n\nconfigMapGenerator:\n  - name: c\n    behavior: merge\n    literals:\n      - A=1\n      - URL=jdbc:mysql://h:3306/x\n",
		tagOnly("web", ""), [][2]string{{"newTag: v1", "newTag: " + to}}},
	{"Windows line ends and tabs before a comment", "resources:\r\n  - ../../base\r\nimages:\r\n  - name: web\t# web\r\n    newTag: v1\t# tag\r\n  - name: api\r\n    newTag: v1\r\n",
		tagOnly("web", ""), [][2]string{{"newTag: v1\t", "newTag: " + to + "\t"}}},
	{"wide indentation, as some editors do", "images:\n    -   name: web\n        newName: r/web\n        newTag: v1\n    -   name: api\n        newTag: v1\n",
		whole("web", "r/web"), [][2]string{{"newName: r/web\n        newTag: v1\n", "newName: r/web\n        newTag: " + pinned + "        " + digestLine}}},
	{"tags in single and in double quotes", "images:\n- name: 'web'\n  newTag: 'v1'\n- name: \"api\"\n  newTag: \"v1\"\n",
		tagOnly("api", ""), [][2]string{{`newTag: "v1"`, "newTag: " + to}}},
	{"an empty list of resources", "resources: []\nbases:\n  - ../../base/bot\nimages: []\nconfigMapGenerator:\n  - name: c\n    files:\n      - ./config.json\n",
		tagOnly("bot", ""), [][2]string{{"images: []", `images: [{name: "bot", newTag: ` + to + "}]"}}},
	{"a document mark, and a schema for editors", "---\n# yaml-language-server: $schema=https://json.schemastore.org/kustomization\nkind: Kustomization\nimages:\n  - name: web\n    newTag: main-123-abcdef0 # last: 2024-01-01T00:00:00Z\n",
		tagOnly("web", ""), [][2]string{{"main-123-abcdef0", to}}},
}

func TestShapesOfPublicKustomizations(t *testing.T) {
	for _, s := range shapes {
		t.Run(s.name, func(t *testing.T) {
			src := fill.Replace(s.src)
			want := src
			for _, r := range s.replaced {
				require.Equal(t, 1, strings.Count(want, r[0]), "%q", r[0])
				want = strings.Replace(want, r[0], r[1], 1)
			}
			got, err := Edit([]byte(src), []Image{s.image})
			require.NoError(t, err)
			require.Equal(t, want, string(got))
			var before, after map[string]any
			require.NoError(t, yaml.Unmarshal([]byte(src), &before))
			require.NoError(t, yaml.Unmarshal(got, &after))
			delete(before, "images")
			delete(after, "images")
			require.Equal(t, before, after)
		})
	}
	require.GreaterOrEqual(t, len(shapes), 24)
}
