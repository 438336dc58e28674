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

	for name, declared := range map[string]map[string]string{
		"pyproject.toml": {"pyproject.toml": "[project]\nname = 'a'\ndependencies = ['flask', 'gunicorn', 'psycopg2']\n", "tox.ini": "[testenv]\ndeps =\n    gunicorn\n    psycopg2\ncommands = pytest\n"},
		"Poetry":         {"pyproject.toml": "[tool.poetry]\nname = 'a'\n[tool.poetry.dependencies]\nflask = '*'\ngunicorn = '*'\npsycopg2 = '*'\n", "tox.ini": "[testenv]\ndeps = gunicorn\ncommands = pytest\n"},
		"setup.py":       {"setup.py": "from setuptools import setup\nsetup(install_requires=['flask', 'gunicorn>=20', 'psycopg2'])\n", "tox.ini": "[testenv]\ndeps = psycopg2\ncommands = pytest\n"},
		"setup.cfg":      {"setup.py": "", "setup.cfg": "[metadata]\nname = a\n[options]\ninstall_requires =\n    gunicorn\n    psycopg2>=2\n[testenv]\ndeps = psycopg2\n"},
	} {
		declared["app.py"], declared["tests/test_app.py"] = files["app.py"], ""
		list, err := discover(tree(declared))
		require.NoError(t, err, name)
		require.Len(t, list, 1, name)
		assert.Equal(t, []string{"libpq5"}, list[0].Settings.SystemPackages, name)
		assert.Contains(t, list[0].Settings.Entrypoint, "gunicorn", name)
	}

	files["requirements.txt"] = "flask\npsycopg\n"
	files[".github/workflows/ci.yml"] = "jobs:\n  test:\n    steps:\n      - run: pip install pytest psycopg-binary\n      - run: pytest\n"
	list, err = discover(tree(files))
	require.NoError(t, err)
	assert.Equal(t, []string{"libpq5"}, list[0].Settings.SystemPackages, "what has its library is of the checks alone")
}
