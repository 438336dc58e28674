package pyenv_test

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/pingvas/pingvas-ci/ci/internal/pyenv"
)

// TestHabits: a tool is run on what the project's own automation runs it on, where its
// configuration does not say.
func TestHabits(t *testing.T) {
	const project = "[project]\nname = 'a'\n[dependency-groups]\ndev = ['ruff', 'mypy']\n"
	for name, test := range map[string]struct {
		file, text              string
		lint, format, typecheck []string
	}{
		"a Makefile":       {"Makefile", "lint:\n\t@$(VENV)/bin/ruff check --fix src tests\n\tpoetry run mypy --strict src/\n", []string{"src", "tests"}, nil, []string{"--strict", "src"}},
		"a workflow":       {".github/workflows/ci.yml", "      - name: mypy\n        run: uv run --group dev mypy src && ruff format --check .\n", nil, []string{"."}, []string{"src"}},
		"folded":           {".gitlab-ci.yml", "lint:\n  script: >\n    ruff check src\n", []string{"src"}, nil, nil},
		"tox":              {"tox.ini", "[testenv:lint]\ndeps =\n    mypy\n    ruff\ncommands =\n    mypy {posargs:src tests}\n    ruff check \\\n        src\n", []string{"src"}, nil, []string{"src", "tests"}},
		"nox":              {"noxfile.py", "    session.install('mypy')\n    session.run(\"mypy\", \"src\", *session.posargs)\n", nil, nil, []string{"src"}},
		"task":             {"Taskfile.yml", "tasks:\n  lint:\n    cmds:\n      - poetry run ruff check src {{ .CLI_ARGS }}\n", []string{"src"}, nil, nil},
		"a script":         {"scripts/lint.sh", "#!/usr/bin/env bash\nset -e\nmypy src\nruff check src\nruff format src --check\n", []string{"src"}, []string{"src"}, []string{"src"}},
		"all of it once":   {"Makefile", "a:\n\truff check src\nb:\n\truff check .\n", []string{"src", "."}, nil, nil},
		"without a name":   {"Makefile", "a:\n\truff check src\nb:\n\truff check --diff\n", nil, nil, nil},
		"a variable":       {"Makefile", "lint:\n\truff check $(SOURCES)\n\tmypy $(SOURCES)\n", nil, nil, nil},
		"what is left out": {"Makefile", "lint:\n\truff check --exclude tests\n\tmypy --exclude=.venv,tests src\n", nil, nil, []string{"src"}},
		"a comment":        {"Makefile", "# ruff check src/a.py is enough\nlint:\n\tpre-commit run -a  # mypy src\n", nil, nil, nil},
		"another project":  {"Makefile", "lint:\n\truff check other\n\tmypy src other\n", nil, nil, []string{"src"}},
		"what is not there, an option's file, and another command": {"Makefile", "lint:\n\tmypy --config-file setup.cfg gone ../src /src\n\tpip install mypy src\n\techo mypy src\n", nil, nil, nil},
	} {
		files := map[string]string{at + "pyproject.toml": project, at + "setup.cfg": "", at + "src/a.py": "", at + "tests/a.py": "", at + "other/pyproject.toml": "", at + test.file: test.text}
		got := map[string][]string{}
		for _, tool := range read(t, files).Tooling(tree(files)) {
			got[tool.Name] = tool.Arguments
			assert.Equal(t, len(tool.Arguments) != 1 || tool.Arguments[0] != ".", tool.Habit != "", "%s: %v", name, tool)
		}
		or := func(arguments []string) []string {
			if arguments == nil {
				return []string{"."}
			}
			return arguments
		}
		assert.Equal(t, map[string][]string{"ruff": or(test.lint), "ruff format": or(test.format), "mypy": or(test.typecheck)}, got, name)
	}
}

