package pylock_test

import (
	"strings"
	"testing"
	"testing/fstest"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pingvas/pingvas-ci/ci/internal/pylock"
)

const (
	hash = " --hash=sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
	path = "services/a"
)

var strict = pylock.Policy{Path: path}

// dir makes a component's directory.
func dir(files map[string]string) fstest.MapFS {
	fsys := fstest.MapFS{}
	for name, content := range files {
		fsys[name] = &fstest.MapFile{Data: []byte(content)}
	}
	return fsys
}

func TestRequirements(t *testing.T) {
	const locked = "# made by a machine\n--index-url https://mirror.example/simple\n" +
		"Flask_Login[x]==1.2.3 ; python_version < '4' \\\n    --hash=sha256:" +
		"e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855  # via us\n"
	l, err := pylock.Read(dir(map[string]string{
		"requirements.txt":     locked + "-r requirements/base.txt\n",
		"requirements-dev.txt": "-c constraints.txt\nruff==0.1" + hash + "\nmypy==1" + hash + "\npytest==9" + hash + "\npytest-cov==7" + hash,
		"requirements/base.txt": "a @ https://mirror.example/a-1-py3-none-any.whl" + hash +
			"\nb @ https://mirror.example/b.whl#sha256=e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855\n",
		"constraints.txt": "a<2\n",
	}), strict)
	require.NoError(t, err)
	assert.Equal(t, "requirements.txt", l.Source)
	assert.Len(t, l.Files, 4, "with what they include")
	assert.False(t, l.NeedsTools())
	assert.Equal(t, [][]string{{
		"uv", "pip", "install", "--preview-features", "pylock", "--require-hashes", "--target", "/deps",
		"--requirement", "/l/requirements.txt", "--requirement", "/l/requirements-dev.txt",
	}}, l.Install("/l", l.Checks, "--target", "/deps"))
	assert.Equal(t, []string{"requirements.txt"}, l.Image)
}

func TestWithoutDevTheToolsAreNeeded(t *testing.T) {
	l, err := pylock.Read(dir(map[string]string{"requirements.txt": "a==1" + hash}), strict)
	require.NoError(t, err)
	assert.True(t, l.NeedsTools())
	assert.Equal(t, l.Image, l.Checks)
}

