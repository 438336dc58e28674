package tests

import (
	"crypto/sha256"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// TestPythonShapes checks services that were never written for this module: one
// locked by requirements without tools, one by uv, one by Poetry in a src
// layout; and runs the image of each.
func TestPythonShapes(t *testing.T) {
	t.Parallel()
	s := newShapes(t)
	s.lockWithUv("uv-service")

	t.Run("every gate of every shape passes", func(t *testing.T) {
		_, err := s.call("check")
		require.NoError(t, err)
	})
	t.Run("they are listed with their versions and where those come from", func(t *testing.T) {
		table, err := s.call("components")
		require.NoError(t, err)
		assert.Regexp(t, `plain-service +python +services/plain-service +python 3\.13 \(\.python-version\) +built-in recipe`, table)
		assert.Regexp(t, `uv-service .* python 3\.13 \(requires-python\)`, table)
		assert.Regexp(t, `poetry-service .* python 3\.13 \(requires-python\)`, table)
		list, err := s.call("services", "summary")
		require.NoError(t, err)
		assert.Equal(t, "plain-service: python in services/plain-service, python 3.13 (.python-version)\n"+
			"poetry-service: python in services/poetry-service, python 3.13 (requires-python)\n"+
			"uv-service: python in services/uv-service, python 3.13 (requires-python)\n", list)
	})
	for name, says := range map[string]string{"uv-service": "&LT;UV&GT;", "poetry-service": "&LT;POETRY&GT;"} {
		t.Run(name+" runs as an image", func(t *testing.T) {
			said, err := s.call("service", "--name", name, "image", "--platform", "linux/amd64",
				"with-exec", "--use-entrypoint", "--args", "", "stdout")
			require.NoError(t, err)
			assert.Equal(t, says, strings.TrimSpace(said))
		})
	}
	t.Run("for the other platform, from the same build, without running it", func(t *testing.T) {
		files, err := s.image("uv-service", "linux/arm64", "rootfs", "glob", "--pattern", "app/**")
		require.NoError(t, err)
		assert.Contains(t, files, "app/deps/markupsafe/_speedups.cpython-313-aarch64-linux-gnu.so")
		assert.Contains(t, files, "app/deps/markupsafe/__pycache__/__init__.cpython-313.pyc", "bytecode")
		assert.Contains(t, files, "app/uvshape/__pycache__/__init__.cpython-313.pyc")
		for _, left := range []string{"x86_64", "tests", "uv.lock", ".lock"} {
			assert.NotContains(t, files, left)
		}
	})
}

// TestPythonImage starts the same service as the recipe and as a Dockerfile
// make it, and asks for its health.
func TestPythonImage(t *testing.T) {
	t.Parallel()
	s := newShapes(t, plain)
	answer := s.serve(t)
	assert.Equal(t, "hello &lt;you&gt; uid=65532 compiled=True", answer)

	t.Run("its configuration", func(t *testing.T) {
		dir := t.TempDir()
		s.export(t, filepath.Join(dir, "a.tar"))
		config := readImage(t, filepath.Join(dir, "a.tar"))
		assert.Equal(t, "65532:65532", config.user)
		requireTimeless(t, config, 2)
		assert.Equal(t, []string{"CMD", "python", "-c"}, config.health[:3])
		assert.Contains(t, config.health[3], "127.0.0.1:8000/healthz")
		assert.Equal(t, map[string]string{"org.opencontainers.image.title": plain}, ociLabels(config), "none of the base image's own")
	})
	t.Run("installed anew, the same files are the same layers", func(t *testing.T) {
		dir := t.TempDir()
		s.export(t, filepath.Join(dir, "a.tar"))
		s.append("requirements.txt", "# "+time.Now().String()+"\n")
		s.export(t, filepath.Join(dir, "b.tar"))
		assert.Equal(t, ours(t, filepath.Join(dir, "a.tar")), ours(t, filepath.Join(dir, "b.tar")))
	})
	t.Run("an edited source file installs nothing anew", func(t *testing.T) {
		_, err := s.log("service", "--name", plain, "typecheck")
		require.NoError(t, err)
		s.append("plain/greeting.py", "\n\n# "+time.Now().String()+"\n")
		log, err := s.log("service", "--name", plain, "image", "--platform", "linux/arm64", "user")
		require.NoError(t, err)
		assert.Equal(t, "CACHED", ending(t, log, "withExec uv pip install .*requirements.txt"))
		assert.NotEqual(t, "CACHED", ending(t, log, "withExec python -m compileall"), "the sources are new")
		log, err = s.log("service", "--name", plain, "typecheck")
		require.NoError(t, err)
		assert.Equal(t, "CACHED", ending(t, log, "withExec uv pip install .*locked/requirements.txt"))
		assert.NotEqual(t, "CACHED", ending(t, log, `withExec mypy \.`))
	})
	t.Run("by a Dockerfile", func(t *testing.T) {
		s.write("Dockerfile", dockerfile)
		assert.Equal(t, "docker &lt;you&gt; uid=65532 compiled=True", s.serve(t))
	})
	t.Run("by a shared Dockerfile, with a target, an argument and a secret", func(t *testing.T) {
		require.NoError(t, os.Remove(s.path(plain, "Dockerfile")))
		require.NoError(t, os.Mkdir(filepath.Join(s.dir, "docker"), 0o755))
		require.NoError(t, os.WriteFile(filepath.Join(s.dir, "docker", "Dockerfile."+plain), []byte(
			"FROM python:3.13-slim AS first\nARG FLAVOUR\n"+
				"RUN --mount=type=secret,id=token echo $FLAVOUR $(sha256sum < /run/secrets/token) > /built\n"+
				"FROM first AS second\nRUN rm /built\n"), 0o644))
		s.append("pyproject.toml", "\n[tool.pingvas-ci.build-args]\nFLAVOUR = \"mild\"\n")
		s.set(`target = "first"`)
		said, err := dagger(t, append(source(s.dir), "with-build-secret", "--name", "token", "--secret", "env:BUILD_TOKEN",
			"service", "--name", plain, "image", "--platform", "linux/amd64", "file", "--path", "/built", "contents"), "BUILD_TOKEN=s3cret")
		require.NoError(t, err)
		assert.Equal(t, fmt.Sprintf("mild %x -", sha256.Sum256([]byte("s3cret"))), strings.Join(strings.Fields(said), " "))
	})
}

// TestPythonForeignLibraries: a Dockerfile that forgets the target.
func TestPythonForeignLibraries(t *testing.T) {
	t.Parallel()
	s := newShapes(t, plain)
	s.write("Dockerfile", dockerfile)
	_, err := s.image(plain, "linux/arm64", "user")
	require.Error(t, err)
	assert.Contains(t, err.Error(), "shared objects of another processor in an image for linux/arm64")
	assert.Contains(t, err.Error(), "_speedups.cpython-313-x86_64-linux-gnu.so is for amd64")
}

// TestDaggerCheck: the gates are found by name, and run by it.
func TestDaggerCheck(t *testing.T) {
	t.Parallel()
	list := exec.CommandContext(t.Context(), "dagger", "--progress=plain", "--mod", module, "check", "--list")
	output, err := list.CombinedOutput()
	require.NoError(t, err, string(output))
	for _, gate := range []string{"lint", "format", "typecheck", "test", "coverage", "others", "formatted"} {
		assert.Contains(t, string(output), "pingvas-ci:gates:"+gate)
	}
	s := newShapes(t, plain)
	s.write("plain/unsorted.py", "import os\n")
	_, err = s.call("gates", "lint")
	require.ErrorContains(t, err, "plain-service lint")
	_, err = s.call("gates", "typecheck")
	require.NoError(t, err, "another gate")
}

// TestPythonReports breaks a service and a worker, and takes their reports all
// the same. Before, both pass.
func TestPythonReports(t *testing.T) {
	t.Parallel()
	for _, kind := range []string{"service", "worker"} {
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			s := newShapes(t, plain)
			if kind == "worker" {
				s.write("Dockerfile.cuda", "FROM scratch\n")
				s.set(`test-paths = ["tests"]`)
			}
			s.reports(t, kind)
		})
	}
}

