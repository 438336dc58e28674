package kustomize

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

const (
	registry = "123456789012.dkr.ecr.ap-northeast-2.amazonaws.com"
	digestA  = "sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
	digestB  = "sha256:bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"
)

// user is the image that most of the cases write.
var user = Image{Name: "user-service", NewName: registry + "/user-service", NewTag: "0123456", Digest: digestB}

// fill stands the long values in, so that the cases below stay readable.
var fill = strings.NewReplacer("ECR", registry, "DIGEST_A", digestA, "DIGEST_B", digestB)

var edits = []struct {
	name      string
	images    []Image
	src, want string
}{
	{
		name:   "the guide's own prod line keeps its Korean comment",
		images: []Image{user},
		src: `apiVersion: kustomize.config.k8s.io/v1beta1
kind: Kustomization

namespace: pingvas-prod

resources:
  - ../../base/user-service

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
`,
		want: `apiVersion: kustomize.config.k8s.io/v1beta1
kind: Kustomization

namespace: pingvas-prod

resources:
  - ../../base/user-service

images:
  - name: user-service
    newName: ECR/user-service
    newTag: "0123456"  # 특정 커밋 해시
    digest: "DIGEST_B"

patches:
  - patch: |-
      - op: replace
        path: /spec/replicas
        value: 3
    target:
      kind: Deployment
      name: user-service
`,
	},
	{
		name:   "the entry is found by name, not by place; a new entry follows the last and precedes the comment",
		images: []Image{user, {Name: "ai-worker", NewTag: "f00-cuda", Digest: digestA}},
		src:    "images:\n  - name: frontend\n    newTag: one\n  - name: user-service\n    newTag: two\n  # ... 다른 서비스들\n",
		want: "images:\n  - name: frontend\n    newTag: one\n  - name: user-service\n    newName: \"ECR/user-service\"\n    newTag: \"0123456\"\n    digest: \"DIGEST_B\"\n" +
			"  - name: \"ai-worker\"\n    newTag: \"f00-cuda\"\n    digest: \"DIGEST_A\"\n  # ... 다른 서비스들\n",
	},
	{
		name:   "document start, blank lines, byte order mark, and a list without indentation",
		images: []Image{user},
		src:    "\uFEFF---\n# 머리말\n\nimages:\n- name: other\n\n\n-   newTag: 'it''s'   # here\n    name: user-service\n    digest:\n    newName: \"a\\\"b\"\n",
		want:   "\uFEFF---\n# 머리말\n\nimages:\n- name: other\n\n\n-   newTag: \"0123456\"   # here\n    name: user-service\n    digest: \"DIGEST_B\"\n    newName: \"ECR/user-service\"\n",
	},
	{
		name:   "CRLF, and no line break at the end of the file",
		images: []Image{user},
		src:    "images:\r\n  - name: user-service\r\n    newTag: x",
		want:   "images:\r\n  - name: user-service\r\n    newName: \"ECR/user-service\"\r\n    newTag: \"0123456\"\r\n    digest: \"DIGEST_B\"",
	},
	{
		name:   "columns are runes: keys before the value hold wide characters",
		images: []Image{user},
		src:    "images: [{이름: '값 😀', name: user-service, newTag: x, digest: y}] # 끝\n",
		want:   "images: [{이름: '값 😀', name: user-service, newName: \"ECR/user-service\", newTag: \"0123456\", digest: \"DIGEST_B\"}] # 끝\n",
	},
	{
		name:   "line separators count as line breaks, as the parser has it",
		images: []Image{{Name: "a", NewTag: "new"}},
		src:    "# one\u2028# two\u0085images:\n  - name: a\n    newTag: old\n",
		want:   "# one\u2028# two\u0085images:\n  - name: a\n    newTag: \"new\"\n",
	},
	{
		name:   "JSON style: keys are quoted as their siblings are",
		images: []Image{{Name: "a", NewTag: "new", Digest: digestA}, {Name: "b", NewTag: "1"}},
		src:    "{\"images\": [\n  {\"name\":\"a\",\"newTag\":\"old\"}\n]}\n",
		want:   "{\"images\": [\n  {\"name\":\"a\",\"newTag\":\"new\", \"digest\": \"DIGEST_A\"}, {\"name\": \"b\", \"newTag\": \"1\"}\n]}\n",
	},
	{
		name:   "flow entries in a block list",
		images: []Image{{Name: "b", NewTag: "1"}},
		src:    "images:\n  -  {name: a, newTag: x, # why\n      }  # end\nnamespace: n\n",
		want:   "images:\n  -  {name: a, newTag: x, # why\n      }  # end\n  -  {name: \"b\", newTag: \"1\"}\nnamespace: n\n",
	},
	{
		name:   "an entry whose mapping starts below its dash",
		images: []Image{{Name: "a", NewTag: "new"}, {Name: "b", NewTag: "1"}},
		src:    "images:\n  - # first\n    name: a\n    newTag:\n      old\n",
		want:   "images:\n  - # first\n    name: a\n    newTag:\n      \"new\"\n  - name: \"b\"\n    newTag: \"1\"\n",
	},
	{
		name:   "an empty list",
		images: []Image{{Name: "a", NewTag: "1"}, {Name: "on", NewTag: "on"}},
		src:    "images: [ ]  # none yet\nnamespace: n\n",
		want:   "images: [{name: \"a\", newTag: \"1\"}, {name: \"on\", newTag: \"on\"} ]  # none yet\nnamespace: n\n",
	},
	{
		name:   "a list that is nothing",
		images: []Image{{Name: "a", NewTag: "1"}},
		src:    "images:  # to come\nnamespace: n\n",
		want:   "images:  # to come\n  - name: \"a\"\n    newTag: \"1\"\nnamespace: n\n",
	},
	{
		name:   "a list that is null",
		images: []Image{{Name: "a", NewTag: "1"}},
		src:    "images: ~\nnamespace: n\n",
		want:   "images: [{name: \"a\", newTag: \"1\"}]\nnamespace: n\n",
	},
	{
		name:   "no list: it comes last, indented as the other lists are",
		images: []Image{{Name: "a", NewTag: "1", Digest: digestA}},
		src:    "resources:\n- ../base\n\n# the end\n",
		want:   "resources:\n- ../base\n\n# the end\nimages:\n- name: \"a\"\n  newTag: \"1\"\n  digest: \"DIGEST_A\"\n",
	},
	{
		name:   "no list, no line break at the end",
		images: []Image{{Name: "a", NewTag: "1"}},
		src:    "namespace: n",
		want:   "namespace: n\nimages:\n  - name: \"a\"\n    newTag: \"1\"",
	},
	{
		name:   "no list, and a mark that ends the document",
		images: []Image{{Name: "a", NewTag: "1"}},
		src:    "---\nnamespace: n\n...\n# after\n",
		want:   "---\nnamespace: n\nimages:\n  - name: \"a\"\n    newTag: \"1\"\n...\n# after\n",
	},
	{
		name:   "an older pin had no digest and no newName: both lines go",
		images: []Image{{Name: "a", NewTag: "1"}},
		src:    "images:\n  - name: a\n    newName: r/a\n    newTag: \"2\"\n    # a comment\n    digest: DIGEST_A",
		want:   "images:\n  - name: a\n    newTag: \"1\"\n    # a comment\n",
	},
	{
		name:   "removal of the key behind the dash, and in flow style of the first and the last",
		images: []Image{{Name: "a", NewTag: "1"}, {Name: "b", NewTag: "1"}, {Name: "c", NewTag: "1"}},
		src:    "images:\n- digest: DIGEST_A\n  name: a\n  newTag: \"1\"\n- {digest: DIGEST_A, name: b, newTag: '1'}\n- {name: c, newTag: '1', digest: DIGEST_A}\n",
		want:   "images:\n- name: a\n  newTag: \"1\"\n- {name: b, newTag: '1'}\n- {name: c, newTag: '1'}\n",
	},
	{
		name:   "a value that kustomize would not read as a string is quoted",
		images: []Image{{Name: "a", NewTag: "706798e8"}, {Name: "b", NewTag: "0o17"}, {Name: "c", NewTag: "y"}, {Name: "d", NewTag: "null"}},
		src:    "images:\n- {name: a, newTag: 706798e8}\n- {name: b, newTag: 0o17}\n- {name: c, newTag: y}\n- {name: d, newTag: null}\n",
		want:   "images:\n- {name: a, newTag: \"706798e8\"}\n- {name: b, newTag: \"0o17\"}\n- {name: c, newTag: \"y\"}\n- {name: d, newTag: \"null\"}\n",
	},
	{
		name:   "the same values, in whatever quotes, are the same bytes",
		images: []Image{{Name: "a", NewName: "r/a", NewTag: "abc123def", Digest: digestA}},
		src:    "images:\n- name: a\n  newName: r/a   # plain\n  newTag: 'abc123def'\n  digest: \"DIGEST_A\"\n",
		want:   "images:\n- name: a\n  newName: r/a   # plain\n  newTag: 'abc123def'\n  digest: \"DIGEST_A\"\n",
	},
	{
		name:   "block scalars, anchors and odd entries that are not touched are left alone",
		images: []Image{{Name: "a", NewTag: "new"}},
		src:    "x: &anchor |\n  images:\n    - name: a\nimages:\n- name: b\n  newTag: >-\n    folded\n- name: a\n  newTag: old\n",
		want:   "x: &anchor |\n  images:\n    - name: a\nimages:\n- name: b\n  newTag: >-\n    folded\n- name: a\n  newTag: \"new\"\n",
	},
}

