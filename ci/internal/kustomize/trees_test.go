package kustomize

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

const prodFile = "apps/overlays/prod/kustomization.yaml"

// TestBumpOnTreesAsTheyAre changes one image, or more, in a list of images as people
// have it, and shows what the list is then.
func TestBumpOnTreesAsTheyAre(t *testing.T) {
	const rest = "resources:\n  - ../../base/user-service\n  - ../../base/ai-worker\n"
	one := Image{Name: "user-service", NewTag: "new"}
	for _, c := range []struct {
		name, src, want string
		images          []Image
		notes           []string
		shows           string // the rendered difference has it
	}{
		{
			name:   "a number for the image's own tag",
			src:    "images:\n  - name: user-service\n    newTag: 9075807 # mine\n",
			want:   "images:\n  - name: user-service\n    newTag: \"new\" # mine\n",
			images: []Image{one}, notes: []string{prodFile + ", line 6: 9075807 is a number"},
			shows: "-      - image: user-service:9075807\n",
		},
		{
			name: "numbers for the tags of others: the whole file would not render",
			src: "images:\n  - name: user-service\n    newTag: old\n  - {name: a, newTag: 1.10}\n  - name: b\n    newTag: 20241128 # a day\n  - name: c\n    newTag: 1e5\n" +
				"  - name: d\n    newTag: 0123\n  - name: e\n    newTag: true\n  - name: f\n    newTag: 0x1F\n  - name: g\n    tagSuffix: 1\n",
			want: "images:\n  - name: user-service\n    newTag: \"new\"\n  - {name: a, newTag: \"1.10\"}\n  - name: b\n    newTag: \"20241128\" # a day\n  - name: c\n    newTag: \"1e5\"\n" +
				"  - name: d\n    newTag: \"0123\"\n  - name: e\n    newTag: \"true\"\n  - name: f\n    newTag: \"0x1F\"\n  - name: g\n    tagSuffix: \"1\"\n",
			images: []Image{one},
			notes:  []string{"line 7: 1.10", "line 9: 20241128", "line 11: 1e5", "line 13: 0123", "line 15: true", "line 17: 0x1F", "line 19: 1"},
		},
		{
			name:   "what only looks like one stays as it is written",
			src:    "images:\n  - name: user-service\n    newTag: old\n  - name: a\n    newTag: 1.10.2\n  - name: b\n    newTag: 2024-11-28\n  - name: c\n    newTag: 0xyz\n  - name: d\n    newTag: '1.10'\n",
			want:   "images:\n  - name: user-service\n    newTag: \"new\"\n  - name: a\n    newTag: 1.10.2\n  - name: b\n    newTag: 2024-11-28\n  - name: c\n    newTag: 0xyz\n  - name: d\n    newTag: '1.10'\n",
			images: []Image{one},
		},
		{
			name:   "nothing is no tag",
			src:    "images:\n  - name: user-service\n    newTag: ~\n    digest: null\n    newName: # none\n",
			want:   "images:\n  - name: user-service\n    newTag: \"new\"\n    digest: null\n    newName: # none\n",
			images: []Image{one},
			shows:  "+      - image: user-service:new\n",
		},
		{
			name: "a tag in an annotation, copied by a replacement",
			src: "images:\n  - name: user-service\n    newTag: v1\nreplacements:\n  - source: {kind: Deployment, name: user-service, fieldPath: spec.template.spec.containers.0.image, options: {delimiter: \":\", index: 1}}\n" +
				"    targets:\n      - select: {kind: Deployment}\n        fieldPaths: [metadata.annotations.version]\n        options: {create: true}\n",
			want: "images:\n  - name: user-service\n    newTag: \"new\"\nreplacements:\n  - source: {kind: Deployment, name: user-service, fieldPath: spec.template.spec.containers.0.image, options: {delimiter: \":\", index: 1}}\n" +
				"    targets:\n      - select: {kind: Deployment}\n        fieldPaths: [metadata.annotations.version]\n        options: {create: true}\n",
			images: []Image{one}, shows: "+    version: new\n",
		},
		{
			name: "a whole reference in an environment variable, and a tag in a label",
			src: "images:\n  - name: user-service\n    newTag: v1\nreplacements:\n  - source: {kind: Deployment, name: user-service, fieldPath: spec.template.spec.containers.0.image}\n" +
				"    targets:\n      - select: {kind: Deployment, name: ai-worker}\n        fieldPaths: [metadata.annotations.beside]\n        options: {create: true}\n" +
				"  - source: {kind: Deployment, name: user-service, fieldPath: spec.template.spec.containers.0.image, options: {delimiter: \":\", index: 1}}\n" +
				"    targets:\n      - select: {kind: Deployment, name: ai-worker}\n        fieldPaths: [metadata.labels.version]\n        options: {create: true}\n",
			want: "images:\n  - name: user-service\n    newTag: \"new\"\nreplacements:\n  - source: {kind: Deployment, name: user-service, fieldPath: spec.template.spec.containers.0.image}\n" +
				"    targets:\n      - select: {kind: Deployment, name: ai-worker}\n        fieldPaths: [metadata.annotations.beside]\n        options: {create: true}\n" +
				"  - source: {kind: Deployment, name: user-service, fieldPath: spec.template.spec.containers.0.image, options: {delimiter: \":\", index: 1}}\n" +
				"    targets:\n      - select: {kind: Deployment, name: ai-worker}\n        fieldPaths: [metadata.labels.version]\n        options: {create: true}\n",
			images: []Image{one}, shows: "+    beside: user-service:new\n",
		},
		{
			name:   "a chain of entries: the second one has another place",
			src:    "images:\n  - name: user-service\n    newName: ECR/user-service\n    newTag: v1\n  - name: ECR/user-service\n    newName: mirror.example/user-service\n",
			want:   "images:\n  - name: user-service\n    newName: ECR/user-service\n    newTag: \"0123456\"\n    digest: \"DIGEST_B\"\n  - name: ECR/user-service\n    newName: mirror.example/user-service\n",
			images: []Image{user}, shows: "+      - image: mirror.example/user-service:0123456@" + digestB,
		},
		{
			name:   "an entry before it, which is not applied to what it makes",
			src:    "images:\n  - name: ECR/user-service\n    newTag: v9\n  - name: user-service\n    newTag: v1\n",
			want:   "images:\n  - name: ECR/user-service\n    newTag: v9\n  - name: user-service\n    newName: \"ECR/user-service\"\n    newTag: \"0123456\"\n    digest: \"DIGEST_B\"\n",
			images: []Image{user},
		},
		{
			name:   "an image of somebody else, by its whole name",
			src:    "images:\n  - name: envoyproxy/envoy\n    newTag: v1\n",
			want:   "images:\n  - name: envoyproxy/envoy\n    newTag: \"v2\"\n    digest: \"DIGEST_A\"\n",
			images: []Image{{Name: "envoyproxy/envoy", NewTag: "v2", Digest: digestA}}, shows: "+      - image: envoyproxy/envoy:v2@" + digestA,
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			dir := write(t, with(shared(), prodFile, rest+c.src))
			change, err := Bump(t.Context(), dir, "prod", c.images)
			require.NoError(t, err)
			require.Equal(t, rest+fill.Replace(c.want), read(t, dir)[prodFile])
			require.Len(t, change.Notes, len(c.notes))
			for i, note := range c.notes {
				assert.Contains(t, change.Notes[i], note)
			}
			require.Contains(t, change.Diff, c.shows)
			again, err := Bump(t.Context(), dir, "prod", c.images)
			require.NoError(t, err)
			require.Zero(t, again)
		})
	}
}

