package definitions_test

import (
	"path"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pingvas/pingvas-ci/ci/internal/affected"
	"github.com/pingvas/pingvas-ci/ci/internal/inputs"
)

// house has a component of each kind, with libraries, a Dockerfile elsewhere,
// and one of which the context is the whole repository.
var house = map[string]string{
	"frontend/web/package.json":             "{}",
	"frontend/web/pnpm-lock.yaml":           "",
	"services/ai-worker/Dockerfile.cuda":    "FROM nvidia/cuda\nCOPY ai /app\n",
	"services/user-service/pyproject.toml":  "[tool.pingvas-ci]\nname = 'user-service'\ndockerfile = 'docker/Dockerfile.user'\nlibraries = ['libs/auth']\n",
	"libs/auth/pyproject.toml":              "[project]\nname = 'auth'\nreadme = 'README.md'\n[tool.pingvas-ci]\nlibraries = ['libs/common']\n",
	"libs/common/log.py":                    "",
	"docker/Dockerfile.user":                "FROM python\nCOPY . .\n",
	"services/user/requirements.txt":        "",
	"services/user/pyproject.toml":          "[tool.pingvas-ci]\ncontext = '.'\n",
	"services/user/Dockerfile":              "FROM python\nCOPY . .\n",
	"services/user/Dockerfile.dockerignore": "docs\n*.md\n",
}

// TestPlan: what a change of a file affects, and by which rule.
func TestPlan(t *testing.T) {
	list, err := discover(tree(house))
	require.NoError(t, err)
	const context = "in the build context of services/user/Dockerfile"
	for _, test := range []struct {
		file string
		want map[string]string
	}{
		{"services/user-service/app/main.py", map[string]string{"user-service": "in the component's directory", "user": context}},
		{"./services/user-service/README.md", map[string]string{"user-service": "in the component's directory", "user": context}},
		{"services/user-service-old/main.py", map[string]string{"user": context}},
		{"libs/auth/token.py", map[string]string{"user-service": "in the library libs/auth", "user": context}},
		{"libs/common/log.py", map[string]string{"user-service": "in the library libs/common, which libs/auth needs", "user": context}},
		// For people, and read by its build backend.
		{"libs/common/README.md", map[string]string{"user": context}},
		{"libs/auth/README.md", map[string]string{"user-service": "in the library libs/auth", "user": context}},
		// A template is content, whatever its name ends with.
		{"libs/common/templates/mail.md", map[string]string{"user-service": "in the library libs/common, which libs/auth needs", "user": context}},
		{"docker/Dockerfile.user", map[string]string{"user-service": "the component's Dockerfile", "user": "the component's Dockerfile"}},
		{"docker/Dockerfile.other", map[string]string{"user": context}},
		{"services/ai-worker/Dockerfile.cuda", map[string]string{"ai-worker": "the component's Dockerfile", "user": context}},
		{"ruff.toml", map[string]string{
			"ai-worker":    "configures every component of kind cuda below the repository root",
			"user-service": "configures every component of kind python below the repository root",
			"user":         "configures every component of kind python below the repository root"}},
		{"services/pyproject.toml", map[string]string{
			"ai-worker":    "configures every component of kind cuda below services",
			"user-service": "configures every component of kind python below services",
			"user":         "configures every component of kind python below services"}},
		{"pnpm-workspace.yaml", map[string]string{
			"frontend": "configures every component of kind frontend below the repository root", "user": context}},
		{"tsconfig.base.json", map[string]string{
			"frontend": "configures every component of kind frontend below the repository root", "user": context}},
		{".oxlintrc.json", map[string]string{
			"frontend": "configures every component of kind frontend below the repository root", "user": context}},
		{".github/workflows/ci-ai-worker.yml", map[string]string{"ai-worker": "the workflow of kind cuda", "user": context}},
		// What is not known to be for others is there, as it is on a clean clone.
		{"dagger.json", map[string]string{
			"frontend": "configures every component of kind frontend below the repository root", "ai-worker": "configures every component of kind cuda below the repository root",
			"user-service": "configures every component of kind python below the repository root", "user": "configures every component of kind python below the repository root"}},
		{"README.md", nil},
		{"docs/ruff.toml", nil},
		{"LICENSE", map[string]string{"user": context}},
		{".git/HEAD", nil},
	} {
		t.Run(test.file, func(t *testing.T) {
			plan, err := affected.Plan(list, []string{test.file})
			require.NoError(t, err)
			got := map[string]string{}
			for _, a := range plan {
				require.Len(t, a.Reasons, 1)
				got[a.Component.Name] = a.Reasons[0]
			}
			want := map[string]string{}
			for name, rule := range test.want {
				want[name] = path.Clean(test.file) + ": " + rule
			}
			assert.Equal(t, want, got)
		})
	}
}

