package tests

import (
	"io/fs"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pingvas/pingvas-ci/tests/internal/harness"
)

// planned is what is read of a plan.
type planned []struct {
	Name, Kind, Path string
	Reasons          []string
}

// TestThePlanNamesWhatIsMounted changes each file of a repository in turn: the
// plan names exactly the components of which that file is mounted, for a check
// or for an image.
func TestThePlanNamesWhatIsMounted(t *testing.T) {
	t.Parallel()
	for name, repository := range map[string]func(*testing.T) *harness.Repository{
		"the example": func(t *testing.T) *harness.Repository { return harness.Example(t, ".") },
		"shapes": func(t *testing.T) *harness.Repository {
			return harness.Shapes(t, "plain-service", "uv-service", "poetry-service", "onnx-worker", greeter)
		},
		"a uv workspace": func(t *testing.T) *harness.Repository {
			r := harness.NewRepository(t, backend)
			r.Write("uv.lock", resolved)
			return r
		},
		"a pnpm workspace": func(t *testing.T) *harness.Repository {
			r := harness.NewRepository(t, shop)
			r.Write("pnpm-lock.yaml", "lockfileVersion: '9.0'\n")
			return r
		},
	} {
		t.Run(name, func(t *testing.T) {
			if name != "shapes" {
				long(t, "shapes, beside it")
			}
			t.Parallel()
			r := repository(t)
			addNeighbours(r)
			agree(t, r)
		})
	}
}

// resolved is as much of the uv workspace's lock as says what is made of what.
const resolved = `version = 1
requires-python = ">=3.13"
[[package]]
name = "common"
version = "1"
source = { editable = "libs/common" }
[[package]]
name = "flat"
version = "1"
source = { directory = "libs/flat" }
[[package]]
name = "orders"
version = "1"
source = { virtual = "services/orders" }
dependencies = [{ name = "common" }, { name = "flat" }]
[[package]]
name = "users"
version = "1"
source = { virtual = "services/users" }
`

// addNeighbours puts files beside the components: configuration of every
// ecosystem, what is for people, and what nobody has heard of.
func addNeighbours(r *harness.Repository) {
	for _, name := range []string{
		"README.md", "LICENSE", "docs/page.md", "scripts/run.sh", ".github/workflows/ci-backend.yml", ".github/dependabot.yml",
		"ruff.toml", "biome.json", "tsconfig.base.json", "unheard-of.conf", "services/shared.cfg", "libs/README.md",
	} {
		r.Write(name, "\n")
	}
}

// agree compares, file by file, whom a change affects with whose inputs have it.
// The plans are of copies, one for each commit, so that one session has them all.
func agree(t *testing.T, r *harness.Repository) {
	t.Helper()
	r.Commit(t)
	components := harness.JSON[planned](t, r.Call("plan", "json"))
	calls := r.On(inputsOf(components)...)

	var batches [][]string
	for batch := range slices.Chunk(filesOf(t, r), 20) { // As many as a plan names one by one.
		for _, file := range batch {
			r.Append(file, "\n")
		}
		r.Commit(t)
		batches = append(batches, batch)
		calls = append(calls, r.Copied(t).On(words("plan --base HEAD~1 json"))...)
	}
	came := harness.Batch(t, r.Env, calls...)

	mounted := mountedOf(t, components, came)
	for i, batch := range batches {
		affected := harness.JSON[planned](t, came[len(components)+i])
		for _, file := range batch {
			var names []string
			for _, a := range affected {
				if slices.ContainsFunc(a.Reasons, func(reason string) bool { return strings.HasPrefix(reason, file+": ") }) {
					names = append(names, a.Name)
				}
			}
			assert.Equal(t, mounted[file], names, "%s", file)
		}
	}
}

// inputsOf are calls that list what is mounted for each component.
func inputsOf(components planned) (calls [][]string) {
	function := map[string]string{"python": "service", "frontend": "frontend", "cuda": "worker", "container": "container"}
	for _, c := range components {
		calls = append(calls, words(function[c.Kind]+" --name "+c.Name+" inputs glob --pattern **"))
	}
	return calls
}

// mountedOf are the names of the components that each file is mounted for.
func mountedOf(t *testing.T, components planned, inputs []harness.Result) map[string][]string {
	t.Helper()
	mounted := map[string][]string{}
	for i, c := range components {
		for _, file := range strings.Split(inputs[i].Must(t), "\n") {
			if file != "" && !strings.HasSuffix(file, "/") {
				mounted[file] = append(mounted[file], c.Name)
			}
		}
	}
	require.NotEmpty(t, mounted)
	return mounted
}

// filesOf are the repository's files, less its history.
func filesOf(t *testing.T, r *harness.Repository) (files []string) {
	t.Helper()
	require.NoError(t, fs.WalkDir(os.DirFS(r.Dir), ".", func(path string, entry fs.DirEntry, err error) error {
		switch {
		case err == nil && entry.IsDir() && path == ".git":
			return fs.SkipDir
		case err == nil && !entry.IsDir():
			files = append(files, path)
		}
		return err
	}))
	return files
}

// TestPlanBases: what cannot be compared with is everything, or a clear word.
func TestPlanBases(t *testing.T) {
	t.Parallel()
	r := harness.Shapes(t, "plain-service", "uv-service")
	r.Write("services/uv-service/uv.lock", "version = 1\n")
	r.Commit(t)
	plan := func(base string) []string { return words("plan --base " + base + " json") }
	said := r.Batch(t, plan(strings.Repeat("0", 40)), plan("0123456789012345678901234567890123456789"), plan("HEAD"))
	everything := harness.JSON[planned](t, said[0])
	require.Len(t, everything, 2)
	assert.Equal(t, []string{"everything: a first push has no commit to compare with"}, everything[0].Reasons)
	said[1].Refused(t, "0123456789012345678901234567890123456789")
	assert.Equal(t, "[]", said[2].Must(t))

	treeless := harness.NewRepository(t, nil)
	harness.Run(t, "git", "-C", r.Dir, "config", "uploadpack.allowFilter", "true")
	r.Append("services/plain-service/plain/__main__.py", "\n")
	r.Commit(t)
	harness.Run(t, "git", "clone", "--quiet", "--filter=tree:0", "file://"+r.Dir, treeless.At("clone"))
	clone := harness.Repository{Files: treeless.In("clone")}
	clone.Call("plan", "--base", "HEAD~1", "json").Refused(t, "the clone is a partial one", "git fetch --refetch --no-filter")
}

// TestAWorktreeIsNoCheckout: what it holds may be uncommitted, and nothing here
// can tell.
func TestAWorktreeIsNoCheckout(t *testing.T) {
	t.Parallel()
	r := harness.Shapes(t, "plain-service")
	r.Commit(t)
	tree := harness.NewRepository(t, nil)
	harness.Run(t, "git", "-C", r.Dir, "worktree", "add", "--quiet", tree.At("tree"))
	worktree := harness.Repository{Files: tree.In("tree")}
	worktree.Call("plan", "--base", "HEAD", "json").Refused(t, "the source is a git worktree or a submodule", "Give the main checkout, or a clone")
	worktree.Call("service", "--name", "plain-service", "image", "user").Refused(t, "the source is a git worktree or a submodule")
}
