package pyenv_test

import (
	"fmt"
	"maps"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// TestExports: what a shell exports counts for the commands after it in that shell, and what
// a Makefile exports outside of its recipes for all of them.
func TestExports(t *testing.T) {
	for name, test := range map[string]struct {
		file, text string
		want       map[string]string
	}{
		"another recipe":             {"Makefile", "update:\n\texport UPDATE=1 && pytest src --pdb\nrun:\n\texport DEBUG=1; flask run\ntest:\n\tpytest src\n", nil},
		"the same recipe":            {"Makefile", "test:\n\texport A=1 && pytest src\n", map[string]string{"A": "1"}},
		"all recipes":                {"Makefile", "export A = 1\nexport B := two\ntest:\n\tpytest src\n", map[string]string{"A": "1", "B": "two"}},
		"a condition":                {"Makefile", "ifeq ($(X),1)\nexport A = 1\nelse\nexport A = 2\nendif\ntest:\n\tpytest src\n", nil},
		"just":                       {"justfile", "export A := 'x'\nother:\n    export B=1; true\ntest:\n    pytest src\n", map[string]string{"A": "x"}},
		"another command":            {"Taskfile.yml", "tasks:\n  test:\n    cmds: ['export A=1', 'pytest src']\n", nil},
		"what may not be come to":    {"scripts/test.sh", "[ -n \"$FAST\" ] && export A=1\n[ -z \"$X\" ] || export B=1\nif x\nthen\nexport C=1\nfi\ncat > .env <<EOF\nexport D=1\nEOF\ncd . && export KEPT=1\npytest src\n", map[string]string{"KEPT": "1"}},
		"an expression":              {"justfile", "export A := env_var('HOME')\nexport B := 'x'\ntest:\n    echo {{B}} $B\n    pytest src\n", map[string]string{"B": "x"}},
		"a variable that is printed": {"Makefile", "export A = 1\nshow:\n\techo $(A)\ntest:\n\tpytest src\n", map[string]string{"A": "1"}},
		"a script":                   {"scripts/test.sh", "export A=1 B=2\nexport C=3\nunset B\nif x; then\n  export D=4\nfi\npytest src\n", map[string]string{"A": "1", "C": "3"}},
		"what a command prints":      {"scripts/test.sh", "export SHA=`git rev-parse HEAD`\npytest src\n", nil},
		"places of a machine":        {"scripts/test.sh", "export VIRTUAL_ENV=venv TMPDIR=/x LD_LIBRARY_PATH=/y http_proxy=z\npytest src\n", nil},
		"a service":                  {".gitlab-ci.yml", "default:\n  services: [postgres:17]\ntest:\n  script:\n  - export DATABASE_URL=postgres://u@postgres/db KEPT=1\n  - pytest src\n", map[string]string{"KEPT": "1"}},
	} {
		t.Run(name, func(t *testing.T) {
			files := map[string]string{at + "pyproject.toml": "[project]\nname = 'a'\n[tool.pytest.ini_options]\n", at + "src/test_a.py": "", at + test.file: test.text}
			tools := read(t, files).Tooling(tree(files))
			require.NotEmpty(t, tools)
			if len(test.want) == 0 {
				assert.Empty(t, tools[0].Environment)
				return
			}
			assert.Equal(t, test.want, tools[0].Environment)
		})
	}
}

// TestTestless: a line that runs no test, or writes anew what tests compare with, is not how
// they are run; options in their variable are.
func TestTestless(t *testing.T) {
	for text, want := range map[string][]string{
		"snapshots:\n\tpytest --snapshot-update src\ntest:\n\tpytest src\n":                          {"src"},
		"list:\n\tpytest --collect-only src\ntest:\n\tpytest -m 'not db' src\n":                      {"-m", "not db", "src"},
		"version:\n\tpytest --version\n":                                                             nil,
		"test:\n\tpytest --inline-snapshot=disable src\nmend:\n\tpytest --inline-snapshot=fix src\n": {"--inline-snapshot=disable", "src"},
		"test:\n\tPYTEST_ADDOPTS='--strict-markers' pytest src\n":                                    {"--strict-markers", "src"},
	} {
		files := map[string]string{at + "pyproject.toml": "[project]\nname = 'a'\n[tool.pytest.ini_options]\n", at + "src/test_a.py": "", at + "Makefile": text}
		tools := read(t, files).Tooling(tree(files))
		require.NotEmpty(t, tools, text)
		assert.Equal(t, want, tools[0].Arguments, text)
		assert.NotContains(t, tools[0].Environment, "PYTEST_ADDOPTS")
	}
}

// TestFromAbove: a line at the repository's root that names tests of a project shows that
// another one is of a part of them, and is none to be run there.
func TestFromAbove(t *testing.T) {
	project := map[string]string{at + "pyproject.toml": "[project]\nname = 'a'\n[tool.pytest.ini_options]\n", at + "tests/unit/test_a.py": "", at + "tests/web/test_b.py": ""}
	for text, want := range map[string][]string{
		"unit:\n\tpytest -c x.ini " + at + "tests/unit\n":                                      nil,
		"web:\n\tcd services/a && pytest tests/web\n":                                          {"tests/web"},
		"unit:\n\tpytest -x " + at + "tests/unit\nweb:\n\tcd services/a && pytest tests/web\n": nil,
		"unit:\n\tpytest -x " + at + "tests/unit\ntest:\n\tcd services/a && pytest -m fast\n":  {"-m", "fast"},
	} {
		files := maps.Clone(project)
		files["Makefile"] = text
		tools := read(t, files).Tooling(tree(files))
		require.NotEmpty(t, tools)
		assert.Equal(t, want, tools[0].Arguments, text)
	}
}

// TestManyVariables: what a file has of variables takes its length in work, and not the square of it.
func TestManyVariables(t *testing.T) {
	var text strings.Builder
	text.WriteString("V00 = x\n")
	for i := range 30 {
		text.WriteString("V" + string(rune('a'+i%26)) + "1 = $(V00)$(V00)$(Va1)$(Vb1)\n")
	}
	for range 1000 {
		text.WriteString("export SOME" + strings.Repeat("X", 20) + "=1\n")
	}
	files := map[string]string{at + "pyproject.toml": "[project]\nname = 'a'\n[tool.pytest.ini_options]\n", at + "src/test_a.py": "", at + "Makefile": text.String() + "test:\n\tpytest src\n"}
	assert.Less(t, allocations(t, files), 400_000.0)
}

// allocations are those of reading what runs a project's gates: they grow with the
// work, and by nothing else that the machine does.
func allocations(t *testing.T, files map[string]string) float64 {
	t.Helper()
	return testing.AllocsPerRun(1, func() { assert.NotEmpty(t, read(t, files).Tooling(tree(files))) })
}

// TestPartsOfTheTests: where each line names some of the tests, all of them run.
func TestPartsOfTheTests(t *testing.T) {
	files := map[string]string{at + "pyproject.toml": "[project]\nname = 'a'\n", at + "tests/__init__.py": "", at + "Makefile": "test:\n\tpython -m unittest tests.a\n\tpython -m unittest tests.b\n\tpython -m unittest tests.a\n"}
	other, is := read(t, files).Other(tree(files), "test")
	assert.True(t, is)
	assert.Equal(t, "python -m unittest tests.a && python -m unittest tests.b", other.Command)
}

// TestAGreatWorkflow: so does a workflow.
func TestAGreatWorkflow(t *testing.T) {
	var text strings.Builder
	text.WriteString("env:\n")
	for i := range 300 {
		fmt.Fprintf(&text, "  NAME%d: value of it\n", i)
	}
	text.WriteString("jobs:\n  test:\n    services: {db: {image: postgres}}\n    steps:\n    - run: |\n")
	for range 500 {
		text.WriteString("        echo services/a\n")
	}
	files := map[string]string{at + "pyproject.toml": "[project]\nname = 'a'\n[tool.pytest.ini_options]\n", at + "src/test_a.py": "", ".github/workflows/ci.yml": text.String() + "        pytest services/a/src\n"}
	assert.Less(t, allocations(t, files), 1_000_000.0)
}
