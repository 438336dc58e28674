package pyenv_test

import (
	"maps"
	"strings"
	"testing"
	"time"

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
		"another recipe":        {"Makefile", "update:\n\texport UPDATE=1 && pytest src --pdb\nrun:\n\texport DEBUG=1; flask run\ntest:\n\tpytest src\n", nil},
		"the same recipe":       {"Makefile", "test:\n\texport A=1 && pytest src\n", map[string]string{"A": "1"}},
		"all recipes":           {"Makefile", "export A = 1\nexport B := two\ntest:\n\tpytest src\n", map[string]string{"A": "1", "B": "two"}},
		"a condition":           {"Makefile", "ifeq ($(X),1)\nexport A = 1\nelse\nexport A = 2\nendif\ntest:\n\tpytest src\n", nil},
		"just":                  {"justfile", "export A := 'x'\nother:\n    export B=1; true\ntest:\n    pytest src\n", map[string]string{"A": "x"}},
		"another command":       {"Taskfile.yml", "tasks:\n  test:\n    cmds: ['export A=1', 'pytest src']\n", nil},
		"a script":              {"scripts/test.sh", "export A=1 B=2\nexport C=3\nunset B\nif x; then\n  export D=4\nfi\npytest src\n", map[string]string{"A": "1", "C": "3"}},
		"what a command prints": {"scripts/test.sh", "export SHA=`git rev-parse HEAD`\npytest src\n", nil},
		"places of a machine":   {"scripts/test.sh", "export VIRTUAL_ENV=venv TMPDIR=/x LD_LIBRARY_PATH=/y http_proxy=z\npytest src\n", nil},
		"a service":             {".gitlab-ci.yml", "default:\n  services: [postgres:17]\ntest:\n  script:\n  - export DATABASE_URL=postgres://u@postgres/db KEPT=1\n  - pytest src\n", map[string]string{"KEPT": "1"}},
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
		"snapshots:\n\tpytest --snapshot-update src\ntest:\n\tpytest src\n":     {"src"},
		"list:\n\tpytest --collect-only src\ntest:\n\tpytest -m 'not db' src\n": {"-m", "not db", "src"},
		"version:\n\tpytest --version\n":                                        nil,
		"test:\n\tPYTEST_ADDOPTS='--strict-markers' pytest src\n":               {"--strict-markers", "src"},
	} {
		files := map[string]string{at + "pyproject.toml": "[project]\nname = 'a'\n[tool.pytest.ini_options]\n", at + "src/test_a.py": "", at + "Makefile": text}
		tools := read(t, files).Tooling(tree(files))
		require.NotEmpty(t, tools, text)
		assert.Equal(t, want, tools[0].Arguments, text)
		assert.NotContains(t, tools[0].Environment, "PYTEST_ADDOPTS")
	}
}

// TestFromAbove: a line at the repository's root that names tests of a project is one of it,
// and of two that name others, all tests run.
func TestFromAbove(t *testing.T) {
	project := map[string]string{at + "pyproject.toml": "[project]\nname = 'a'\n[tool.pytest.ini_options]\n", at + "tests/unit/test_a.py": "", at + "tests/web/test_b.py": ""}
	for text, want := range map[string][]string{
		"unit:\n\tpytest " + at + "tests/unit\n": {"tests/unit"},
		"unit:\n\tpytest -x " + at + "tests/unit\nweb:\n\tcd " + strings.TrimSuffix(at, "/") + " && pytest tests/web\n": nil,
	} {
		files := maps.Clone(project)
		files["Makefile"] = text
		tools := read(t, files).Tooling(tree(files))
		require.NotEmpty(t, tools)
		assert.Equal(t, want, tools[0].Arguments, text)
	}
}

// TestManyVariables: what a file has of variables takes no time to speak of.
func TestManyVariables(t *testing.T) {
	var text strings.Builder
	text.WriteString("V00 = x\n")
	for i := range 30 {
		text.WriteString("V" + string(rune('a'+i%26)) + "1 = $(V00)$(V00)$(Va1)$(Vb1)\n")
	}
	for range 4000 {
		text.WriteString("export SOME" + strings.Repeat("X", 20) + "=1\n")
	}
	files := map[string]string{at + "pyproject.toml": "[project]\nname = 'a'\n[tool.pytest.ini_options]\n", at + "src/test_a.py": "", at + "Makefile": text.String() + "test:\n\tpytest src\n"}
	begun := time.Now()
	assert.NotEmpty(t, read(t, files).Tooling(tree(files)))
	assert.Less(t, time.Since(begun), 20*time.Second)
}
