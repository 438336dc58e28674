package tests

import (
	"crypto/sha256"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pingvas/pingvas-ci/tests/internal/harness"
)

// settings are the least that the shape with a server needs.
const settings = "[tool.pingvas-ci]\nentrypoint = [\"python\", \"-m\", \"plain\"]\nenvironment = { GREETING = \"checked\" }\n"

// dockerfile installs for the machine that builds, whatever the target is.
const dockerfile = "FROM --platform=$BUILDPLATFORM python:3.13-slim AS deps\n" +
	"COPY requirements.txt .\n" +
	"RUN pip install --quiet --no-cache-dir --require-hashes --target /deps -r requirements.txt\n" +
	"FROM python:3.13-slim\nWORKDIR /app\nCOPY --from=deps /deps /app/deps\nCOPY plain /app/plain\n" +
	"ENV PYTHONPATH=/app:/app/deps GREETING=docker\nUSER 65532:65532\nEXPOSE 8000\nENTRYPOINT [\"python\", \"-m\", \"plain\"]\n"

// TestPythonShapes checks services that were never written for this module: one
// locked by requirements without tools, one by uv, one by Poetry in a src
// layout; and runs the image of each.
func TestPythonShapes(t *testing.T) {
	long(t, "TestPythonImage, TestAgreement")
	t.Parallel()
	r := harness.Shapes(t, plain, "uv-service", "poetry-service")
	r.LockWithUv("services/uv-service")

	runs := " image --platform linux/amd64 with-exec --use-entrypoint --args anything stdout"
	calls := [][]string{words("check"), words("components"), words("services summary"), words("service --name poetry-service" + runs)}
	if !testing.Short() {
		calls = append(calls, words("service --name uv-service"+runs), words("service --name uv-service image --platform linux/arm64 rootfs glob --pattern app/**"))
	}
	said := r.Batch(t, calls...)
	t.Run("every gate of every shape passes", func(t *testing.T) { said[0].Must(t) })
	t.Run("they are listed with their versions and where those come from", func(t *testing.T) {
		table := said[1].Must(t)
		assert.Regexp(t, `plain-service +python +services/plain-service +python 3\.13 \(\.python-version\) +built-in recipe`, table)
		assert.Regexp(t, `uv-service .* python 3\.13 \(requires-python\)`, table)
		assert.Regexp(t, `poetry-service .* python 3\.13 \(requires-python\)`, table)
		assert.Equal(t, "plain-service: python in services/plain-service, python 3.13 (.python-version)\n"+
			"poetry-service: python in services/poetry-service, python 3.13 (requires-python)\n"+
			"uv-service: python in services/uv-service, python 3.13 (requires-python)\n", said[2].Must(t))
	})
	t.Run("they run as images", func(t *testing.T) {
		assert.Equal(t, "&LT;POETRY&GT;", strings.TrimSpace(said[3].Must(t)))
		if !testing.Short() {
			assert.Equal(t, "&LT;UV&GT;", strings.TrimSpace(said[4].Must(t)))
		}
	})
	t.Run("for the other platform, from the same build, without running it", func(t *testing.T) {
		long(t, "TestPythonImage: the other platform")
		files := said[5].Must(t)
		assert.Contains(t, files, "app/.venv/lib/python3.13/site-packages/markupsafe/_speedups.cpython-313-aarch64-linux-gnu.so")
		assert.Contains(t, files, "app/.venv/lib/python3.13/site-packages/markupsafe/__pycache__/__init__.cpython-313.pyc", "bytecode")
		assert.Contains(t, files, "app/uvshape/__pycache__/__init__.cpython-313.pyc")
		for _, left := range []string{"x86_64", "app/tests", "uv.lock", ".venv/.lock"} {
			assert.NotContains(t, files, left)
		}
	})
}

// TestPythonImage starts the same service as the recipe and as a Dockerfile
// make it, and asks for its health.
func TestPythonImage(t *testing.T) {
	t.Parallel()
	r := harness.Shapes(t, plain)
	assert.Equal(t, "hello &lt;you&gt; uid=65532 compiled=True", health(t, r))

	foreign := words("service --name " + plain + " image --platform linux/arm64")
	typecheck := words("service --name " + plain + " typecheck")
	image := r.Export(t, foreign...)
	t.Run("its configuration", func(t *testing.T) {
		assert.Equal(t, "65532:65532", image.User)
		image.Timeless(t, 2)
		assert.Equal(t, []string{"CMD", "python", "-c"}, image.Health[:3])
		assert.Contains(t, image.Health[3], "127.0.0.1:8000/healthz")
		said := image.OCILabels()
		assert.Regexp(t, `/python:3\.\d+-slim`, said["org.opencontainers.image.base.name"])
		assert.Regexp(t, `^sha256:[0-9a-f]{64}$`, said["org.opencontainers.image.base.digest"])
		assert.Equal(t, plain, said["org.opencontainers.image.title"])
		assert.Len(t, said, 3, "none of the base image's own")
	})
	t.Run("installed anew, the same files are the same layers", func(t *testing.T) {
		r.Append(atPlain+"/requirements.txt", "# "+time.Now().String()+"\n")
		file := harness.NewFiles(t, nil).At("image.tar")
		came := r.Batch(t, append(foreign, words("as-tarball export --path "+file)...), typecheck)
		came[0].Must(t)
		came[1].Must(t)
		assert.Equal(t, image.Ours(t), harness.ReadImage(t, file).Ours(t))
	})
	t.Run("an edited source file installs nothing anew", func(t *testing.T) {
		r.Append(atPlain+"/plain/greeting.py", "\n\n# "+time.Now().String()+"\n")
		came := r.Batch(t, append(foreign, "user"), typecheck)
		built, checked := came[0], came[1]
		built.Must(t)
		checked.Must(t)
		assert.Equal(t, "CACHED", built.Ending(t, "withExec uv pip install .*requirements.txt"))
		assert.NotEqual(t, "CACHED", built.Ending(t, "withExec python -m compileall"), "the sources are new")
		assert.Equal(t, "CACHED", checked.Ending(t, "withExec uv pip install .*--requirement requirements.txt --only-binary"))
		assert.NotEqual(t, "CACHED", checked.Ending(t, `withExec mypy \.`))
	})
	t.Run("by a Dockerfile", func(t *testing.T) {
		long(t, "TestDelivery")
		r.Write(atPlain+"/Dockerfile", dockerfile)
		assert.Equal(t, "docker &lt;you&gt; uid=65532 compiled=True", health(t, r))
	})
}