// TestAContextIsWhatTheDockerfileCopies: a service of which the Dockerfile names
// its files is made of these, at the repository's root too.
func TestAContextIsWhatTheDockerfileCopies(t *testing.T) {
	list, err := discover(tree(map[string]string{
		"services/a/pyproject.toml": "[project]\nname = 'a'\n[tool.pingvas-ci]\ncontext = '.'\n",
		"services/a/Dockerfile":     "FROM python\nRUN --mount=type=bind,source=uv.lock,target=uv.lock true\nCOPY services/a /app\nCOPY shared/*.txt /app/\n",
	}))
	require.NoError(t, err)
	for file, affects := range map[string]bool{
		"services/a/x.py": true, "uv.lock": true, ".dockerignore": true, "services/a/Dockerfile.dockerignore": true, "services/a/.dockerignore": true, "shared/names.txt": true, "shared/deep/names.txt": false, "services/b/x.py": false, "package.json": false,
	} {
		plan, err := affected.Plan(list, []string{file})
		require.NoError(t, err)
		assert.Equal(t, affects, len(plan) == 1, file)
	}
}

// TestALibraryInAContextIsLessWhatIsIgnored: it is there without being named, and
// what the ignore file leaves out of it is not.
func TestALibraryInAContextIsLessWhatIsIgnored(t *testing.T) {
	list, err := discover(tree(map[string]string{
		"services/a/pyproject.toml":          "[project]\nname = 'a'\n[tool.pingvas-ci]\ncontext = '.'\nlibraries = ['libs/x']\n",
		"services/a/Dockerfile":              "FROM python\nCOPY services/a/app /app\n",
		"services/a/Dockerfile.dockerignore": "**/secrets\n",
		"libs/x/src/x.py":                    "",
	}))
	require.NoError(t, err)
	image := inputs.Inputs{Image: list[0].Inputs.Image}
	matcher, err := image.Matcher()
	require.NoError(t, err)
	for file, there := range map[string]bool{"libs/x/src/x.py": true, "libs/x/secrets/key": false, "services/a/app/secrets/key": false, "services/b/x.py": false} {
		why, err := matcher.Why(file)
		require.NoError(t, err)
		assert.Equal(t, there, why != "", file)
	}
}

// TestLockOfAWorkspace: a uv.lock is its members', and of no other component.
func TestLockOfAWorkspace(t *testing.T) {
	list, err := discover(tree(map[string]string{
		"backend/pyproject.toml":                 "[tool.uv.workspace]\nmembers = ['services/orders']\n",
		"backend/uv.lock":                        "[[package]]\nname = 'orders'\nversion = '1'\nsource = { virtual = 'services/orders' }\n",
		"backend/services/orders/pyproject.toml": "[project]\nname = 'orders'\n",
		"web/package.json":                       "{}",
		"web/pnpm-lock.yaml":                     "",
	}))
	require.NoError(t, err)
	plan, err := affected.Plan(list, []string{"backend/uv.lock"})
	require.NoError(t, err)
	require.Len(t, plan, 1)
	require.Equal(t, []string{"backend/uv.lock: the lock of its uv workspace, which is every member's"}, plan[0].Reasons)
}