// TestRefusals: each message names the file, the line, and what to do.
func TestRefusals(t *testing.T) {
	const relock = "with: uv pip compile --universal --generate-hashes requirements.in --output-file requirements.txt"
	for name, test := range map[string]struct {
		files map[string]string
		want  []string
	}{
		"unpinned": {map[string]string{"requirements.txt": "# a\nflask>=2\n", "requirements.in": ""},
			[]string{"services/a/requirements.txt:2: flask>=2 is not pinned to one version", relock, "allow-unhashed = true"}},
		"a bare name":     {map[string]string{"requirements.txt": "flask"}, []string{"flask is not pinned", "mv requirements.txt requirements.in && uv pip"}},
		"a wildcard":      {map[string]string{"requirements.txt": "flask==2.*" + hash}, []string{"flask==2.* is not pinned"}},
		"two versions":    {map[string]string{"requirements.txt": "flask==2,<3" + hash}, []string{"is not pinned"}},
		"no hash":         {map[string]string{"requirements.txt": "a==1" + hash + "\nflask==2.0 ; os_name=='nt'\n"}, []string{"requirements.txt:2: flask==2.0 has no hash"}},
		"a weak hash":     {map[string]string{"requirements.txt": "a==1 --hash=md5:d41d8cd98f00b204e9800998ecf8427e"}, []string{"a==1 has no hash"}},
		"a repository":    {map[string]string{"requirements.txt": "a @ git+https://example.com/a@v1"}, []string{"comes from a repository"}},
		"a directory":     {map[string]string{"requirements.txt": "./libs/a"}, []string{`"./libs/a" is no requirement`}},
		"editable":        {map[string]string{"requirements.txt": "-e ../../libs/a"}, []string{"is installed from a directory", "libraries setting"}},
		"plain HTTP":      {map[string]string{"requirements.txt": "a @ http://example.com/a.whl" + hash}, []string{"comes from a repository or an archive"}},
		"a second index":  {map[string]string{"requirements.txt": "--extra-index-url https://x.example\na==1" + hash}, []string{"requirements.txt:1: --extra-index-url", "[tool.uv.sources]", "allow-extra-index = true"}},
		"with =":          {map[string]string{"requirements.txt": "--extra-index-url=https://x.example"}, []string{"--extra-index-url lets"}},
		"find links":      {map[string]string{"requirements.txt": "-f https://x.example"}, []string{"-f lets any package"}},
		"behind a hash":   {map[string]string{"requirements.txt": "a==1" + hash + " --extra-index-url https://x.example"}, []string{"requirements.txt:1: option --extra-index-url stands behind something else", "on a line of its own"}},
		"behind a return": {map[string]string{"requirements.txt": "a==1" + hash + "\r--extra-index-url https://x.example"}, []string{"requirements.txt:2: --extra-index-url lets"}},
		"below a comment": {map[string]string{"requirements.txt": "a==1" + hash + " # b \\\n--extra-index-url https://x.example"}, []string{"requirements.txt:2: --extra-index-url lets"}},
		"two in a line":   {map[string]string{"requirements.txt": "a==1" + hash + " b==2" + hash}, []string{"b==2 stands behind a requirement and its hashes"}},
		"no certificates": {map[string]string{"requirements.txt": "--trusted-host x.example"}, []string{"turns the verification of certificates off", "Remove the option"}},
		"unknown option":  {map[string]string{"requirements.txt": "--exec rm"}, []string{"option --exec is not known"}},
		"lost include":    {map[string]string{"requirements.txt": "-r gone.txt"}, []string{"services/a/gone.txt is named by a requirements file, and not there"}},
		"leaving":         {map[string]string{"requirements.txt": "-r ../../etc/x.txt"}, []string{"not there"}},
		"in an include":   {map[string]string{"requirements.txt": "-r requirements/b.txt", "requirements/b.txt": "\n\nb\n"}, []string{"services/a/requirements/b.txt:3: b is not pinned"}},
		"in dev":          {map[string]string{"requirements.txt": "", "requirements-dev.txt": "ruff", "requirements-dev.in": ""}, []string{"requirements-dev.txt:1: ruff is not pinned", "requirements-dev.in --output-file requirements-dev.txt"}},
		"many":            {map[string]string{"requirements.txt": strings.Repeat("x\n", 12)}, []string{"requirements.txt:10:", "and 2 more"}},
		"nothing":         {nil, []string{"services/a has no lock", "uv pip compile"}},
		"no uv lock":      {map[string]string{"pyproject.toml": "[project]\nname='a'"}, []string{"Make one with: uv lock"}},
		"no poetry lock":  {map[string]string{"pyproject.toml": "[tool.poetry]\nname='a'"}, []string{"Make one with: poetry lock"}},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := pylock.Read(dir(test.files), strict)
			require.Error(t, err)
			for _, want := range test.want {
				assert.ErrorContains(t, err, want)
			}
		})
	}
}

func TestSettingsAllow(t *testing.T) {
	unlocked := dir(map[string]string{"requirements.txt": "flask>=2\na @ git+https://example.com/a\n"})
	l, err := pylock.Read(unlocked, pylock.Policy{Path: path, AllowUnhashed: true})
	require.NoError(t, err)
	assert.NotContains(t, l.Install("/l", l.Image)[0], "--require-hashes")

	indexed := dir(map[string]string{"requirements.txt": "--extra-index-url https://x.example\na==1" + hash})
	_, err = pylock.Read(indexed, pylock.Policy{Path: path, AllowExtraIndex: true})
	require.NoError(t, err)
	_, err = pylock.Read(indexed, pylock.Policy{Path: path, AllowUnhashed: true})
	require.Error(t, err, "one setting does not allow the other's")
}