// TestFormatter: ruff formats no code that black does.
func TestFormatter(t *testing.T) {
	const both = "[project]\nname = 'a'\n[tool.ruff]\nline-length = 100\n[dependency-groups]\ndev = ['ruff', 'black']\n"
	formats := func(files map[string]string) bool {
		tools := read(t, files).Tooling(tree(files))
		return len(tools) == 2 && tools[1].Name == pyenv.RuffFormat
	}
	assert.False(t, formats(map[string]string{at + "pyproject.toml": both}))
	assert.True(t, formats(map[string]string{at + "pyproject.toml": both + "[tool.ruff.format]\n"}))
	assert.True(t, formats(map[string]string{at + "pyproject.toml": both, at + "ruff.toml": "[format]\nquote-style = 'single'\n"}))
	assert.True(t, formats(map[string]string{at + "pyproject.toml": both, at + "Makefile": "x:\n\truff format .\n"}))
	assert.True(t, formats(map[string]string{at + "pyproject.toml": both, at + ".pre-commit-config.yaml": "repos:\n- hooks:\n  - id: ruff-format\n"}))
	assert.False(t, formats(map[string]string{at + "pyproject.toml": "[tool.ruff]\n", at + ".pre-commit-config.yaml": "repos:\n- hooks:\n  - id: black\n", at + "setup.py": ""}))

	p := read(t, map[string]string{at + "pyproject.toml": both})
	other, is := p.Other(tree(map[string]string{at + "pyproject.toml": both, at + "src/a.py": "", at + "Makefile": "x:\n\tblack src --check\n"}), "format")
	assert.True(t, is)
	assert.Equal(t, pyenv.Other{Name: "black", Command: "black --check src", Source: at + "pyproject.toml", Habit: at + "Makefile"}, other)
}

// TestRunner: what Python and Django have for tests runs them where the project's
// automation says so; tox, which makes environments of its own, does not.
func TestRunner(t *testing.T) {
	for text, want := range map[string]pyenv.Other{
		"test:\n\tDJANGO_SETTINGS_MODULE=a ./manage.py test --parallel=2 shop\n":                      {Name: "Django's own runner", Command: "python manage.py test --parallel=2 shop", Source: at + "Makefile"},
		"test:\n\tcoverage run -m unittest discover -s tests\n":                                       {Name: "unittest", Command: "python -m unittest discover -s tests", Source: at + "Makefile"},
		"smoke:\n\tpython manage.py test shop.smoke 2>&1 | tee log\ntest:\n\tpython manage.py test\n": {Name: "Django's own runner", Command: "python manage.py test", Source: at + "Makefile"},
		"smoke:\n\tpython manage.py test shop.smoke 2>&1 | tee log\n":                                 {Name: "Django's own runner", Command: "python manage.py test shop.smoke", Source: at + "Makefile"},
		"test:\n\tpython -m unittest $(TESTS)\n":                                                      {Name: "tox", Command: "tox"},
	} {
		files := map[string]string{at + "pyproject.toml": "[project]\nname = 'a'\n[dependency-groups]\ndev = ['tox']\n", at + "Makefile": text}
		other, is := read(t, files).Other(tree(files), "test")
		assert.True(t, is)
		assert.Equal(t, want, other)
	}
}

// TestParticular: what is run with options that nothing here knows is no gate by itself.
func TestParticular(t *testing.T) {
	for text, source := range map[string]string{"x:\n\tflake8 src\n": at + "pyproject.toml", "x:\n\tflake8 . --select=E9,F63\n": ""} {
		files := map[string]string{at + "pyproject.toml": "[project]\nname = 'a'\n[dependency-groups]\ndev = ['flake8']\n", at + "src/a.py": "", at + "Makefile": text}
		other, is := read(t, files).Other(tree(files), "lint")
		assert.True(t, is)
		assert.Equal(t, source, other.Source, text)
	}
}

// TestDeciding: every file that says how tools are run may change what they are run on.
func TestDeciding(t *testing.T) {
	files := map[string]string{
		at + "pyproject.toml": "[project]\nname = 'a'\n", at + "Makefile": "x:\n\truff check\n",
		at + ".github/workflows/a.yml": "run: ruff check src\n", at + ".github/workflows/b.yml": "run: ruff check tests\n", at + ".github/workflows/deploy.yml": "run: deploy\n",
	}
	assert.Equal(t, []string{at + ".github/workflows/a.yml", at + ".github/workflows/b.yml", at + "Makefile"}, read(t, files).Deciding(tree(files)))
}