func (s shapes) reports(t *testing.T, kind string) {
	t.Helper()
	call := func(args ...string) (string, error) {
		return s.call(append([]string{kind, "--name", plain}, args...)...)
	}
	for _, gate := range []string{"check", "coverage-check"} {
		_, err := call(gate)
		require.NoError(t, err)
	}
	unchanged, err := call("formatted", "is-empty")
	require.NoError(t, err)
	assert.Equal(t, "true", unchanged)

	s.write("plain/broken.py", "import os\n\n\ndef number() -> int:\n    return \"one\"\n\n\n"+strings.Repeat("number()\n", 99))
	s.append("tests/test_greeting.py", "\n\ndef test_broken() -> None:\n    assert 1 + 1 == 3\n")
	for report, wants := range map[string]string{
		"lint-report":      `"uri": "services/plain-service/plain/broken.py"`,
		"typecheck-report": `Incompatible return value type`,
		"test-report":      `assert (1 + 1) == 3`,
		"coverage":         `filename="plain/greeting.py"`,
	} {
		t.Run(report, func(t *testing.T) {
			text, err := call(report, "contents")
			require.NoError(t, err)
			assert.Contains(t, text, wants)
		})
	}
	t.Run("a gate called alone says which it is, its command, and what that printed", func(t *testing.T) {
		_, err := call("lint")
		require.ErrorContains(t, err, "Error: plain-service lint: command \"ruff check .\" failed with exit code 1:\n    F401 ")
		_, err = call("coverage-check")
		require.ErrorContains(t, err, "below the threshold of 50 %")
	})
	t.Run("the gates fail, all of them", func(t *testing.T) {
		_, err := call("check")
		require.Error(t, err)
		for _, says := range []string{"plain-service lint", "plain-service typecheck", "plain-service test", "plain-service coverage"} {
			assert.Contains(t, err.Error(), says)
		}
	})
	t.Run("the fix is a change", func(t *testing.T) {
		patch, err := call("formatted", "as-patch", "contents")
		require.NoError(t, err)
		assert.Contains(t, patch, "-import os")
	})
}

