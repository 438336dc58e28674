package definitions_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// TestTestNeeds: what tests need besides files is of the component, and a change of
// where it stands affects it.
func TestTestNeeds(t *testing.T) {
	const settings = "[project]\nname = 'a'\n[tool.pingvas-ci]\nentrypoint = ['a']\n"
	files := map[string]string{
		"compose.yaml": "services: {db: {image: '${IMAGE}', volumes: ['./init:/init', './my.cnf:/my.cnf']}}\n",
		"a/.env.test":  "IMAGE=postgres:17\nMODE=file\nWHERE=$MODE\n", "init/one.sql": "", "my.cnf": "", "b/requirements.txt": "",
		"a/pyproject.toml": settings + "test-services = ['db']\nenv-file = ['.env.test']\nenvironment = {MODE = 'setting'}\n",
	}
	list, err := discover(tree(files))
	require.NoError(t, err)
	require.Empty(t, list[0].Fault)
	assert.Equal(t, map[string]string{"IMAGE": "postgres:17", "MODE": "setting", "WHERE": "setting"}, list[0].Settings.Environment)
	assert.Equal(t, "postgres:17", list[0].Services[0].Image)
	matcher, err := list[0].Inputs.Matcher()
	require.NoError(t, err)
	for file, want := range map[string]string{
		"compose.yaml": "says what services its tests need", "a/.env.test": "in the component's directory",
		"init/two.sql": "read by the service db of its tests", "other/other.sql": "",
	} {
		why, err := matcher.Why(file)
		require.NoError(t, err)
		assert.Equal(t, want, why, file)
	}

	for said, want := range map[string]string{
		"test-services = ['redis']":                   `test-services: compose.yaml has no service called "redis". Name one of: db`,
		"env-file = ['none']":                         `env file "none" is not there. Correct env-file, or commit the file`,
		"env-file = ['../../x']":                      `is no file of the repository`,
		"env-file = ['.env.test']\ntest-services = 1": `key "test-services" holds a number`,
	} {
		files["a/pyproject.toml"] = settings + said + "\n"
		list, err := discover(tree(files))
		require.NoError(t, err)
		assert.Contains(t, list[0].Fault, want)
		assert.Empty(t, list[1].Fault, "it is one component's fault")
	}
}
