package pyenv_test

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/pingvas/pingvas-ci/ci/internal/pyenv"
)

// TestSurroundings: what stands around a line in the file that has it counts for the line:
// variables, and the directory.
func TestSurroundings(t *testing.T) {
	const job = "jobs:\n  check:\n    steps:\n"
	type said struct {
		arguments   []string
		environment map[string]string
		unknown     []string
	}
	for name, test := range map[string]struct {
		file, text string
		want       said
	}{
		"a workflow": {".github/workflows/a.yml", "env: {A: 1, B: x, FORCE_COLOR: 1}\njobs:\n  check:\n    env: {B: y, C: '${{ secrets.c }}', D: '${{ env.B }}z'}\n    steps:\n      - run: pytest tests\n        env: {E: true, UV_PYTHON: 3.12}\n",
			said{[]string{"tests"}, map[string]string{"A": "1", "B": "y", "D": "yz", "E": "true"}, []string{"C"}}},
		"another directory":  {".github/workflows/a.yml", job + "      - run: pytest other\n        working-directory: other\n      - run: pytest tests\n", said{arguments: []string{"tests"}}},
		"another shell":      {".github/workflows/a.yml", job + "      - run: pytest $env:WHERE\n        shell: pwsh\n      - run: pytest tests\n", said{arguments: []string{"tests"}}},
		"several changes":    {".github/workflows/a.yml", job + "      - run: |\n          cd other\n          pytest other\n          cd ..\n          (cd other && pytest src) && pytest tests\n          pushd other\n          pytest src\n          popd\n          pytest tests\n", said{arguments: []string{"tests"}}},
		"nobody knows where": {".github/workflows/a.yml", job + "      - run: |\n          cd $SOMEWHERE\n          pytest tests\n", said{}},
		"a service's address": {".github/workflows/a.yml", "jobs:\n  check:\n    services: {db: {image: postgres}}\n    env: {DATABASE_URL: 'postgres://a:b@localhost:5432/c', NAME: local}\n    steps:\n      - run: pytest tests\n",
			said{[]string{"tests"}, map[string]string{"NAME": "local"}, []string{"DATABASE_URL"}}},
		"tox":             {"tox.ini", "[testenv]\nset_env =\n    A = {env:A:b}\n    PYTHONPATH={toxinidir}/src:{env:PYTHONPATH:}\n    py312: D=e\nchangedir = {tox_root}\ncommands = pytest {posargs:tests}\n[testenv:docs]\nchangedir = docs\ncommands = pytest docs\n", said{[]string{"tests"}, map[string]string{"A": "b", "PYTHONPATH": "./src"}, nil}},
		"tox's factors":   {"tox.ini", "[tests]\ncommands = pytest tests\n[testenv]\ncommands =\n    tests: {[tests]commands}\n    mypy: mypy src\n", said{arguments: []string{"tests"}}},
		"tox's TOML":      {"pyproject.toml", "[tool.tox.env_run_base]\nset_env = {A = 'b'}\ncommands = [['pytest', '-m', 'not slow', 'tests']]\n", said{arguments: []string{"-m", "not slow", "tests"}, environment: map[string]string{"A": "b"}}},
		"a file of tox's": {"tox.toml", "[env_run_base]\ncommands = [['pytest', 'tests']]\n", said{arguments: []string{"tests"}}},
		"a task":          {"Taskfile.yml", "env: {A: b}\nvars: {WHAT: tests}\ntasks:\n  check:\n    env: {C: {sh: date}}\n    cmds:\n      - cd other && pytest other\n      - pytest {{.WHAT}}\n  away: {dir: other, cmds: [pytest other]}\n", said{[]string{"tests"}, map[string]string{"A": "b"}, []string{"C"}}},
		"a Makefile":      {"Makefile", "export A = b\nexport PYTHONPATH := $(CURDIR)/src:$(PYTHONPATH)\nCODE = tests\ncheck:\n\tcd other && pytest other\n\tpytest $(CODE)\n", said{[]string{"tests"}, map[string]string{"A": "b", "PYTHONPATH": "./src"}, nil}},
		"a script":        {"scripts/test.sh", "#!/bin/sh\nexport DIRS=tests\ncd \"$(dirname \"$0\")/..\"\nPYTHONPATH=\"$PWD:${PYTHONPATH:+:$PYTHONPATH}\" pytest tests\n", said{[]string{"tests"}, map[string]string{"DIRS": "tests", "PYTHONPATH": "."}, nil}},
		"just":            {"justfile", "export A := \"b\"\n@test *args: init\n    pytest tests {{args}}\nquick:\n    pytest -m fast tests\n", said{[]string{"tests"}, map[string]string{"A": "b"}, nil}},
		"nox":             {"noxfile.py", "@nox.session\ndef check(session):\n    session.run(\n        \"pytest\",\n        \"tests\",\n        env={\"A\": \"b\"},\n    )\n", said{[]string{"tests"}, map[string]string{"A": "b"}, nil}},
		"GitLab":          {".gitlab-ci.yml", "variables: {A: b, C: {value: d}}\ncheck:\n  before_script: [cd other]\n  script: [cd .., pytest tests]\n", said{[]string{"tests"}, map[string]string{"A": "b", "C": "d"}, nil}},
		"CircleCI":        {".circleci/config.yml", "jobs:\n  check:\n    environment: {A: b}\n    working_directory: ~/project\n    steps:\n      - checkout\n      - run: {command: pytest tests, environment: {C: d}}\n      - run: {command: pytest other, working_directory: other}\n", said{[]string{"tests"}, map[string]string{"A": "b", "C": "d"}, nil}},
		"Hatch":           {"hatch.toml", "[envs.default]\nenv-vars = {A = 'b'}\n[envs.default.scripts]\ncheck = 'pytest tests'\n", said{[]string{"tests"}, map[string]string{"A": "b"}, nil}},
		"Poe":             {"pyproject.toml", "[tool.poe]\nenv = {A = 'b', C = {default = 'd'}}\n[tool.poe.tasks]\ncheck = {cmd = 'pytest tests', env = {E = 'f'}}\naway = {cmd = 'pytest other', cwd = 'other'}\n", said{[]string{"tests"}, map[string]string{"A": "b", "C": "d", "E": "f"}, nil}},
	} {
		files := map[string]string{at + "pyproject.toml": "[project]\nname = 'a'\n[dependency-groups]\ndev = ['pytest']\n", at + "tests/a.py": "", at + "other/other/a.py": "", at + "src/a.py": ""}
		files[at+test.file] += test.text
		tool := read(t, files).Tooling(tree(files))[0]
		assert.Equal(t, test.want, said{tool.Arguments, tool.Environment, tool.Unknown}, name)
	}
}

// TestSurroundingsOfTypes: so do those of other tools' lines.
func TestSurroundingsOfTypes(t *testing.T) {
	files := map[string]string{at + "pyproject.toml": "[project]\nname = 'a'\n[dependency-groups]\ndev = ['mypy', 'pylint']\n", at + "src/a.py": "", at + "Makefile": "x:\n\tMYPYPATH=src:$$MYPYPATH mypy .\n\tPYTHONPATH=src pylint src\n"}
	p := read(t, files)
	assert.Equal(t, pyenv.Tool{Name: "mypy", Source: at + "pyproject.toml", Arguments: []string{"."}, Habit: at + "Makefile", Environment: map[string]string{"MYPYPATH": "src"}}, p.Tooling(tree(files))[0])
	other, _ := p.Other(tree(files), "lint")
	assert.Equal(t, map[string]string{"PYTHONPATH": "src"}, other.Environment)
}
