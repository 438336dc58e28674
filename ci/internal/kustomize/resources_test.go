package kustomize

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestAddResources(t *testing.T) {
	for name, c := range map[string]struct{ src, want string }{
		"behind the last, with its comment": {"resources:\n  - a # 하나\n  # end\nimages: []\n", "resources:\n  - a # 하나\n  - b\n  # end\nimages: []\n"},
		"without indentation, CRLF":         {"resources:\r\n- a\r\nkind: x\r\n", "resources:\r\n- a\r\n- b\r\nkind: x\r\n"},
		"flow":                              {"resources: [a] # x\n", "resources: [a, b] # x\n"},
		"there already":                     {"resources: [\"b\"]\n", "resources: [\"b\"]\n"},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := AddResources([]byte(c.src), []string{"b"})
			require.NoError(t, err)
			require.Equal(t, c.want, string(got))
		})
	}
	for _, src := range []string{"images: []\n", "resources:\n", "resources: a\n", "resources: []\n"} {
		_, err := AddResources([]byte(src), []string{"b"})
		require.ErrorContains(t, err, "by hand", src)
	}
}
