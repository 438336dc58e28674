package pyenv_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pingvas/pingvas-ci/ci/internal/pyenv"
)

// TestRequirements follows what requirements include, wherever that lies in the
// repository, and in the encodings that editors write.
func TestRequirements(t *testing.T) {
	files := map[string]string{
		at + "requirements.txt":     "-r ../../requirements/base.txt\n--requirement=more.txt # and\n-c" + " ../../constraints.txt\n-e ../../libs/x\n./vendored ; python_version > '3'\nb @ file:../b\n",
		at + "more.txt":             "\xef\xbb\xbfflask>=2 \\\n  ; sys_platform == 'linux'\n",
		"requirements/base.txt":     "\xff\xfei\x00d\x00n\x00a\x00=\x00=\x003\x00.\x001\x000\x00\n\x00",
		"constraints.txt":           "other==1\n",
		at + "requirements-dev.txt": "-r requirements.txt\npytest==9.2.0\n",
	}
	r, err := pyenv.ReadRequirements(tree(files), at+"requirements.txt")
	require.NoError(t, err)
	assert.Equal(t, []string{at + "requirements.txt", "requirements/base.txt", at + "more.txt", "constraints.txt"}, r.Files)
	assert.Equal(t, []string{"libs/x", "services/a/vendored", "services/b"}, r.Directories)
	assert.False(t, r.Hashed)

	p := read(t, files)
	assert.Equal(t, "3.10", p.Locked("IDNA"))
	assert.Empty(t, p.Locked("other"), "a constraint installs nothing")
	assert.Equal(t, "9.2.0", p.Locked("pytest"))
	assert.Contains(t, p.Unhashed, "services/a/requirements.txt has no hashes")
	assert.Contains(t, p.Unhashed, "Move it to requirements.in, and lock that with: uv pip compile --universal --generate-hashes requirements.in --output-file requirements.txt, in services/a")
	old := read(t, map[string]string{at + "setup.py": "setup(extras_require={'test': ['pytest']})\n"})
	assert.Contains(t, old.Unhashed, "Lock them with: uv pip compile --universal --generate-hashes setup.py --output-file requirements.txt, and those of the checks with: uv pip compile --universal --generate-hashes setup.py --extra test --output-file requirements-dev.txt")
	commands := p.Compile(pyenv.Use{Image: true}, "c", "i")
	assert.Equal(t, words("uv pip compile --quiet --no-cache --no-header --no-annotate --emit-index-url --output-file c requirements.txt requirements-dev.txt"), commands[0])
	assert.Equal(t, words("uv pip compile --quiet --no-cache --no-header --no-annotate --emit-index-url --output-file i --constraints c.named requirements.txt"), commands[2], "the same versions")
}

// TestNamed: of what was chosen for checks, what has a name constrains the image.
func TestNamed(t *testing.T) {
	list := filepath.Join(t.TempDir(), "c")
	chosen := "--index-url https://pypi.example/simple\n\n-e file:///src\n./vendored\n/src/a\nhttps://files.example/a.whl\ngit+https://git.example/a\nidna==3.10\nb @ file:///src/b\n"
	require.NoError(t, os.WriteFile(list, []byte(chosen), 0o600))
	commands := read(t, map[string]string{at + "requirements.txt": "-e .\nidna\n"}).Compile(pyenv.Use{Image: true}, list, "i")
	out, err := exec.CommandContext(t.Context(), commands[1][0], commands[1][1:]...).CombinedOutput()
	require.NoError(t, err, string(out))
	named, err := os.ReadFile(list + ".named")
	require.NoError(t, err)
	assert.Equal(t, "--index-url https://pypi.example/simple\n\nidna==3.10\nb @ file:///src/b\n", string(named))
}

