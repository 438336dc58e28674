package pyenv_test

import (
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pingvas/pingvas-ci/ci/internal/bounds"
	"github.com/pingvas/pingvas-ci/ci/internal/pyenv"
)

const at = "services/a/" // where the tests' project lies

const (
	hash   = " --hash=sha256:0123456789012345678901234567890123456789012345678901234567890123\n"
	hashed = "idna==3.10" + hash
)

func tree(files map[string]string) fstest.MapFS {
	fsys := fstest.MapFS{}
	for name, text := range files {
		fsys[name] = &fstest.MapFile{Data: []byte(text)}
	}
	return fsys
}

func read(t *testing.T, files map[string]string) pyenv.Project {
	t.Helper()
	p, err := pyenv.Read(tree(files), pyenv.Where{Path: "services/a", Python: "3.13.2"})
	require.NoError(t, err)
	return p
}

// TestManager: who locks a project's packages.
func TestManager(t *testing.T) {
	const project, poetry = "[project]\nname = 'a'\n", "[tool.poetry]\nname = 'a'\n"
	for name, test := range map[string]struct {
		files map[string]string
		want  pyenv.Manager
		lock  string
	}{
		"a uv.lock before requirements": {map[string]string{at + "uv.lock": "", at + "pyproject.toml": project, at + "requirements.txt": hashed}, pyenv.UV, at + "uv.lock"},
		"a poetry.lock":                 {map[string]string{at + "poetry.lock": "", at + "pyproject.toml": poetry}, pyenv.Poetry, at + "poetry.lock"},
		"Poetry without a lock":         {map[string]string{at + "pyproject.toml": poetry}, pyenv.Poetry, ""},
		"requirements with hashes":      {map[string]string{at + "requirements.txt": hashed}, pyenv.Pip, at + "requirements.txt"},
		"requirements without":          {map[string]string{at + "requirements.txt": "flask\n"}, pyenv.Pip, ""},
		"a pylock.toml":                 {map[string]string{at + "pylock.toml": ""}, pyenv.Pip, at + "pylock.toml"},
		"a project alone":               {map[string]string{at + "pyproject.toml": project}, pyenv.Pip, ""},
		"a project of uv's alone":       {map[string]string{at + "pyproject.toml": project + "[tool.uv]\n"}, pyenv.UV, ""},
		"a setup.py alone":              {map[string]string{at + "setup.py": ""}, pyenv.Pip, ""},
		"nothing at all":                {map[string]string{at + "main.py": ""}, pyenv.Pip, ""},
	} {
		p := read(t, test.files)
		assert.Equal(t, test.want, p.Manager, name)
		assert.Equal(t, test.lock, p.Lock, name)
		assert.Equal(t, test.lock != "", p.Hashed, name)
	}
	for file, says := range map[string]string{"pdm.lock": "pdm export", "Pipfile.lock": "pipenv requirements"} {
		_, err := pyenv.Read(tree(map[string]string{at + file: ""}), pyenv.Where{Path: "services/a"})
		require.ErrorContains(t, err, says)
	}
}

// TestWorkspace: a member is locked at its workspace's root.
func TestWorkspace(t *testing.T) {
	p, err := pyenv.Read(tree(map[string]string{"uv.lock": "", at + "pyproject.toml": "[project]\nname='a'\n"}), pyenv.Where{Path: "services/a", Workspace: "."})
	require.NoError(t, err)
	assert.Equal(t, "uv.lock", p.Lock)
	assert.Equal(t, ".", p.Root)
}

