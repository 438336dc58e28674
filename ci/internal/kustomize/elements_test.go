package kustomize

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

const setHead = "# 앱\nkind: ApplicationSet\nspec:\n  generators:\n"

func TestAddElements(t *testing.T) {
	for name, test := range map[string]struct{ before, after string }{
		"a block list": {
			"    - list:\n        elements:\n          - name: a\n            namespace: pingvas-prod # 운영\n\n  template: {}\n",
			"    - list:\n        elements:\n          - name: a\n            namespace: pingvas-prod # 운영\n          - name: b\n            namespace: pingvas-prod\n          - name: c\n            namespace: pingvas-prod\n\n  template: {}\n",
		},
		"a path that ends in the name, and quotes": {
			"  - list:\n      elements:\n      -   name: 'a'\n          path: \"apps/overlays/prod/a\"\n",
			"  - list:\n      elements:\n      -   name: 'a'\n          path: \"apps/overlays/prod/a\"\n      -   name: 'b'\n          path: \"apps/overlays/prod/b\"\n      -   name: 'c'\n          path: \"apps/overlays/prod/c\"\n",
		},
		"flow elements": {
			"  - list:\n      elements:\n        - {name: a, namespace: x} # one\n",
			"  - list:\n      elements:\n        - {name: a, namespace: x} # one\n        - {name: b, namespace: x}\n        - {name: c, namespace: x}\n",
		},
		"another key, which the path ends with": {
			"    - list:\n        elements:\n          - app: a\n            stage: dev # 개발\n  template:\n    spec:\n      source: {path: 'apps/overlays/dev/{{app}}'}\n",
			"    - list:\n        elements:\n          - app: a\n            stage: dev # 개발\n          - app: b\n            stage: dev\n          - app: c\n            stage: dev\n  template:\n    spec:\n      source: {path: 'apps/overlays/dev/{{app}}'}\n",
		},
		"a whole path, and a Go template": {
			"    - list:\n        elements:\n          - {dir: apps/overlays/dev/a, name: team-a}\n  template:\n    spec:\n      source:\n        path: \"{{ .dir }}\"\n",
			"    - list:\n        elements:\n          - {dir: apps/overlays/dev/a, name: team-a}\n          - {dir: apps/overlays/dev/b, name: team-a}\n          - {dir: apps/overlays/dev/c, name: team-a}\n  template:\n    spec:\n      source:\n        path: \"{{ .dir }}\"\n",
		},
		"a flow list": {
			"  - list: {elements: [{name: a, namespace: x}]}\n",
			"  - list: {elements: [{name: a, namespace: x}, {name: b, namespace: x}, {name: c, namespace: x}]}\n",
		},
	} {
		t.Run(name, func(t *testing.T) {
			for _, eol := range []string{"\n", "\r\n"} {
				out, err := AddElements([]byte(strings.ReplaceAll(setHead+test.before, "\n", eol)), []string{"a", "b", "c"})
				require.NoError(t, err)
				require.Equal(t, strings.ReplaceAll(setHead+test.after, "\n", eol), string(out))
				again, err := AddElements(out, []string{"c", "b"})
				require.NoError(t, err)
				require.Equal(t, out, again)
			}
		})
	}
	out, err := AddElements([]byte(setHead+"  - list: {elements: [{name: a}]}\n"), []string{"007", "null"})
	require.NoError(t, err)
	require.Equal(t, setHead+"  - list: {elements: [{name: a}, {name: \"007\"}, {name: \"null\"}]}\n", string(out), "names that YAML takes for something else")
	for says, set := range map[string]string{
		"no list of elements":                        "    - git: {directories: []}\n",
		"line 5: this element has no name, by which": "    - list: {elements: [{namespace: x}]}\n",
		"this element has no app, by which":          "    - list: {elements: [{name: x}]}\n  template: {spec: {source: {path: 'a/{{app}}'}}}\n",
		"this element is no mapping":                 "    - list: {elements: [x]}\n",
		"written with escapes":                       "    - list: {elements: [{name: \"\\x61b\"}]}\n",
		"block scalar":                               "    - list:\n        elements:\n          - name: a\n            note: |\n              x\n",
	} {
		_, err := AddElements([]byte(setHead+set), []string{"b"})
		require.ErrorContains(t, err, says)
	}
}