// TestRequirementsHashed: nothing is chosen where hashes say what is meant.
func TestRequirementsHashed(t *testing.T) {
	p := read(t, map[string]string{at + "requirements.txt": hashed, at + "requirements-dev.txt": "-c requirements.txt\npytest==9.2.0" + hash})
	assert.True(t, p.Hashed)
	assert.Empty(t, p.Unhashed)
	assert.Empty(t, p.Compile(pyenv.Use{Image: true}, "c", "i"))
	assert.Equal(t, [][]string{words("uv pip install --preview-features pylock --require-hashes --requirement requirements.txt --requirement requirements-dev.txt --only-binary :all:")},
		p.Fetch(pyenv.Use{}, p.Relative()))
	assert.Equal(t, [][]string{words("uv pip install --preview-features pylock --require-hashes --python-platform x --requirement requirements.txt --no-cache")},
		p.Install(pyenv.Use{Image: true, Target: "x"}, p.Relative()))
}

// TestCPU: in the checks, builds for the CPU stand in for those of the image.
func TestCPU(t *testing.T) {
	files := map[string]string{at + "requirements.txt": hashed, at + "requirements-cpu.txt": "torch==2.0" + hash, at + "requirements-dev.txt": "pytest==9.2.0" + hash}
	p, err := pyenv.Read(tree(files), pyenv.Where{Path: "services/a", CPU: true})
	require.NoError(t, err)
	assert.Equal(t, pyenv.Files{Image: []string{"requirements.txt"}, Checks: []string{"requirements-cpu.txt", "requirements-dev.txt"}}, p.Relative())
	assert.True(t, p.TorchCPU, "PyTorch's own index for them, where the file names none")
	files[at+"requirements-cpu.txt"] = "--index-url https://index.example/cpu\ntorch==2.0" + hash
	p, err = pyenv.Read(tree(files), pyenv.Where{Path: "services/a", CPU: true})
	require.NoError(t, err)
	assert.False(t, p.TorchCPU)

	locked := map[string]string{at + "uv.lock": "", at + "pyproject.toml": "[project]\nname = 'a'\n[project.optional-dependencies]\ncpu = ['torch']\n"}
	p, err = pyenv.Read(tree(locked), pyenv.Where{Path: "services/a", CPU: true})
	require.NoError(t, err)
	assert.Equal(t, []string{"cpu"}, p.Extras)
	assert.Empty(t, read(t, locked).Extras)
}

// TestRequirementsRefused: what turns a verification off, and what is not there.
func TestRequirementsRefused(t *testing.T) {
	for text, says := range map[string]string{
		"--trusted-host x\n":                           "services/a/requirements.txt:1: --trusted-host turns the verification of certificates off",
		hashed[:len(hashed)-1] + " --trusted-host x\n": "services/a/requirements.txt:1: --trusted-host turns",
		"# a \\\n--trusted-host x\n":                   "services/a/requirements.txt:2: --trusted-host turns",
		"a==1\r--trusted-host x\n":                     "services/a/requirements.txt:2: --trusted-host turns",
		"\n-r gone.txt\n":                              "services/a/requirements.txt:2 names services/a/gone.txt, which is not there",
	} {
		_, err := pyenv.Read(tree(map[string]string{at + "requirements.txt": text}), pyenv.Where{Path: "services/a"})
		require.ErrorContains(t, err, says)
	}
	p := read(t, map[string]string{at + "requirements.txt": "--extra-index-url https://x.example\n" + hashed})
	assert.Contains(t, p.ExtraIndex, "--extra-index-url lets packages come from a second index")
}

// TestFetchable: what runs nobody's code when it is installed.
func TestFetchable(t *testing.T) {
	const list = "--index-url https://x.example\na==1 \\\n    --hash=sha256:0\n-e ../libs/x\nb @ git+https://x.example/b@1\nDoc.opt==1 \\\n    --hash=sha256:1\n./y\n"
	assert.Equal(t, "--index-url https://x.example\na==1 \\\n    --hash=sha256:0\n", pyenv.Fetchable(list, "doc-opt"))
	assert.True(t, pyenv.Empty("# nothing\n--index-url https://x.example\n"))
	assert.False(t, pyenv.Empty(list))
}
