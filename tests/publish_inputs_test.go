package tests

import (
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/pingvas/pingvas-ci/tests/internal/harness"
)

// TestAStaleImageIsNotKept publishes a member of a uv workspace, by a Dockerfile
// that lies elsewhere and builds on an image that nobody pinned. What is under
// the commit's tag is kept only while nothing that it is made of has changed.
func TestAStaleImageIsNotKept(t *testing.T) {
	long(t, "ci/internal/inputs, TestPublishKilled")
	t.Parallel()
	r := harness.NewRepository(t, backend)
	r.Write("services/users/tests/test_users.py", "def test_nothing() -> None:\n    pass\n")
	r.Append("services/users/pyproject.toml", "platforms = [\"linux/amd64\"]\ncontext = \".\"\n")
	// Under the tag that this machine has for it the table does not know it.
	base, _, _ := strings.Cut(harness.Pinned(t, "redis:8"), "@")
	r.Write("docker/Dockerfile.users", "FROM "+base+"\nCOPY services/users/users /app/users\nUSER 65532\n")
	r.Replace("services/users/pyproject.toml", "dependencies = [\"iniconfig==2.0.0\"]\n", "")
	r.LockWithUv(".")
	registry := harness.NewRegistry(t)
	r.Env = append(r.Env, registry.Env())
	publish := slices.Concat(registry.With("--exclusive"), words("with-gate --severity CRITICAL service --name users publish --commit "+harness.SourceCommit+" json"))
	calls := r.On(publish)
	for _, file := range []string{"uv.lock", "docker/Dockerfile.users"} {
		changed := r.Copied(t)
		changed.Append(file, "# changed\n")
		calls = append(calls, changed.On(publish)...)
	}
	came := harness.Batch(t, r.Env, append(calls, r.On(publish)...)...)

	type published struct {
		Kept     bool
		Unpinned []string
	}
	first := harness.JSON[published](t, came[0])
	assert.False(t, first.Kept)
	assert.Equal(t, []string{base}, first.Unpinned, "what nobody pinned is said")
	for _, stale := range came[1:3] {
		stale.Refused(t, " already, and sha256:", "No manifest was changed")
	}
	assert.True(t, harness.JSON[published](t, came[3]).Kept)
}

// TestAVersionOfWhichNoImageIsKnown: the recipe takes the image of the minor
// version, and what is signed says so.
func TestAVersionOfWhichNoImageIsKnown(t *testing.T) {
	long(t, "TestPythonImage")
	t.Parallel()
	r := harness.Shapes(t, plain)
	r.Write(atPlain+"/.python-version", "3.13.2\n")
	r.Replace(atPlain+"/pyproject.toml", "[tool.pingvas-ci]\n", "[tool.pingvas-ci]\nplatforms = [\"linux/amd64\"]\n")
	registry := harness.NewRegistry(t)
	r.Env = append(r.Env, registry.Env(), "SIGNING_KEY="+harness.NewKey(t))
	said := r.Call(slices.Concat(registry.With(), words("with-signing --key env:SIGNING_KEY service --name "+plain+" publish --commit "+harness.SourceCommit+" digest"))...)
	assert.Regexp(t, `^sha256:[0-9a-f]{64}$`, said.Must(t))
}