// TestPythonRefusals makes one thing wrong at a time. Each message says what
// and where, and what to do.
func TestPythonRefusals(t *testing.T) {
	t.Parallel()
	image := func(platform string) []string {
		return []string{"service", "--name", plain, "image", "--platform", platform, "user"}
	}
	lint := []string{"service", "--name", plain, "lint"}
	for name, c := range map[string]struct {
		file, text string // to replace, or to append to with a +
		call, says []string
	}{
		"an unpinned requirement": {"+requirements.txt", "flask>=2\n", lint,
			[]string{"services/plain-service/requirements.txt:", "flask>=2 is not pinned", "uv pip compile --universal --generate-hashes requirements.in"}},
		"a second index": {"+requirements.txt", "--extra-index-url https://index.example/simple\n", lint,
			[]string{"--extra-index-url lets any package", "allow-extra-index = true"}},
		"another hash": {"requirements.txt", "markupsafe==3.0.2 --hash=sha256:" + strings.Repeat("0", 64) + "\n", lint,
			[]string{"Hash mismatch"}},
		"a package without a wheel for the platform": {"requirements.txt", withoutWheel, image("linux/arm64"),
			[]string{"nvidia-nvtx-cu12 12.1.105 has no wheel for linux/arm64", "Versions that have one: 12.", "allow-emulation = true"}},
		"a low coverage": {"pyproject.toml", settings + "coverage-threshold = 99\n", []string{"service", "--name", plain, "coverage-check"},
			[]string{"coverage is 5", "below the threshold of 99 %", "plain/__main__.py 0.0 %"}},
		"no command to run": {"pyproject.toml", "[tool.pingvas-ci]\n", image("linux/amd64"),
			[]string{`Add entrypoint = ["python", "-m", "..."] to [tool.pingvas-ci] of services/plain-service/pyproject.toml`}},
		"system packages for another platform": {"pyproject.toml", settings + "system-packages = [\"tini\"]\n", image("linux/arm64"),
			[]string{"the system packages tini cannot be installed for linux/arm64 without emulation", "allow-emulation = true"}},
		"an unknown key": {"pyproject.toml", settings + "alow-emulation = true\n", lint,
			[]string{`unknown key "alow-emulation"; did you mean "allow-emulation"?`}},
		"no lock": {"requirements.txt", "", lint, nil},
	} {
		t.Run(name, func(t *testing.T) {
			s := newShapes(t, plain)
			switch file, more := strings.CutPrefix(c.file, "+"); {
			case name == "no lock":
				require.NoError(t, os.Remove(s.path(plain, c.file)))
				c.says = []string{"services/plain-service has no lock", "Make one with: uv pip compile"}
			case more:
				s.append(file, c.text)
			default:
				s.write(file, c.text)
			}
			_, err := s.call(c.call...)
			require.Error(t, err)
			for _, says := range c.says {
				assert.Contains(t, err.Error(), says)
			}
		})
	}
}