// TestACommentDoesNotGoWithItsKey: what tools read beside a tag is not lost.
func TestACommentDoesNotGoWithItsKey(t *testing.T) {
	byDigest := Image{Name: "a", NewName: "r/a", Digest: digestA}
	for name, src := range map[string]string{
		"Flux's marker":         "images:\n  - name: a\n    newName: r/a\n    newTag: v2 # {\"$imagepolicy\": \"ns:a:tag\"}\n    digest: DIGEST_A\n",
		"the last line":         "images:\n  - name: a\n    newName: r/a\n    digest: DIGEST_A\n    newTag: v2 # renovate",
		"behind the dash":       "images:\n  - newTag: v2 # why\n    name: a\n    newName: r/a\n    digest: DIGEST_A\n",
		"a flow entry":          "images:\n  - {name: a, newTag: v2, # why\n     newName: r/a, digest: DIGEST_A}\n",
		"a tab before it":       "images:\n  - name: a\n    newName: r/a\n    newTag: v2\t# why\n    digest: DIGEST_A\n",
		"Windows' ends of line": "images:\r\n  - name: a\r\n    newName: r/a\r\n    newTag: v2 # why\r\n    digest: DIGEST_A\r\n",
	} {
		t.Run(name, func(t *testing.T) {
			_, err := Edit([]byte(fill.Replace(src)), []Image{byDigest})
			require.ErrorContains(t, err, "newTag has to go, but a comment stands beside it. Remove the key by hand")
		})
	}
	for name, src := range map[string]string{
		"above it":         "images:\n  - name: a\n    newName: r/a\n    # why\n    newTag: v2\n    digest: DIGEST_A # pinned\n",
		"below it":         "images:\n  - name: a\n    newName: r/a\n    newTag: v2\n    # why\n    digest: DIGEST_A\n",
		"beside the other": "images:\n  - name: a # why\n    newName: r/a # why\n    newTag: v2\n    digest: DIGEST_A # why\n",
	} {
		t.Run(name, func(t *testing.T) {
			out, err := Edit([]byte(fill.Replace(src)), []Image{byDigest})
			require.NoError(t, err)
			require.Equal(t, strings.Replace(fill.Replace(src), "    newTag: v2\n", "", 1), string(out))
		})
	}
}