// TestGroups: the checks install what projects call by the usual names, and what has
// one of the trade's tools in it, whatever it is called.
func TestGroups(t *testing.T) {
	p := read(t, map[string]string{at + "uv.lock": "", at + "pyproject.toml": "[project]\nname = 'a'\n[project.optional-dependencies]\ntest = ['x']\npdf = ['y']\n" +
		"[dependency-groups]\nlint = []\nquality = ['ruff>=1']\ndocs = ['sphinx']\n"})
	assert.Equal(t, []string{"lint", "quality"}, p.Groups)
	assert.Equal(t, []string{"test"}, p.Extras)
	assert.Equal(t, words("uv sync --inexact --locked --no-cache --python 3.13 --group=lint --group=quality --extra=test"), p.Install(pyenv.Use{}, pyenv.Files{})[0])
	assert.Equal(t, words("uv sync --inexact --locked --no-cache --python 3.13 --no-default-groups --no-editable --python-platform x"),
		p.Install(pyenv.Use{Image: true, Target: "x"}, pyenv.Files{})[0], "the image has none of them")
	assert.Contains(t, strings.Join(p.Fetch(pyenv.Use{}, pyenv.Files{}, "docopt")[0], " "), "--frozen --no-build --no-install-local --python 3.13 --group=lint")

	shipped := read(t, map[string]string{at + "uv.lock": "", at + "pyproject.toml": "[project]\nname = 'a'\n[dependency-groups]\nprod = ['gunicorn']\nlint = []\n"})
	assert.Contains(t, shipped.Install(pyenv.Use{Image: true}, pyenv.Files{})[0], "--group=prod")
	shipped = read(t, map[string]string{at + "poetry.lock": "", at + "pyproject.toml": "[tool.poetry]\nname = 'a'\n[tool.poetry.group.prod.dependencies]\ngunicorn = '1'\n"})
	assert.Contains(t, shipped.Export("c", "i")[1], "--with=prod")
	assert.NotContains(t, p.Install(pyenv.Use{Image: true}, pyenv.Files{})[0], "--group=prod")

	poetry := read(t, map[string]string{at + "poetry.lock": "", at + "pyproject.toml": "[tool.poetry]\nname = 'a'\n[tool.poetry.group.docs]\noptional = true\n[tool.poetry.group.docs.dependencies]\nsphinx = '1'\n" +
		"[tool.poetry.group.other.dependencies]\nx = '1'\n[tool.poetry.dev-dependencies]\ny = '1'\n"})
	assert.Equal(t, []string{"dev", "other"}, poetry.Groups, "as Poetry installs them")
}

// TestSourced: what an editable installation depends on.
func TestSourced(t *testing.T) {
	const project = "[project]\nname = 'a'\nversion = '1'\n[build-system]\nrequires = []\nbuild-backend = "
	for text, want := range map[string][2]bool{
		"[project]\nname = 'a'\n":                                        {false, false},
		project + "'hatchling.build'\n":                                  {true, false},
		project + "'hatchling.build'\n[tool.hatch.build.hooks.custom]\n": {true, true},
		project + "'maturin'\n":                                          {true, true},
		"[project]\nname = 'a'\ndynamic = ['version']\n[build-system]\nbuild-backend = 'flit_core.buildapi'\n": {true, true},
	} {
		p := read(t, map[string]string{at + "uv.lock": "", at + "pyproject.toml": text})
		assert.Equal(t, want, [2]bool{p.Installs, p.Sourced}, text)
	}
	assert.True(t, read(t, map[string]string{at + "setup.py": ""}).Sourced)
}

// TestLinks: a link that leads out of the source would show what the pipeline's own
// machine has, such as the environment of its process.
func TestLinks(t *testing.T) {
	outside := filepath.Join(t.TempDir(), "environ")
	require.NoError(t, os.WriteFile(outside, []byte("SECRET=1\x00"), 0o600))
	readIn := func(files, links map[string]string) error {
		dir := t.TempDir()
		for name, text := range files {
			require.NoError(t, os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600))
		}
		for name, target := range links {
			require.NoError(t, os.Symlink(target, filepath.Join(dir, name)))
		}
		return bounds.In(dir, func(tree fs.FS) error {
			_, err := pyenv.Read(tree, pyenv.Where{Path: "."})
			return err
		})
	}
	for name, test := range map[string]struct{ files, links map[string]string }{
		"requirements.txt":     {nil, map[string]string{"requirements.txt": outside}},
		"requirements-dev.txt": {map[string]string{"requirements.txt": hashed}, map[string]string{"requirements-dev.txt": "../../../../../../../proc/self/environ"}},
		"more.txt":             {map[string]string{"requirements.txt": "-r more.txt\n"}, map[string]string{"more.txt": outside}},
		"constraints.txt":      {map[string]string{"requirements.txt": "-c constraints.txt\n"}, map[string]string{"constraints.txt": outside}},
		"uv.lock":              {nil, map[string]string{"uv.lock": outside}},
		"poetry.lock":          {nil, map[string]string{"poetry.lock": outside}},
		"pyproject.toml":       {map[string]string{"uv.lock": "version = 1\n"}, map[string]string{"pyproject.toml": outside}},
	} {
		err := readIn(test.files, test.links)
		require.ErrorContains(t, err, name+" is a link, or lies behind one, that leads out of")
		assert.NotContains(t, err.Error(), "SECRET")
	}
	require.NoError(t, readIn(map[string]string{"locked.txt": hashed}, map[string]string{"requirements.txt": "locked.txt"}))
}

func words(text string) []string { return strings.Fields(text) }