// health starts the image of the shape with a server, and returns what its
// health endpoint answers.
func health(t *testing.T, r *harness.Repository) string {
	t.Helper()
	at := r.Serve(t, 8000, "/healthz", "service", "--name", plain, "image", "--platform", "linux/amd64", "as-service", "--use-entrypoint")
	answer, err := harness.Get(t.Context(), at+"/healthz")
	require.NoError(t, err)
	return answer
}

// TestWritable: what an image's user may write is what the settings say; what lies
// there, it may not change where it can add to it.
func TestWritable(t *testing.T) {
	long(t, "TestPythonImage: whose its files are")
	t.Parallel()
	const try = `for at in new data/new; do touch $at && echo added $at; done; mv plain moved && echo moved; rm -rf plain && echo removed; echo x > plain/greeting.py && echo changed; true`
	closed, open := harness.Shapes(t, plain), harness.Shapes(t, plain)
	open.Replace(atPlain+"/pyproject.toml", "[tool.pingvas-ci]\n", "[tool.pingvas-ci]\nwritable = [\"data\", \".\"]\n")
	open.Write(atPlain+"/data/kept.txt", "kept\n")
	says := func(r *harness.Repository, script string) [][]string {
		return r.On(slices.Concat(words("service --name "+plain+" image --platform linux/amd64 with-exec --args"), []string{"sh,-c," + script, "stdout"}))
	}
	came := harness.Batch(t, nil, slices.Concat(says(closed, try), says(open, try+"; echo y >> data/kept.txt; cat data/kept.txt"))...)
	assert.Empty(t, strings.TrimSpace(came[0].Must(t)))
	assert.Equal(t, []string{"added", "new", "added", "data/new", "kept", "y"}, strings.Fields(came[1].Must(t)))
}

// TestSharedDockerfile builds by a Dockerfile outside of the service, with a
// target, an argument and a secret.
func TestSharedDockerfile(t *testing.T) {
	t.Parallel()
	r := harness.Shapes(t, plain)
	r.Env = []string{"BUILD_TOKEN=s3cret"}
	r.Write("docker/Dockerfile."+plain, "FROM python:3.13-slim AS first\nARG FLAVOUR\n"+
		"RUN --mount=type=secret,id=token echo $FLAVOUR $(sha256sum < /run/secrets/token) > /built\n"+
		"LABEL io.github.pingvas.pingvas-ci.updates=\"perl=5\"\n"+
		"FROM first AS second\nRUN rm /built\n")
	r.Replace(atPlain+"/pyproject.toml", "[tool.pingvas-ci]\n", "[tool.pingvas-ci]\ntarget = \"first\"\n")
	r.Append(atPlain+"/pyproject.toml", "\n[tool.pingvas-ci.build-args]\nFLAVOUR = \"mild\"\n")
	image := "with-build-secret --name token --secret env:BUILD_TOKEN service --name " + plain + " image --platform linux/amd64 "
	came := r.Batch(t, words(image+"file --path /built contents"), words(image+"label --name io.github.pingvas.pingvas-ci.updates"))
	assert.NotContains(t, came[1].Must(t), "perl=5", "whose a finding is, a Dockerfile does not say")
	said := came[0].Must(t)
	assert.Equal(t, fmt.Sprintf("mild %x -", sha256.Sum256([]byte("s3cret"))), strings.Join(strings.Fields(said), " "))
}

// TestTemplateDockerfile has the service of the example be built that has no Dockerfile of
// its own, by the one for such services.
func TestTemplateDockerfile(t *testing.T) {
	long(t, "TestSharedDockerfile")
	t.Parallel()
	const name = "notification-service"
	r := harness.Example(t, "services/"+name, "docker")
	at := r.Serve(t, 8000, "/healthz", "service", "--name", name, "image", "--platform", "linux/amd64", "as-service", "--use-entrypoint")
	_, err := harness.Get(t.Context(), at+"/healthz")
	require.NoError(t, err)
	foreign := r.Call(words("service --name " + name + " image --platform linux/arm64 rootfs glob --pattern app/.venv/**/*.so")...).Must(t)
	assert.Contains(t, foreign, "aarch64")
	assert.NotContains(t, foreign, "x86_64")
}

// TestPythonForeignLibraries: a Dockerfile that forgets the target.
func TestPythonForeignLibraries(t *testing.T) {
	t.Parallel()
	r := harness.Shapes(t, plain)
	r.Write(atPlain+"/Dockerfile", dockerfile)
	r.Image(plain, "linux/arm64", "user").Refused(t, "shared objects of another processor in an image for linux/arm64",
		"_speedups.cpython-313-x86_64-linux-gnu.so is for amd64")
}