// TestNoComponents: a repository with nothing to build is nothing to do.
func TestNoComponents(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	require.NoError(t, os.MkdirAll(filepath.Join(dir, "services"), 0o755))
	require.NoError(t, os.WriteFile(filepath.Join(dir, "services", "README.md"), []byte("soon\n"), 0o644))
	for _, c := range []struct {
		call []string
		says string
	}{
		{[]string{"plan", "json"}, "[]"},
		{[]string{"plan", "table"}, "nothing to do"},
		{[]string{"components"}, "nothing to do"},
		{[]string{"check"}, ""},
		{[]string{"gates", "test"}, ""},
		{[]string{"deliver", "report"}, "Nothing was built, pushed or committed"},
	} {
		said, err := dagger(t, append(source(dir), c.call...))
		require.NoError(t, err, c.call)
		assert.Contains(t, said, c.says)
	}
	_, err := dagger(t, append(source(dir), "service", "--name", "users", "name"))
	require.ErrorContains(t, err, "the repository has no components")
}

// plain is the shape with a server, and settings the least it needs.
const (
	plain    = "plain-service"
	settings = "[tool.pingvas-ci]\nentrypoint = [\"python\", \"-m\", \"plain\"]\nenvironment = { GREETING = \"checked\" }\n"
)

// A locked package with wheels for one processor only.
const withoutWheel = "nvidia-nvtx-cu12==12.1.105 --hash=sha256:dc21cf308ca5691e7c04d962e213f8a4aa9bbfa23d95412f452254c2caeb09e5\n"

// dockerfile installs for the machine that builds, whatever the target is.
const dockerfile = "FROM --platform=$BUILDPLATFORM python:3.13-slim AS deps\n" +
	"COPY requirements.txt .\n" +
	"RUN pip install --quiet --no-cache-dir --require-hashes --target /deps -r requirements.txt\n" +
	"FROM python:3.13-slim\nWORKDIR /app\nCOPY --from=deps /deps /app/deps\nCOPY plain /app/plain\n" +
	"ENV PYTHONPATH=/app:/app/deps GREETING=docker\nUSER 65532:65532\nEXPOSE 8000\nENTRYPOINT [\"python\", \"-m\", \"plain\"]\n"
