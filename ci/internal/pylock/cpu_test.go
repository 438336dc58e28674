package pylock_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pingvas/pingvas-ci/ci/internal/pylock"
)

// onCPU is how the checks of a CUDA worker read its lock.
var onCPU = pylock.Policy{Path: path, CPU: true}

func TestRequirementsForTheCPU(t *testing.T) {
	files := map[string]string{
		"requirements.txt":     "onnxruntime-gpu==1.31.1" + hash + "\n",
		"requirements-cpu.txt": "onnxruntime==1.32.0" + hash + "\n",
		"requirements-dev.txt": "-c requirements.txt\npytest==9" + hash + "\n",
	}
	read := func(p pylock.Policy) pylock.Lock {
		l, err := pylock.Read(dir(files), p)
		require.NoError(t, err)
		return l
	}
	install := func(l pylock.Lock) string { return strings.Join(l.Install("/l", l.Checks, l.CheckOptions...)[0], " ") }

	l := read(onCPU)
	assert.Equal(t, "uv pip install --preview-features pylock --require-hashes --torch-backend cpu "+
		"--requirement /l/requirements-cpu.txt --requirement /l/requirements-dev.txt", install(l))
	for name, text := range l.Files {
		assert.NotContains(t, text, "onnxruntime-gpu", name)
	}
	assert.Equal(t, files["requirements-cpu.txt"], l.Files["requirements.txt"], "the constraints are of what is installed")
	assert.Equal(t, []string{"requirements.txt"}, l.Image)

	service := read(strict)
	assert.Equal(t, []string{"requirements.txt", "requirements-dev.txt"}, service.Checks, "a service has no other build")
	assert.Empty(t, service.CheckOptions)

	files["requirements-cpu.txt"] = "--index-url https://mirror.example/simple\n" + files["requirements-cpu.txt"]
	assert.Empty(t, read(onCPU).CheckOptions, "the file says where its packages come from")

	delete(files, "requirements-cpu.txt")
	l = read(onCPU)
	assert.Contains(t, install(l), "--requirement /l/requirements.txt")
	assert.Contains(t, l.Files["requirements.txt"], "onnxruntime-gpu")
	assert.Empty(t, l.CheckOptions)
}

// TestCPURefusals: builds for the CPU are locked as any other, the image's stay
// so, and a package cannot be two versions.
func TestCPURefusals(t *testing.T) {
	for name, test := range map[string]struct {
		image, cpu, dev string
		want            []string
	}{
		"unpinned": {"a==1" + hash, "onnxruntime", "", []string{"services/a/requirements-cpu.txt:1: onnxruntime is not pinned",
			"mv requirements-cpu.txt requirements-cpu.in && uv pip compile --universal --generate-hashes --torch-backend cpu requirements-cpu.in --output-file requirements-cpu.txt"}},
		"no hash":        {"a==1" + hash, "onnxruntime==1", "", []string{"services/a/requirements-cpu.txt:1: onnxruntime==1 has no hash"}},
		"a second index": {"a==1" + hash, "--extra-index-url https://x.example", "", []string{"services/a/requirements-cpu.txt:1: --extra-index-url lets", "allow-extra-index"}},
		"the image's":    {"onnxruntime-gpu", "a==1" + hash, "", []string{"services/a/requirements.txt:1: onnxruntime-gpu is not pinned"}},
		"two versions": {"protobuf==6" + hash, "a==1" + hash + "\nprotobuf==7" + hash, "\nProtobuf==6" + hash,
			[]string{"services/a/requirements-dev.txt:2: protobuf is locked to 6 here, and to 7 in requirements-cpu.txt:2",
				"Lock the one within the other, in services/a, with: mv requirements-dev.txt requirements-dev.in && " +
					"uv pip compile --universal --generate-hashes --constraints requirements-cpu.txt requirements-dev.in --output-file requirements-dev.txt"}},
		"two versions in one file": {"a==1" + hash, "a==1" + hash + "\na==2" + hash, "",
			[]string{"a is locked to 2 here, and to 1 in requirements-cpu.txt:1", "--torch-backend cpu requirements-cpu.in --output-file requirements-cpu.txt"}},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := pylock.Read(dir(map[string]string{"requirements.txt": test.image, "requirements-cpu.txt": test.cpu, "requirements-dev.txt": test.dev}), onCPU)
			for _, want := range test.want {
				assert.ErrorContains(t, err, want)
			}
		})
	}
	_, err := pylock.Read(dir(map[string]string{
		"requirements.txt":     "protobuf==6" + hash,
		"requirements-cpu.txt": "protobuf==7" + hash + "\nnumpy==1 ; python_version < '3.12'" + hash + "\nnumpy==2 ; python_version >= '3.12'" + hash,
		"requirements-dev.txt": "protobuf==7" + hash,
	}), onCPU)
	require.NoError(t, err, "the image's other version, the same one twice, and one for each Python are none")
}