func TestEdit(t *testing.T) {
	for _, c := range edits {
		t.Run(c.name, func(t *testing.T) {
			src, want := fill.Replace(c.src), fill.Replace(c.want)
			got, err := Edit([]byte(src), c.images)
			require.NoError(t, err)
			require.Equal(t, want, string(got))

			again, err := Edit(got, c.images)
			require.NoError(t, err)
			require.Equal(t, want, string(again), "the second time there is nothing to do")
		})
	}
}

var refusals = []struct {
	name, src string
	image     Image
	err       string
}{
	{name: "two documents", src: "images: []\n---\nkind: x\n", err: "line 2: a second document starts here"},
	{name: "an empty second document", src: "images: []\n---\n", err: "a second document starts here"},
	{name: "nothing", src: "", err: "holds no YAML document"},
	{name: "only a comment", src: "# 없음\n", err: "no YAML document"},
	{name: "an empty mapping", src: "{}\n", err: "not a kustomization"},
	{name: "a list", src: "- a\n", err: "not a kustomization"},
	{name: "not YAML", src: "images: [\n", err: "not YAML"},
	{name: "broken further on", src: "images: []\n---\n]\n", err: "not YAML"},
	{name: "not UTF-8", src: "a: \xff\n", err: "not UTF-8"},
	{name: "an alias in an entry", src: "x: &t old\nimages:\n- name: a\n  newTag: *t\n", err: "line 4: the alias *t is refused"},
	{name: "an alias elsewhere", src: "images: &i []\nx: *i\n", err: "line 2: the alias *i is refused"},
	{name: "a merge key", src: "images:\n- name: a\n  <<: {newTag: x}\n", err: "line 3: the merge key << is refused"},
	{name: "a literal block", src: "images:\n- name: a\n  newTag: |-\n    old\n", err: "line 3: the value is a block scalar"},
	{name: "a folded block", src: "images:\n- name: a\n  newTag: >\n    old\n", err: "line 3: the value is a block scalar"},
	{name: "a tag", src: "images:\n- name: a\n  newTag: !!str 12\n", err: "line 3: the value \"12\" carries a tag or an anchor"},
	{name: "an anchor", src: "images:\n- name: a\n  newTag: &t old\n", err: "line 3: the value \"old\" carries a tag or an anchor"},
	{name: "a value over two lines", src: "images:\n- name: a\n  newTag: one\n    two\n", err: "line 3: the end of the value"},
	{name: "a list for a value", src: "images:\n- name: a\n  newTag: [x]\n", err: "line 3: a list or mapping stands where"},
	{name: "one name twice", src: "images:\n- name: a\n- name: b\n- name: a\n", err: "line 4: image \"a\" has an entry on line 2 already"},
	{name: "two others with one name", src: "images:\n- name: a\n- name: b\n- name: b\n", err: "line 4: image \"b\" has an entry on line 3 already"},
	{name: "no name", src: "images:\n- name: a\n- newTag: x\n", err: "line 3: this entry of images has no name"},
	{name: "an empty name", src: "images:\n- name: ''\n", err: "line 2: this entry of images has no name"},
	{name: "a name that is a number", src: "images:\n- name: 0\n", err: "line 2: the name 0 is no text to kustomize"},
	{name: "an entry that is a string", src: "images:\n- a\n", err: "line 2: this entry of images is not a mapping"},
	{name: "one key twice", src: "images:\n- name: a\n  newTag: x\n  newTag: y\n", err: "line 4: the key \"newTag\" stands on line 3 already"},
	{name: "a mapping for a key", src: "{}:\n", err: "line 1: a list or a mapping stands where a key should"},
	{name: "two lists", src: "images: []\nimages: []\n", err: "line 2: the key \"images\" stands on line 1 already"},
	{name: "a mapping for a list", src: "images: {a: b}\n", err: "line 1: images is not a list"},
	{name: "no list in a flow mapping", src: "{a: b}\n", err: "line 1: the whole file is one flow mapping"},
	{name: "a comment beside what must go", src: "images:\n- {name: a, # c\n   digest: x, newTag: y, # d\n   newName: z}\n", err: "line 4: newName has to go, but a comment stands beside it"},
	{name: "a last value that a new line would lengthen", src: "x: |\n  text", err: "the edit would change more of the file than its images"},
	{name: "no tag and no digest", src: "images: []\n", image: Image{Name: "a"}, err: "neither a tag nor a digest"},
	{name: "a tag that breaks out", src: "images: []\n", image: Image{Name: "a", NewTag: "a\"\nb"}, err: "image tag \"a\\\"\\nb\" is refused"},
	{name: "a bad repository", src: "images: []\n", image: Image{Name: "a", NewTag: "x", NewName: "a b"}, err: "image repository \"a b\" is refused"},
	{name: "a short digest", src: "images: []\n", image: Image{Name: "a", Digest: "sha256:abc"}, err: "image digest \"sha256:abc\" is refused"},
	{name: "a bad name", src: "images: []\n", image: Image{Name: "", NewTag: "x"}, err: "it is empty"},
}

func TestEditRefuses(t *testing.T) {
	for _, c := range refusals {
		t.Run(c.name, func(t *testing.T) {
			image := c.image
			if image == (Image{}) {
				image = Image{Name: "a", NewTag: "new"}
			}
			out, err := Edit([]byte(c.src), []Image{image})
			require.ErrorContains(t, err, c.err)
			require.Nil(t, out)
		})
	}
}

func TestEditRefusesAnImageTwice(t *testing.T) {
	_, err := Edit([]byte("images: []\n"), []Image{{Name: "a", NewTag: "x"}, {Name: "a", NewTag: "y"}})
	require.ErrorContains(t, err, `image "a" is given twice`)
}
