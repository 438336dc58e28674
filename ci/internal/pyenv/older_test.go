package pyenv_test

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/pingvas/pingvas-ci/ci/internal/pyenv"
)

// TestExtras are read wherever a project may name them, as far as no code has to run.
func TestExtras(t *testing.T) {
	const script = "from setuptools import setup\nextras = {'docs': ['sphinx']}\nextras[\"test\"] = ['pytest']\nsetup(extras_require=extras, classifiers=['dev'])\n"
	for name, test := range map[string]struct {
		files map[string]string
		want  []string
	}{
		"a setup.cfg": {map[string]string{"setup.cfg": "[options.extras_require]\ndev =\n    flake8\n    # twine\ndocs = sphinx\nchecks:\n    black[d]\n"}, []string{"checks", "dev"}},
		"a setup.py":  {map[string]string{"setup.py": script}, []string{"test"}},
		"a project whose fields are in setup.cfg": {map[string]string{
			"pyproject.toml": "[project]\nname = 'a'\ndynamic = ['optional-dependencies']\n[build-system]\nrequires = ['setuptools']\n", "setup.cfg": "[options.extras_require]\ntest = pytest\n",
		}, []string{"test"}},
		"one that says that they are not": {map[string]string{
			"pyproject.toml": "[project]\nname = 'a'\n[build-system]\nrequires = ['setuptools']\n", "setup.cfg": "[options.extras_require]\ntest = pytest\n",
		}, nil},
		"files of setuptools": {map[string]string{
			"pyproject.toml": "[project]\nname = 'a'\ndynamic = ['optional-dependencies']\n[tool.setuptools.dynamic.optional-dependencies]\nlint = {file = ['x']}\n[build-system]\nrequires = ['setuptools']\n",
		}, []string{"lint"}},
		"what its automation installs it with": {map[string]string{
			"pyproject.toml":           "[project]\nname = 'a'\n[build-system]\nrequires = ['x']\n[project.optional-dependencies]\nd = ['aiohttp']\nall = ['x']\nhttp = ['x']\npdf = ['x']\ndocs = ['x']\ndjango42 = ['x']\nunused = ['x']\n",
			"tox.ini":                  "[testenv]\nextras =\n    http\ncommands =\n    pip install -e .[d]\n",
			"noxfile.py":               "session.install('-e', '.[pdf, docs]')\n",
			".github/workflows/ci.yml": "      - run: uv sync --extra all --extra django42\n",
		}, []string{"all", "d", "http", "pdf"}},
		"all that there are": {map[string]string{
			"pyproject.toml": "[project]\nname = 'a'\n[build-system]\nrequires = ['x']\n[project.optional-dependencies]\nhttp = ['x']\ndocs = ['x']\n",
			"Makefile":       "test:\n\tuv sync --all-extras\n\tpytest\n",
		}, []string{"http"}},
		"Poetry's": {map[string]string{
			"pyproject.toml": "[tool.poetry]\nname = 'a'\n[tool.poetry.extras]\nhttp = ['x']\npdf = ['x']\nxml = ['x']\nmore = ['x']\n", "poetry.lock": "",
			"Makefile": "test:\n\tpoetry install --extras \"http pdf\" -E xml --extra-index-url more\n",
		}, []string{"http", "pdf", "xml"}},
	} {
		files := map[string]string{}
		for file, text := range test.files {
			files[at+file] = text
		}
		if files[at+"pyproject.toml"] == "" {
			files[at+"setup.py"] += "\n"
		}
		assert.ElementsMatch(t, test.want, read(t, files).Extras, name)
	}
}

// TestItself: the project is chosen for as pip is given it, so that no package of its
// name is taken for it; and groups are chosen, of which others may exclude each other.
func TestItself(t *testing.T) {
	p := read(t, map[string]string{at + "pyproject.toml": "[project]\nname = 'a'\n[build-system]\nrequires = ['x']\n[project.optional-dependencies]\ntest = ['a[full]']\nfull = ['x']\n" +
		"[dependency-groups]\ndev = ['a[full]']\ndjango42 = ['django<5']\ndjango52 = ['django>5']\n"})
	commands := p.Compile(pyenv.Use{}, "c", "i")
	assert.Equal(t, []string{"sh", "-c", `printf -- '-e %s\n' "$0" > "$1"`, ".[test]", "c.own"}, commands[0])
	assert.Equal(t, words("uv pip compile --quiet --no-cache --no-header --no-annotate --emit-index-url --output-file c --group=dev c.own"), commands[1])
	assert.Equal(t, []string{"sed", "-i", `/^-e \.$/d`, "c"}, commands[2], "it is installed afterwards")
	assert.Len(t, commands, 3, "what the image takes stops no check")
	image := p.Compile(pyenv.Use{Image: true}, "c", "i")
	assert.Equal(t, words("uv pip compile --quiet --no-cache --no-header --no-annotate --emit-index-url --output-file i --constraints c.named pyproject.toml"), image[len(image)-1])

	p = read(t, map[string]string{at + "pyproject.toml": "[project]\nname = 'a'\n[project.optional-dependencies]\ntest = ['pytest']\n"})
	assert.Equal(t, words("uv pip compile --quiet --no-cache --no-header --no-annotate --emit-index-url --output-file c --extra=test pyproject.toml"), p.Compile(pyenv.Use{}, "c", "i")[0], "which is no package")
}

// TestLayers: where the files of the checks have all of their own, what only the image
// takes is not installed for them.
func TestLayers(t *testing.T) {
	files := map[string]string{
		at + "requirements.txt": "-r requirements/production.txt\n", at + "requirements/production.txt": "-r base.txt\nuwsgi\n",
		at + "requirements/base.txt": "django\n", at + "requirements/development.txt": "-r base.txt\nruff==0.15\n",
	}
	assert.Equal(t, pyenv.Files{Image: []string{"requirements.txt"}, Checks: []string{"requirements/development.txt"}}, read(t, files).Relative())
	files[at+"requirements/development.txt"] = "ruff==0.15\n"
	assert.Equal(t, []string{"requirements.txt", "requirements/development.txt"}, read(t, files).Relative().Checks)
}

// TestBrought: an extra brings what is called so by habit.
func TestBrought(t *testing.T) {
	for name, text := range map[string]string{"requirements.txt": "psycopg[binary,pool]>=3\n", "pyproject.toml": "[project]\nname = 'a'\ndependencies = ['psycopg [binary]>=3']\n"} {
		p := read(t, map[string]string{at + name: text})
		assert.True(t, p.Has("psycopg") && p.Has("psycopg-binary"), name)
		assert.False(t, p.Has("binary"))
	}
}