func TestUvExtraForTheCPU(t *testing.T) {
	asked := func(project string) string { return strings.Replace(project, "x = [", "cpu = [", 1) }
	read := func(lock string, p pylock.Policy) (pylock.Lock, error) {
		p.Member, p.Root = "services/a", "."
		return pylock.Read(dir(map[string]string{"uv.lock": lock, "pyproject.toml": "", "services/a/pyproject.toml": asked(uvMember)}), p)
	}
	l, err := read(asked(uvLocked), onCPU)
	require.NoError(t, err)
	assert.NotContains(t, l.Export[0], "--extra", "the image is the Dockerfile's")
	assert.Equal(t, []string{"--output-file", "pylock.checks.toml", "--extra", "cpu"}, l.Export[1][len(l.Export[1])-4:])

	l, err = read(asked(uvLocked), strict)
	require.NoError(t, err)
	assert.NotContains(t, l.Export[1], "--extra", "of a service")
	l, err = pylock.Read(dir(map[string]string{"uv.lock": uvLocked, "pyproject.toml": "", "services/a/pyproject.toml": uvMember}),
		pylock.Policy{Path: path, CPU: true, Member: "services/a", Root: "."})
	require.NoError(t, err)
	assert.NotContains(t, l.Export[1], "--extra", "there is none of that name")

	git := strings.Replace(asked(uvLocked), "cpu = [", "cpu = [{ name = 'g' }, ", 1) + "[[package]]\nname = 'g'\nsource = { git = 'https://x.example/g' }\n"
	_, err = read(git, onCPU)
	require.ErrorContains(t, err, "g comes from git https://x.example/g")
	_, err = read(git, strict)
	require.NoError(t, err, "it is not installed")
}

func TestPoetryExtraForTheCPU(t *testing.T) {
	const hashes = "files = [{file = 'x.whl', hash = 'sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855'}]\n"
	pkg := func(name, more string) string {
		return "[[package]]\nname = '" + name + "'\nversion = '1'\ngroups = ['main']\n" + hashes + more
	}
	lock := pkg("web", "") +
		pkg("onnxruntime", "optional = true\nmarkers = 'extra == \"cpu\"'\n") +
		pkg("onnxruntime-gpu", "optional = true\nmarkers = {main = 'extra == \"cu12\" and extra != \"cpu\"'}\n") +
		pkg("numpy", "optional = true\nmarkers = 'os_name == \"nt\" and (extra == \"cpu\" or extra == \"cu12\")'\n") +
		pkg("unasked", "optional = true\n") +
		"[extras]\ncpu = ['onnxruntime']\ncu12 = ['onnxruntime-gpu']\n[metadata]\nlock-version = '2.1'\n"
	read := func(lock string, p pylock.Policy) string {
		l, err := pylock.Read(dir(map[string]string{"poetry.lock": lock}), p)
		require.NoError(t, err)
		assert.NotContains(t, l.Files["poetry-image-1.txt"], "onnxruntime")
		return strings.ReplaceAll(l.Files["poetry-checks-1.txt"], " \\\n   "+hash, "")
	}
	const always, never = `python_version >= "3"`, `python_version < "3"`
	assert.Equal(t, "web==1\nonnxruntime==1 ; "+always+"\nonnxruntime-gpu==1 ; "+never+" and "+never+
		"\nnumpy==1 ; os_name == \"nt\" and ("+always+" or "+never+")\n", read(lock, onCPU))
	assert.Equal(t, "web==1\n", read(lock, strict), "of a service")
	assert.Equal(t, "web==1\n", read(strings.Replace(lock, "cpu = [", "other = [", 1), onCPU), "there is no extra of that name")
}
