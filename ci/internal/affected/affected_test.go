package affected_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pingvas/pingvas-ci/ci/internal/affected"
	"github.com/pingvas/pingvas-ci/ci/internal/component"
	"github.com/pingvas/pingvas-ci/ci/internal/inputs"
)

var components = []component.Component{
	{Name: "frontend", Kind: "frontend", Path: "frontend/web", Inputs: inputs.Inputs{
		Check: []inputs.Part{{Dir: "frontend/web", Why: "in the component's directory"}},
	}},
	{Name: "user", Kind: "python", Path: "services/user", Inputs: inputs.Inputs{
		Check: []inputs.Part{{Dir: "services/user", Why: "in the component's directory"}, {Dir: "libs/auth", Why: "in the library libs/auth"}},
		Image: []inputs.Part{{Dir: "docker", Include: []string{"Dockerfile.user"}, Why: "the component's Dockerfile"}},
	}},
}

// TestTableIsAligned, however long a name is.
func TestTableIsAligned(t *testing.T) {
	long := component.Component{Name: "shopping-assistant-service", Kind: "container"}
	short := component.Component{Name: "cart", Kind: "python"}
	plan := []affected.Affected{{Component: long, Reasons: []string{"a"}}, {Component: short, Reasons: []string{"b"}}}
	assert.Equal(t, "shopping-assistant-service container a\ncart                       python    b\n", affected.Table(plan))
}

// TestTheTableSaysWhatIsNotDone below each component.
func TestTheTableSaysWhatIsNotDone(t *testing.T) {
	plan := []affected.Affected{
		{Component: components[0], Reasons: []string{"a"}, Narrowed: []string{"lint is off: no time", "test is narrowed to src, by testPaths"}},
		{Component: components[1], Reasons: []string{"b"}, Unpinned: []string{"alpine:3", "https://files.example/model"}},
	}
	assert.Equal(t, "frontend             frontend  a\n"+
		"  lint is off: no time\n"+
		"  test is narrowed to src, by testPaths\n"+
		"user                 python    b\n"+
		"  built on what nobody pinned: alpine:3, https://files.example/model\n", affected.Table(plan))
	text, err := affected.JSON(plan[1:])
	require.NoError(t, err)
	assert.Contains(t, text, `"narrowed":[],"unpinned":["alpine:3","https://files.example/model"]`)
}

func TestPlan(t *testing.T) {
	plan, err := affected.Plan(components, []string{"./libs/auth/token.py", "docker/Dockerfile.user", "docker/Dockerfile.other", "README.md"})
	require.NoError(t, err)
	require.Len(t, plan, 1)
	assert.Equal(t, "user", plan[0].Component.Name)
	assert.Equal(t, []string{"libs/auth/token.py: in the library libs/auth", "docker/Dockerfile.user: the component's Dockerfile"}, plan[0].Reasons)
	text, err := affected.JSON(plan)
	require.NoError(t, err)
	assert.JSONEq(t, `[{"name": "user", "kind": "python", "path": "services/user",
		"reasons": ["libs/auth/token.py: in the library libs/auth", "docker/Dockerfile.user: the component's Dockerfile"],
		"fault": "", "narrowed": [], "unpinned": []}]`, text)
	assert.Equal(t, "user                 python    libs/auth/token.py: in the library libs/auth (and 1 more)\n", affected.Table(plan))
}

func TestEverythingAndNothing(t *testing.T) {
	all := affected.All(components, "no base to compare with")
	require.Len(t, all, 2)
	assert.Equal(t, []string{"everything: no base to compare with"}, all[0].Reasons)

	// The guide's matrix of nothing was [""], a job for a service without name.
	for _, files := range [][]string{nil, {"", " "}} { // A blank line of git's output is no file.
		none, err := affected.Plan(components, files)
		require.NoError(t, err)
		text, err := affected.JSON(none)
		require.NoError(t, err)
		assert.Equal(t, "[]", text)
		assert.Contains(t, affected.Table(none), "nothing to do")
	}
}

func TestManyFilesStayReadable(t *testing.T) {
	var files []string
	for i := range 1000 {
		files = append(files, fmt.Sprintf("frontend/web/src/%d.ts", i))
	}
	plan, err := affected.Plan(components, files)
	require.NoError(t, err)
	require.Len(t, plan, 1)
	assert.Len(t, plan[0].Reasons, 21)
	assert.Equal(t, "and 980 more files", plan[0].Reasons[20])
}

func TestAPatternThatIsNone(t *testing.T) {
	broken := []component.Component{{Name: "user", Inputs: inputs.Inputs{Check: []inputs.Part{{Dir: ".", Exclude: []string{"["}, Why: "x"}}}}}
	_, err := affected.Plan(broken, []string{"a"})
	require.ErrorContains(t, err, "plan user: ")
}

func TestANameThatIsNoName(t *testing.T) {
	plan, err := affected.Plan(components, []string{"libs/auth/\x1b[2K\r✔ nothing\u202e.py"})
	require.NoError(t, err)
	assert.Equal(t, "user                 python    libs/auth/\\x0d✔ nothing\\u202e.py: in the library libs/auth\n", affected.Table(plan))
}