func TestPinsThatAreNothing(t *testing.T) {
	images, err := PinsIn([]byte("images:\n- {name: a, newTag: ~}\n- {name: b, newTag: null, digest: Null}\n- name: c\n  newTag:\n- {name: d, newTag: 'null'}\n- {name: e, newTag: 1.10}\n"))
	require.NoError(t, err)
	require.Equal(t, []Image{{Name: "a"}, {Name: "b"}, {Name: "c"}, {Name: "d", NewTag: "null"}, {Name: "e", NewTag: "1.10"}}, images)
}

// TestBumpEach leaves out what an environment cannot run, and says why.
func TestBumpEach(t *testing.T) {
	lacking := Image{Name: "gallery-service", NewTag: "new"}
	worker := Image{Name: "ai-worker", NewTag: "new"}
	sidecar := Image{Name: "envoyproxy/envoy", NewTag: "v2"}
	one := Image{Name: "user-service", NewTag: "new"}
	for name, c := range map[string]struct {
		files   map[string]string
		images  []Image
		beside  map[string]string
		left    map[string]string
		changed int
	}{
		"one file, one that it lacks": {files: shared(), images: []Image{one, lacking, worker}, left: map[string]string{"gallery-service": "no manifest changes to gallery-service:new"}, changed: 1},
		"one file, a third party's":   {files: shared(), images: []Image{one, sidecar}, changed: 1},
		"all of them": {files: shared(), images: []Image{lacking, {Name: "other", NewTag: "new"}},
			left: map[string]string{"gallery-service": "no manifest", "other": "no manifest"}},
		"folders, one that has none": {files: perService(), images: []Image{one, lacking}, left: map[string]string{"gallery-service": "gallery-service has no overlay in prod"}, changed: 1},
		"folders, a sidecar":         {files: perService(), images: []Image{one, sidecar}, beside: map[string]string{"envoyproxy/envoy": "user-service"}, changed: 1},
		"folders, a sidecar of one that is not there": {files: perService(), images: []Image{one, sidecar}, beside: map[string]string{"envoyproxy/envoy": "frontend"},
			left: map[string]string{"envoyproxy/envoy": "has no overlay"}, changed: 1},
		"folders, a sidecar that has an entry": {files: with(perService(), "apps/overlays/prod/ai-worker/kustomization.yml", "resources:\n- ../../../base/ai-worker\nimages:\n- name: envoyproxy/envoy\n  newTag: v1\n"),
			images: []Image{sidecar}, changed: 1},
		"with a comment at the end": {files: with(shared(), prodFile, prodKustomization+"# end\n"), images: []Image{one, {Name: "ai-worker", NewTag: "new", NewName: "r/other"}}, changed: 1},
		"a comment in the way": {files: with(shared(), prodFile, strings.Replace(prodKustomization, "    newTag: abc123def  # 특정 커밋 해시", "    digest: "+digestA+" # keep\n    newTag: x", 1)),
			images: []Image{{Name: "user-service", NewName: registry + "/user-service", NewTag: "new"}, worker}, left: map[string]string{"user-service": "a comment stands beside it"}, changed: 1},
	} {
		t.Run(name, func(t *testing.T) {
			dir := write(t, c.files)
			change, left, err := BumpEach(t.Context(), dir, "prod", c.images, c.beside)
			require.NoError(t, err)
			require.Len(t, change.Files, c.changed)
			require.Len(t, left, len(c.left))
			for image, why := range c.left {
				require.ErrorContains(t, left[image], why)
			}
			pins, err := Pins(dir, "prod")
			require.NoError(t, err)
			for _, image := range c.images {
				if c.left[image.Name] == "" {
					require.Equal(t, image, pins[image.Name])
				}
			}
		})
	}
}