func TestUvLock(t *testing.T) {
	files := map[string]string{
		"pyproject.toml":   "[project]\nname = 'a'\n[tool.ruff]\nline-length = 90\n[tool.uv]\ndefault-groups = ['dev']\n[dependency-groups]\ndev = ['pytest']\n",
		"requirements.txt": "ignored",
		"uv.lock": "version = 1\n[[package]]\nname = 'a'\nversion = '1'\nsource = { virtual = '.' }\n" +
			"[package.dev-dependencies]\ndev = [{ name = 'pytest' }]\n[package.metadata.requires-dev]\ndev = [{ name = 'pytest' }]\n" +
			"[[package]]\nname = 'pytest'\nversion = '9'\nsource = { registry = 'https://x.example/simple' }\n",
	}
	l, err := pylock.Read(dir(files), strict)
	require.NoError(t, err)
	assert.Equal(t, "uv.lock", l.Source)
	assert.NotContains(t, l.Files["pyproject.toml"], "ruff", "a tool's settings install nothing anew")
	assert.Contains(t, l.Files["pyproject.toml"], "default-groups")
	assert.Len(t, l.Export, 2)
	assert.True(t, l.NeedsTools(), "ruff and mypy are missing")
	assert.Equal(t, []pylock.Wheelless{{Name: "pytest", Version: "9"}},
		l.WithoutWheel("error: Package `pytest` can't be installed because it is marked as `--no-build` but has no binary distribution"))

	files["uv.lock"] = strings.Replace(files["uv.lock"], "'pytest' }]", "'pytest' }, { name = 'g' }]", 1)
	files["uv.lock"] += "[[package]]\nname = 'g'\nsource = { git = 'https://x.example/g?rev=v1#abc' }\n"
	_, err = pylock.Read(dir(files), strict)
	require.ErrorContains(t, err, "services/a/uv.lock: g comes from git https://x.example/g?rev=v1#abc")
	_, err = pylock.Read(dir(files), pylock.Policy{Path: path, AllowUnhashed: true})
	require.NoError(t, err)

	delete(files, "pyproject.toml")
	_, err = pylock.Read(dir(files), pylock.Policy{Path: path, AllowUnhashed: true})
	require.ErrorContains(t, err, "no pyproject.toml")
}

func TestPoetryLock(t *testing.T) {
	const file = "files = [{file = 'x.whl', hash = 'sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855'}]\n"
	files := map[string]string{
		"pyproject.toml": "[tool.poetry.group.docs]\noptional = true\n",
		"poetry.lock": "[[package]]\nname = 'web'\nversion = '1.0'\ngroups = ['main']\nmarkers = \"sys_platform == 'linux'\"\n" + file +
			"[[package]]\nname = 'both'\nversion = '2'\ngroups = ['main', 'dev']\nmarkers = {main = 'm', dev = 'd'}\n" + file +
			"[[package]]\nname = 'PyTest'\nversion = '9'\ngroups = ['dev']\n" + file +
			"[[package]]\nname = 'mkdocs'\nversion = '1'\ngroups = ['docs']\n" + file +
			"[[package]]\nname = 'psycopg'\nversion = '3'\noptional = true\ngroups = ['main']\n" + file +
			"[[package]]\nname = 'own'\nversion = '4'\ngroups = ['main']\n" + file +
			"[package.source]\ntype = 'legacy'\nurl = 'https://x.example/simple'\nreference = 'x'\n" +
			"[metadata]\nlock-version = '2.1'\n",
	}
	l, err := pylock.Read(dir(files), strict)
	require.NoError(t, err)
	assert.Equal(t, "web==1.0 ; sys_platform == 'linux' \\\n   "+hash+"\nboth==2 ; m \\\n   "+hash+"\n", l.Files["poetry-image-1.txt"])
	assert.Equal(t, "--index-url https://x.example/simple/\nown==4 \\\n   "+hash+"\n", l.Files["poetry-image-2.txt"], "its index, for it alone")
	checks := l.Files["poetry-checks-1.txt"]
	assert.Contains(t, checks, "both==2 ; (m) or (d) ")
	assert.Contains(t, checks, "PyTest==9 ")
	assert.NotContains(t, checks, "mkdocs", "an optional group")
	assert.NotContains(t, checks, "psycopg", "an extra")
	assert.Len(t, l.Install("/l", l.Image), 2, "one by one")

	for want, change := range map[string][2]string{
		"own comes from directory": {"'legacy'", "'directory'"},
		"own comes from git":       {"'legacy'", "'git'"},
		"web has no hash":          {file, "files = []\n"},
		"Make it anew with Poetry": {"'2.1'", "'2.0'"},
		"poetry lock":              {"[[package]]", "[[package"},
	} {
		broken := map[string]string{"poetry.lock": strings.Replace(files["poetry.lock"], change[0], change[1], 1)}
		_, err := pylock.Read(dir(broken), strict)
		assert.ErrorContains(t, err, want)
	}
}

func TestToolsAreLocked(t *testing.T) {
	assert.Regexp(t, `^(#.*\n)+#    uv pip compile (--[a-z-]+(=\S+)? )+tools\.in\n`, pylock.Tools, "Renovate runs the command of the header")
	l, err := pylock.Read(dir(map[string]string{"requirements.txt": pylock.Tools}), strict)
	require.NoError(t, err)
	assert.False(t, l.NeedsTools())
}
