package affected_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pingvas/pingvas-ci/ci/internal/affected"
	"github.com/pingvas/pingvas-ci/ci/internal/component"
)

var components = []component.Component{
	{Name: "frontend", Kind: component.Frontend, Path: "frontend/web"},
	{Name: "ai-worker", Kind: component.CUDA, Path: "services/ai-worker"},
	{
		Name: "user-service", Kind: component.Python, Path: "services/user-service",
		Libraries: []component.Library{{Path: "libs/auth"}, {Path: "libs/common", Via: "libs/auth"}},
		Settings:  component.Settings{Dockerfile: "docker/Dockerfile.user"},
	},
	{Name: "user", Kind: component.Python, Path: "services/user", Settings: component.Settings{Context: "."}},
}

func TestPlan(t *testing.T) {
	for _, test := range []struct {
		file string
		want map[string]string
	}{
		{"services/user-service/app/main.py", map[string]string{"user-service": "in the component's directory"}},
		{"./services/user-service/README.md", map[string]string{"user-service": "in the component's directory"}},
		{"services/user-service-old/main.py", map[string]string{"user": "in the build context, which is the repository root"}},
		{"libs/auth/token.py", map[string]string{
			"user-service": "in the library libs/auth",
			"user":         "in the build context, which is the repository root"}},
		{"libs/common/log.py", map[string]string{
			"user-service": "in the library libs/common, which libs/auth needs",
			"user":         "in the build context, which is the repository root"}},
		{"libs/common/README.md", nil},
		{"libs/common/docs/use.py", map[string]string{"user": "in the build context, which is the repository root"}},
		{"docker/Dockerfile.user", map[string]string{
			"user-service": "the component's Dockerfile",
			"user":         "in the build context, which is the repository root"}},
		{"ruff.toml", map[string]string{
			"ai-worker":    "configures every component of kind cuda below the repository root",
			"user-service": "configures every component of kind python below the repository root",
			"user":         "configures every component of kind python below the repository root"}},
		{"services/pyproject.toml", map[string]string{
			"ai-worker":    "configures every component of kind cuda below services",
			"user-service": "configures every component of kind python below services",
			"user":         "configures every component of kind python below services"}},
		{"pnpm-workspace.yaml", map[string]string{
			"frontend": "configures every component of kind frontend below the repository root",
			"user":     "in the build context, which is the repository root"}},
		{".github/workflows/ci-ai-worker.yml", map[string]string{
			"ai-worker": "the workflow of kind cuda",
			"user":      "in the build context, which is the repository root"}},
		{"dagger.json", map[string]string{
			"frontend": "configures the pipeline", "ai-worker": "configures the pipeline",
			"user-service": "configures the pipeline", "user": "configures the pipeline"}},
		{"README.md", nil},
		{"docs/ruff.toml", nil},
		{"LICENSE", nil},
	} {
		t.Run(test.file, func(t *testing.T) {
			got := map[string]string{}
			for _, a := range affected.Plan(components, []string{test.file}) {
				require.Len(t, a.Reasons, 1)
				got[a.Component.Name] = a.Reasons[0]
			}
			want := map[string]string{}
			for name, rule := range test.want {
				want[name] = clean(test.file) + ": " + rule
			}
			assert.Equal(t, want, got)
		})
	}
}

// TestLockOfAWorkspace: a uv.lock is its members', and of no other component.
func TestLockOfAWorkspace(t *testing.T) {
	list := []component.Component{
		{Name: "orders", Kind: component.Python, Path: "backend/services/orders", Workspace: "backend"},
		{Name: "alone", Kind: component.Python, Path: "backend/services/alone"},
		{Name: "web", Kind: component.Frontend, Path: "backend/web", Workspace: "backend"},
	}
	plan := affected.Plan(list, []string{"backend/uv.lock", "uv.lock"})
	require.Equal(t, []string{"orders"}, affected.Names(plan))
	require.Equal(t, []string{"backend/uv.lock: the lock of its uv workspace, which is every member's"}, plan[0].Reasons)
}

func clean(file string) string {
	if file[:2] == "./" {
		return file[2:]
	}
	return file
}

func TestEverythingAndNothing(t *testing.T) {
	all := affected.All(components, "no base to compare with")
	assert.Equal(t, []string{"frontend", "ai-worker", "user-service", "user"}, affected.Names(all))
	assert.Equal(t, []string{"everything: no base to compare with"}, all[0].Reasons)

	// The guide's matrix of nothing was [""], a job for a service without name.
	none := affected.Plan(components, nil)
	assert.NotNil(t, affected.Names(none))
	assert.Empty(t, affected.Names(none))
	raw, err := affected.Matrix(none)
	require.NoError(t, err)
	assert.JSONEq(t, `{"include":[]}`, string(raw))
	assert.Empty(t, affected.Plan(components, []string{"", " "}), "a blank line of git's output is no file")
}

func TestMatrix(t *testing.T) {
	raw, err := affected.Matrix(affected.Plan(components, []string{"frontend/web/src/app.ts"}))
	require.NoError(t, err)
	assert.JSONEq(t, `{"include":[{"component":"frontend","kind":"frontend","path":"frontend/web",
		"reasons":["frontend/web/src/app.ts: in the component's directory"]}]}`, string(raw))
}

func TestManyFilesStayReadable(t *testing.T) {
	var files []string
	for i := range 1000 {
		files = append(files, fmt.Sprintf("frontend/web/src/%d.ts", i))
	}
	plan := affected.Plan(components, files)
	require.Len(t, plan, 1)
	assert.Len(t, plan[0].Reasons, 21)
	assert.Equal(t, "and 980 more files", plan[0].Reasons[20])
}
