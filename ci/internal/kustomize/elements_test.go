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
		"another key, and values within values": {
			"  - matrix:\n      generators:\n        - git: {}\n        - list:\n            elements:\n              - app: a\n                values:\n                  release: a-dev\n                  sizes: [1]\n              - app: z\n                values: {release: z-dev}\n",
			"  - matrix:\n      generators:\n        - git: {}\n        - list:\n            elements:\n              - app: a\n                values:\n                  release: a-dev\n                  sizes: [1]\n              - app: z\n                values: {release: z-dev}\n" +
				"              - app: b\n                values: {release: b-dev, sizes: [1]}\n              - app: c\n                values: {release: c-dev, sizes: [1]}\n",
		},
		"a flow list": {
			"  - list: {elements: [{name: a, namespace: x}]}\n",
			"  - list: {elements: [{name: a, namespace: x}, {name: b, namespace: x}, {name: c, namespace: x}]}\n",
		},
	} {
		t.Run(name, func(t *testing.T) {
			for _, eol := range []string{"\n", "\r\n"} {
				out, err := AddElements([]byte(strings.ReplaceAll(setHead+test.before, "\n", eol)), "a", []string{"a", "b", "c"})
				require.NoError(t, err)
				require.Equal(t, strings.ReplaceAll(setHead+test.after, "\n", eol), string(out))
				again, err := AddElements(out, "a", []string{"c", "b"})
				require.NoError(t, err)
				require.Equal(t, out, again)
			}
		})
	}
	out, err := AddElements([]byte(setHead+"  - list: {elements: [{name: a}]}\n"), "a", []string{"007", "null"})
	require.NoError(t, err)
	require.Equal(t, setHead+"  - list: {elements: [{name: a}, {name: \"007\"}, {name: \"null\"}]}\n", string(out), "names that YAML takes for something else")
	for says, set := range map[string]string{
		"no list of elements":                  "    - git: {directories: []}\n",
		"no element of the set's list is of a": "    - list: {elements: [{namespace: x}]}\n",
		"block scalar":                         "    - list:\n        elements:\n          - name: a\n            note: |\n              x\n",
	} {
		_, err := AddElements([]byte(setHead+set), "a", []string{"b"})
		require.ErrorContains(t, err, says)
	}
}
