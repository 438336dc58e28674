package definitions_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// TestWhatOnlyTheChecksInstall decides nothing of an image: not its Debian packages, nor
// what it runs.
func TestWhatOnlyTheChecksInstall(t *testing.T) {
	files := map[string]string{
		"requirements.txt": "flask\n", "app.py": "from flask import Flask\n\napp = Flask(__name__)\n", "tests/test_app.py": "",
		".github/workflows/ci.yml": "jobs:\n  test:\n    steps:\n      - run: pip install pytest psycopg gunicorn\n      - run: pytest\n",
	}
	list, err := discover(tree(files))
	require.NoError(t, err)
	require.Len(t, list, 1)
	assert.Empty(t, list[0].Settings.SystemPackages)
	assert.Equal(t, []string{"libpq5"}, list[0].Settings.TestPackages)
	assert.NotContains(t, list[0].Settings.Entrypoint, "gunicorn")

	files["requirements.txt"] = "flask\npsycopg\ngunicorn\n"
	list, err = discover(tree(files))
	require.NoError(t, err)
	assert.Equal(t, []string{"libpq5"}, list[0].Settings.SystemPackages)
	assert.Empty(t, list[0].Settings.TestPackages)
	assert.Contains(t, list[0].Settings.Entrypoint, "gunicorn")
}
