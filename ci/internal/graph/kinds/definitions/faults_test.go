package definitions_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pingvas/pingvas-ci/ci/internal/affected"
	"github.com/pingvas/pingvas-ci/ci/internal/component"
)

// TestAFaultIsItsComponentsAlone: what cannot be read in one directory leaves all others
// as they are, and a list and a plan say it.
func TestAFaultIsItsComponentsAlone(t *testing.T) {
	sound, err := discover(studio(nil))
	require.NoError(t, err)
	for says, files := range map[string]map[string]string{
		"services/user-service/pyproject.toml:1:":          {"services/user-service/pyproject.toml": "[project\n"},
		"unknown key \"ports\"":                            {"services/user-service/pingvas-ci.toml": "ports = 1\n"},
		"library libs/gone (named by":                      {"services/user-service/pingvas-ci.toml": "libraries = ['libs/gone']\n"},
		"frontend/web/package.json: unexpected end of":     {"frontend/web/package.json": "{"},
		"services/cart/pingvas-ci.toml:1:":                 {"services/cart/pingvas-ci.toml": "[", "services/cart/Dockerfile": "FROM scratch\n", "services/cart/go.mod": ""},
		"services/cart/pyproject.toml:1:":                  {"services/cart/pyproject.toml": "]"},
		"services/cart/Dockerfile:1: ":                     {"services/cart/Dockerfile": "FRUM scratch\n", "services/cart/go.mod": ""},
		"two components are called \"user-service\": apps": {"apps/user-service/requirements.txt": ""},
	} {
		found, err := component.Discover(studio(files), kinds, nil)
		require.NoError(t, err, says)
		good := map[string]component.Component{}
		var faulty []component.Component
		for _, c := range found.Components {
			if c.Fault != "" {
				assert.Contains(t, c.Fault, says)
				assert.Contains(t, component.Table(found), "Fault of "+c.Name+": ")
				faulty = append(faulty, c)
				continue
			}
			good[c.Path] = c
		}
		require.NotEmpty(t, faulty, says)
		for _, c := range sound {
			if c.Path != faulty[len(faulty)-1].Path {
				assert.Equal(t, c, good[c.Path], says)
			}
		}
		for file := range files {
			plan, err := affected.Plan(faulty[:1], []string{file})
			require.NoError(t, err)
			require.Len(t, plan, 1, "where a fault may lie: %s", file)
			assert.Contains(t, affected.Table(plan), "  nothing can be done with it: ")
		}
	}
}

// TestAFaultIsPlanned where it may have been made: a library that is gone is the change
// that its component's fault comes from.
func TestAFaultIsPlanned(t *testing.T) {
	list, err := discover(studio(map[string]string{"services/user-service/pingvas-ci.toml": "libraries = ['libs/gone']\n"}))
	require.NoError(t, err)
	plan, err := affected.Plan(list, []string{"libs/gone/a.py"})
	require.NoError(t, err)
	require.Len(t, plan, 1)
	assert.Equal(t, "user-service", plan[0].Component.Name)
	assert.Equal(t, []string{"libs/gone/a.py: in a library of services/user-service, which cannot be read"}, plan[0].Reasons)
}
