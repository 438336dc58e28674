package tests

import (
	"crypto/sha256"
	"fmt"
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/pingvas/pingvas-ci/tests/internal/harness"
)

// A package with a known vulnerability of severity HIGH, locked as any other.
const (
	vulnerability = "CVE-2024-53981"
	vulnerable    = "python-multipart==0.0.6 --hash=sha256:ee698bab5ef148b0a760751c261902cd096e57e10558e11aca17646b74ee1c18\n"
)

// TestDeliveryStops breaks one thing at a time. Each must stop the delivery,
// say where and why, and leave the registry and the GitOps repository as they
// were.
func TestDeliveryStops(t *testing.T) {
	t.Parallel()
	type stop struct {
		name   string
		broken func(w *harness.World)
		says   []string
		pushes bool // images may stay behind: nothing refers to them
		sample bool // a short run has it
	}
	cases := []stop{
		{
			name: "when a test fails",
			broken: func(w *harness.World) {
				w.Write(service+"/tests/test_broken.py", "def test_broken() -> None:\n    assert 1 + 1 == 3\n")
			},
			says: []string{"user-service test", `"pytest`, "assert (1 + 1) == 3", "Nothing was pushed"},
		},
		{
			name: "when lint fails, and a test as well: both are reported",
			broken: func(w *harness.World) {
				w.Write(service+"/user_service/broken.py", "import os\n")
				w.Write(service+"/tests/test_broken.py", "def test_broken() -> None:\n    raise AssertionError\n")
			},
			says: []string{"user-service lint", `"ruff check --no-fix --no-fix-only ."`, "F401", "user-service test", "test_broken"},
		},
		{
			name: "when a scan finds a HIGH vulnerability",
			broken: func(w *harness.World) {
				w.Append(service+"/requirements.txt", vulnerable)
				w.Replace(service+"/pyproject.toml", `["linux/arm64"]`, `["linux/arm64", "linux/amd64"]`)
			},
			says:   []string{"user-service scan linux/arm64", "user-service scan linux/amd64", "HIGH", vulnerability, "Nothing was pushed"},
			sample: true,
		},
		{
			name:   "when the registry is down",
			broken: func(w *harness.World) { _ = w.Registry.Close() },
			says:   []string{"registry localhost:", "Check its address"},
		},
		{
			name:   "when the registry refuses the credentials",
			broken: func(w *harness.World) { w.Registry.Password = "wrong" },
			says:   []string{"registry localhost:", "refuses the credentials"},
		},
		{
			name:   "when the git server refuses the credentials",
			broken: func(w *harness.World) { w.Git.Password = "wrong" },
			says:   []string{"authentication failed"},
		},
		{
			name: "when the git server refuses the push",
			broken: func(w *harness.World) {
				w.Hook("pre-receive", "#!/bin/sh\necho 'main is protected' >&2\nexit 1\n")
			},
			says:   []string{"gitops dev", "the server refused the push", "main is protected"},
			pushes: true,
			sample: true,
		},
	}
	if testing.Short() {
		cases = slices.DeleteFunc(cases, func(c stop) bool { return !c.sample })
	}
	var worlds []*harness.World
	var before, env []string
	var calls [][]string
	for _, c := range cases {
		w := harness.NewServiceWorld(t)
		worlds, before = append(worlds, w), append(before, w.Gitops("rev-parse", "main"))
		c.broken(w)
		w.Commit(t)
		env = append(env, w.Environment()...)
		calls = append(calls, w.On(w.Delivery())...)
	}
	for i, stopped := range harness.Batch(t, env, calls...) {
		c, w := cases[i], worlds[i]
		t.Run(c.name, func(t *testing.T) {
			stopped.Refused(t, c.says...)
			assert.NotContains(t, stopped.Output, w.Git.Password, "a secret was printed")
			assert.NotContains(t, stopped.Output, "given up", "what a failure made useless was told as one")
			assert.Equal(t, before[i], w.Gitops("rev-parse", "main"), "a commit was made")
			if !c.pushes {
				assert.Empty(t, w.Registry.Held(t), "something was pushed")
			}
		})
	}
}

// TestARootStopsADelivery: of a component whose tests are those of the repository's root,
// nothing is published where these fail.
func TestARootStopsADelivery(t *testing.T) {
	long(t, "TestDeliveryStops; ci/internal/graph/kinds/definitions")
	t.Parallel()
	a := readAgreement(t, "agreement/root-for-all.txtar")
	a.lock(t)
	a.Commit(t)
	a.Call(words("deliver report")...).Refused(t, "workspace test", "assert 3 == 4", "Nothing was pushed")

	a.Replace("tests/test_rates.py", "== 4", "== 3")
	a.Commit(t)
	assert.Contains(t, a.Call(words("deliver report")...).Must(t), "not delivered, having gates alone: workspace")
}

// TestUncommittedChanges proves that what no commit has is not published under
// a commit's name.
func TestUncommittedChanges(t *testing.T) {
	t.Parallel()
	w := harness.NewServiceWorld(t)
	w.Write(service+"/user_service/new.py", "X = 1\n")
	w.Call("with-registry", "--address", "localhost:1", "deliver", "json").
		Refused(t, "uncommitted changes: "+service+"/user_service/new.py")
	assert.Empty(t, w.Registry.Held(t), "something was pushed")
}

// TestAClonesConfigurationDecidesNothing: what the source's .git/config names
// would fail if it ran, and hide an edit if it were believed. A file of Git LFS is
// what its pointer says, without the program.
func TestAClonesConfigurationDecidesNothing(t *testing.T) {
	t.Parallel()
	r := harness.Shapes(t, plain)
	const content = "weights\n"
	r.Write(".gitattributes", "*.onnx filter=lfs -text\n")
	r.Write(atPlain+"/m.onnx", fmt.Sprintf("version https://git-lfs.github.com/spec/v1\noid sha256:%x\nsize %d\n", sha256.Sum256([]byte(content)), len(content)))
	commit := r.Commit(t)
	r.Write(atPlain+"/m.onnx", content)
	for key, value := range map[string]string{
		"filter.lfs.process": "false", "filter.lfs.clean": "false", "filter.lfs.smudge": "false", "filter.lfs.required": "true",
		"core.fsmonitor": "false; true", "core.worktree": "/nowhere", "remote.origin.url": "https://git.example/pingvas/studio.git",
	} {
		harness.Run(t, "git", "config", "--file", r.At(".git/config"), key, value)
	}
	label := func(name string) []string {
		return words("service --name " + plain + " image label --name org.opencontainers.image." + name)
	}
	said := r.Batch(t, label("revision"), label("source"), words("plan --base HEAD json"))
	assert.Equal(t, commit, said[0].Must(t))
	assert.Equal(t, "https://git.example/pingvas/studio", said[1].Must(t))
	assert.Equal(t, "[]", said[2].Must(t))

	r.Write(atPlain+"/m.onnx", content+content)
	assert.NotContains(t, r.Call(label("revision")...).Must(t), commit)
}

// TestUnknownNames proves that a wrong name is told from the known ones.
func TestUnknownNames(t *testing.T) {
	t.Parallel()
	harness.Example(t, service).Call("service", "--name", "usr-service", "name").
		Refused(t, `component "usr-service" is unknown. Name one of: user-service`)
}
