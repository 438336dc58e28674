package pyenv_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/pingvas/pingvas-ci/ci/internal/pyenv"
)

// TestHabits: a tool is run on what the project's own automation runs it on, where its
// configuration does not say.
func TestHabits(t *testing.T) {
	const project = "[project]\nname = 'a'\n[dependency-groups]\ndev = ['ruff', 'mypy']\n[tool.ruff.format]\n"
	for name, test := range map[string]struct {
		file, text              string
		lint, format, typecheck []string
	}{
		"an older ruff":     {"Makefile", "lint:\n\tpip install ruff other\n\truff --fix src tests\nall:\n\truff --version\n", []string{"src", "tests"}, nil, nil},
		"a Makefile":        {"Makefile", "lint:\n\t@$(VENV)/bin/ruff check --fix src tests\n\tpoetry run mypy --strict src/\n", []string{"src", "tests"}, nil, []string{"--strict", "src"}},
		"a workflow":        {".github/workflows/ci.yml", "      - name: mypy\n        run: uv run --group dev mypy src && ruff format --check .\n", nil, []string{"."}, []string{"src"}},
		"folded":            {".gitlab-ci.yml", "lint:\n  script: >\n    ruff check src\n", []string{"src"}, nil, nil},
		"tox":               {"tox.ini", "[testenv:lint]\ndeps =\n    mypy\n    ruff\ncommands =\n    mypy {posargs:src tests}\n    ruff check \\\n        src\n", []string{"src"}, nil, []string{"src", "tests"}},
		"nox":               {"noxfile.py", "    session.install('mypy')\n    session.run(\"mypy\", \"src\", *session.posargs)\n", nil, nil, []string{"src"}},
		"task":              {"Taskfile.yml", "tasks:\n  lint:\n    cmds:\n      - poetry run ruff check src {{ .CLI_ARGS }}\n", []string{"src"}, nil, nil},
		"a script":          {"scripts/lint.sh", "#!/usr/bin/env bash\nset -e\nmypy src\nruff check src\nruff format src --check\n", []string{"src"}, []string{"src"}, []string{"src"}},
		"all of it once":    {"Makefile", "a:\n\truff check src\nb:\n\truff check .\n", []string{"src", "."}, nil, nil},
		"what mends":        {"Makefile", "format:\n\truff check --fix\n\truff format\ncheck:\n\truff check src\n\truff format --check src tests\n", []string{"src"}, []string{"src", "tests"}, nil},
		"a path to Python":  {"Makefile", "a:\n\t$(VENV)/bin/python -m ruff check src\n\t.venv/bin/python3 -m mypy src\n", []string{"src"}, nil, []string{"src"}},
		"tox's Python":      {"tox.ini", "[testenv:lint]\ncommands =\n    {envpython} -m mypy src\n    {envbindir}/python -m ruff check src\n", []string{"src"}, nil, []string{"src"}},
		"a runner's value":  {".github/workflows/ci.yml", "jobs:\n  a:\n    steps:\n    - run: uv run --python ${{ matrix.python || '3.12' }} mypy --strict src\n    - run: uv run -p 3.12 ruff check src\n", []string{"src"}, nil, []string{"--strict", "src"}},
		"another system":    {".github/workflows/ci.yml", "jobs:\n  a:\n    runs-on: windows-latest\n    steps:\n    - run: mypy src tests\n  b:\n    steps:\n    - run: mypy src\n    - if: runner.os == 'Windows'\n      run: ruff check tests\n    - run: ruff check src\n", []string{"src"}, nil, []string{"src"}},
		"starters":          {"Makefile", "a:\n\ttimeout 600 conda run -n x ruff check src\n\thatch run lint:mypy src\n", []string{"src"}, nil, []string{"src"}},
		"a script's":        {"Makefile", "a:\n\tbash ci/all.sh\n\t./ci/nothing\n", []string{"src"}, nil, nil},
		"without a name":    {"Makefile", "a:\n\truff check src\nb:\n\truff check --diff\n", nil, nil, nil},
		"a variable":        {"Makefile", "lint:\n\truff check $(SOURCES)\n\tmypy $(SOURCES)\n", nil, nil, nil},
		"what is left out":  {"Makefile", "lint:\n\truff check --exclude tests\n\tmypy --exclude=.venv,tests src\n", nil, nil, []string{"--exclude=.venv,tests", "src"}},
		"options":           {"Makefile", "lint:\n\truff check --config ci.toml --fix src\n\tmypy --show-traceback --config-file=mypy.ini --python-version 3.11 src\n", []string{"--config", "ci.toml", "src"}, nil, []string{"--config-file=mypy.ini", "--python-version", "3.11", "src"}},
		"a part, and a fix": {"Makefile", "lint:\n\truff check --fix src tests\n\truff check --select I src\n", []string{"src", "tests"}, nil, nil},
		"a part of rules":   {"Makefile", "lint:\n\truff check --select I --fix src\n\truff check src\n", []string{"src"}, nil, nil},
		"modules":           {"tox.ini", "[testenv:types]\ncommands =\n    python -m mypy --config-file=a.ini -p shop\n    python -m mypy --config-file=a.ini --namespace-packages -p shop\n", nil, nil, []string{"--config-file=a.ini", "-p", "shop"}},
		"what excludes":     {"Makefile", "a:\n\tmypy --python-version 3.11 src\n\tmypy --python-version 3.12 src tests\n", nil, nil, []string{"--python-version", "3.12", "src", "tests"}},
		"others' options":   {"Makefile", "a:\n\tmypy --strict src\n\tmypy --ignore-errors tests\n\truff check src\n\truff check --ignore F401 tests\n", nil, nil, nil},
		"a shell's values":  {"scripts/check", "PREFIX=\"\"\nif [ -d venv ]; then\n  export PREFIX=\"venv/bin/\"\nfi\nexport SOURCE_FILES=\"src tests\"\n${PREFIX}ruff format --check --diff $SOURCE_FILES\n${PREFIX}mypy ${SOURCE_FILES}\n", nil, []string{"src", "tests"}, []string{"src", "tests"}},
		"make's values":     {"Makefile", "RUN := uv run\nCODE = src\nALL = $(CODE) tests\nlint:\n\t@$(RUN) ruff check $(ALL)\n\t$(PYTHON) -m mypy $${ONLY:-src}\n", []string{"src", "tests"}, nil, []string{"src"}},
		"taskipy":           {"pyproject.toml", project + "[tool.taskipy.tasks]\nlint = {cmd = 'ruff format --check . && ruff check src'}\ntypes = 'mypy --num-workers 2 src tests'\n", []string{"src"}, nil, []string{"src", "tests"}},
		"hatch":             {"pyproject.toml", project + "[tool.hatch.envs.default.scripts]\ntypes = ['mypy --strict {args:src}']\n", nil, nil, []string{"--strict", "src"}},
		"tox's TOML":        {"pyproject.toml", project + "[tool.tox.env.types]\ncommands = [['mypy', {replace = 'posargs', default = ['src'], extend = true}]]\n", nil, nil, []string{"src"}},
		"poe":               {"pyproject.toml", project + "[tool.poe.tasks.check]\nsequence = [{cmd = 'ruff check src'}, 'mypy src']\n", []string{"src"}, nil, []string{"src"}},
		"a comment":         {"Makefile", "# ruff check src/a.py is enough\nlint:\n\tpre-commit run -a  # mypy src\n", nil, nil, nil},
		"another project":   {"Makefile", "lint:\n\truff check other\n\tmypy src other\n", nil, nil, []string{"src"}},
		"what is not there, an option's file, and another command": {"Makefile", "lint:\n\tmypy --config-file setup.cfg gone ../src /src\n\tpip install mypy src\n\techo mypy src\n", nil, nil, []string{"--config-file", "setup.cfg", "."}},
	} {
		files := map[string]string{at + "pyproject.toml": project, at + "setup.cfg": "", at + "src/a.py": "", at + "tests/a.py": "", at + "other/pyproject.toml": "", at + "ci/all.sh": "set -e\nruff check src\n", at + test.file: test.text}
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

// TestThrough: the tests run as the automation starts them: by Python, which finds what lies
// where it runs, side by side, by Hatch, and with what the pipeline sets for a task.
func TestThrough(t *testing.T) {
	const workflow = ".github/workflows/ci.yml"
	for name, test := range map[string]struct {
		files              map[string]string
		through, arguments []string
		environment        map[string]string
	}{
		"a program":                {map[string]string{"Makefile": "test:\n\tpytest\n"}, nil, nil, nil},
		"a module":                 {map[string]string{"Makefile": "test:\n\tuv run python -m pytest\n"}, []string{"python", "-m"}, nil, nil},
		"measured":                 {map[string]string{"tox.ini": "[testenv]\ncommands = python -W error::ResourceWarning -m coverage run --parallel -m pytest tests\n"}, []string{"python", "-m"}, []string{"tests"}, nil},
		"with options":             {map[string]string{"tox.ini": "[testenv]\nset_env = A=1\ncommands = python -W error -X dev -m pytest {posargs}\n"}, []string{"python", "-W", "error", "-X", "dev", "-m"}, nil, map[string]string{"A": "1"}},
		"behind what is not known": {map[string]string{"Makefile": "quick:\n\tpytest tests/a\nall:\n\tunknown run pytest\n"}, nil, nil, nil},
		"beside another's words":   {map[string]string{"Makefile": "lint:\n\tuv run ruff check src tests\ntest:\n\tMODE=test pytest -m 'not slow' tests\n", "tox.ini": "[testenv]\ncommands = pytest {posargs}\n"}, nil, []string{"-m", "not slow", "tests"}, map[string]string{"MODE": "test"}},
		"beside another's tests":   {map[string]string{"Makefile": "test:\n\tpytest -m 'not e2e' tests/a tests/b\ne2e:\n\tbehave features\n\tpoetry run behave\n"}, nil, []string{"-m", "not e2e", "tests/a", "tests/b"}, nil},
		"all but, and a script":    {map[string]string{"Makefile": "test:\n\tpytest --ignore tests/b\ne2e:\n\t./ci/e2e.sh --headless\n", "ci/e2e.sh": "pytest tests/b \"$@\"\n"}, nil, []string{"--ignore", "tests/b"}, nil},
		"of a matrix of Hatch's":   {map[string]string{"Makefile": "test:\n\thatch run +py=3.12 test:test\n", "pyproject.toml": "[project]\nname = 'a'\n[dependency-groups]\ndev = ['pytest']\n[tool.hatch.envs.test.scripts]\ntest = 'pytest tests/a'\n"}, nil, []string{"tests/a"}, nil},
		"as a runner says":         {map[string]string{"Makefile": "quick:\n\tpytest tests/a\n", workflow: "jobs:\n  a:\n    steps:\n    - run: uv run --directory services/a --python ${{ matrix.python-version }} pytest\n"}, nil, nil, nil},
		"in its directory":         {map[string]string{workflow: "jobs:\n  a:\n    steps:\n    - run: poetry -C services/a run pytest tests/a\n"}, nil, []string{"tests/a"}, nil},
		"by a script":              {map[string]string{"ci/test.sh": "#!/bin/sh\npytest tests/b\n", workflow: "jobs:\n  a:\n    defaults: {run: {working-directory: services/a}}\n    steps:\n    - run: ./ci/test.sh\n"}, nil, []string{"tests/b"}, nil},
		"by a script, with more":   {map[string]string{"ci/test.sh": "#!/bin/sh\npytest tests/b $@\n", workflow: "jobs:\n  a:\n    defaults: {run: {working-directory: services/a}}\n    steps:\n    - run: ./ci/test.sh tests/a\n"}, nil, nil, nil},
		"on two systems":           {map[string]string{workflow: "jobs:\n  a:\n    runs-on: ${{ matrix.os }}\n    defaults: {run: {working-directory: services/a}}\n    steps:\n    - if: runner.os == 'Windows'\n      run: pytest -m 'not slow'\n    - if: runner.os != 'Windows'\n      run: pytest tests/a\n"}, nil, []string{"tests/a"}, nil},
		"in both ways":             {map[string]string{"Makefile": "a:\n\tpytest tests/a\nb:\n\tpython -m pytest tests/b\n"}, nil, nil, nil},
		"as uv runs a module":      {map[string]string{"Makefile": "test:\n\tuv run --extra test -m pytest\n"}, []string{"python", "-m"}, nil, nil},
		"as many as there are":     {map[string]string{"Makefile": "test:\n\tpytest -n $(N)\n", workflow: "jobs:\n  a:\n    steps:\n    - run: cd services/a && pytest -n ${{ matrix.n }} --maxprocesses $MAX\n"}, nil, nil, nil},
		"side by side":             {map[string]string{"Makefile": "test:\n\tpytest -n auto --dist=loadgroup\n"}, nil, []string{"-n", "auto", "--dist=loadgroup"}, nil},
		"by Hatch":                 {map[string]string{"Makefile": "test:\n\thatch test -acp\n", "hatch.toml": "[envs.hatch-test]\ndefault-args = ['tests', 'a']\n", "a/x.py": ""}, nil, []string{"tests", "a"}, nil},
		"by Hatch as it is":        {map[string]string{"Makefile": "test:\n\thatch test --cover\n"}, nil, []string{"tests"}, nil},
		"a task of the pipeline's": {map[string]string{"Makefile": "test:\n\tpytest -rf\n", workflow: "jobs:\n  a:\n    steps:\n    - run: make test\n      working-directory: services/a\n      env: {B: 2}\n"}, nil, nil, map[string]string{"B": "2"}},
		"two jobs with a task":     {map[string]string{"Makefile": "test:\n\tpytest -rf\n", workflow: "jobs:\n  a:\n    steps:\n    - run: make test\n      working-directory: services/a\n      env: {B: 2}\n  b:\n    steps:\n    - run: cd services/a && make test\n"}, nil, nil, nil},
	} {
		files := map[string]string{at + "pyproject.toml": "[project]\nname = 'a'\n[dependency-groups]\ndev = ['pytest', 'pytest-xdist']\n", at + "tests/a/test_a.py": "", at + "tests/b/test_b.py": ""}
		for file, text := range test.files {
			if file != workflow {
				file = at + file
			}
			files[file] = text
		}
		for _, tool := range read(t, files).Tooling(tree(files)) {
			if tool.Name == "pytest" {
				assert.Equal(t, test.through, tool.Through, name)
				assert.Equal(t, test.arguments, tool.Arguments, name)
				assert.Equal(t, test.environment, tool.Environment, name)
			}
		}
	}
}

// TestWhatAutomationRuns: a tool that is there for something else is none of a gate's, where the
// automation runs another.
func TestWhatAutomationRuns(t *testing.T) {
	for name, test := range map[string]struct {
		makefile string
		tools    []string
	}{
		"another":       {"types:\n\tuv run pyright\nlint:\n\tflake8 src\n", nil},
		"both":          {"types:\n\tmypy src\n\tpyright\nlint:\n\truff check\n\truff format\n\tflake8 src\n", []string{"ruff", "ruff format", "mypy"}},
		"by name alone": {"types: # mypy was slow\n\trm -rf .mypy_cache mypy\n\tuv run pyright\nlint:\n\tflake8 src\n\truff format .\n", []string{"ruff format"}},
		"none of them":  {"docs:\n\tsphinx-build\n", []string{"ruff", "ruff format", "mypy"}},
		"a driver":      {"lint:\n\truff check\n\truff format\n", []string{"ruff", "ruff format"}},
	} {
		driver := ""
		if name == "a driver" {
			driver = ", 'pytest-mypy-plugins'"
		}
		files := map[string]string{
			at + "pyproject.toml": "[project]\nname = 'a'\n[dependency-groups]\ndev = ['mypy', 'pyright', 'ruff', 'flake8'" + driver + "]\n", at + "Makefile": test.makefile, at + "src/a.py": "",
		}
		var tools []string
		for _, tool := range read(t, files).Tooling(tree(files)) {
			tools = append(tools, tool.Name)
		}
		assert.Equal(t, test.tools, tools, name)
	}
}

// TestLintsAlone: where the automation has ruff check the code, ruff formats it where that is
// said as well, in any way.
func TestLintsAlone(t *testing.T) {
	const hooks = "repos:\n- repo: https://github.com/astral-sh/ruff-pre-commit\n  rev: v0.9.1\n  hooks:\n  - id: ruff\n"
	const workflow, rootHooks = ".github/workflows/ci.yml", "/.pre-commit-config.yaml"
	for name, test := range map[string]struct {
		files map[string]string
		file  string
	}{
		"a line":                 {map[string]string{"Makefile": "lint:\n\truff check .\n"}, at + "Makefile"},
		"a hook":                 {map[string]string{".pre-commit-config.yaml": hooks}, at + ".pre-commit-config.yaml"},
		"none":                   {nil, ""},
		"a hook that formats":    {map[string]string{".pre-commit-config.yaml": hooks + "  - id: ruff-format\n"}, ""},
		"a line that does":       {map[string]string{"Makefile": "lint:\n\truff check .\n\truff format .\n"}, ""},
		"a line of a directory":  {map[string]string{"Makefile": "lint:\n\truff check .\n\tcd src && ruff format --check .\n"}, ""},
		"a shell's prefix":       {map[string]string{"scripts/check": "export P=\nif [ -d v ]; then\n  export P=v/\nfi\n${P}ruff check src\n${P}ruff format src --diff\n"}, ""},
		"a session of nox":       {map[string]string{"noxfile.py": "session.run('ruff', 'check')\nsession.run(\"ruff\", \"format\")\n"}, ""},
		"an action that does":    {map[string]string{".pre-commit-config.yaml": hooks, workflow: "jobs:\n  a:\n    steps:\n    - uses: astral-sh/ruff-action@v3\n      with:\n        args: format --check\n"}, ""},
		"a task of that name":    {map[string]string{"Makefile": "format:\n\tblack .\nlint:\n\truff check .\n\t@echo format\n"}, at + "Makefile"},
		"an unknown task":        {map[string]string{"Makefile": "lint:\n\truff check .\n\tinv format\n"}, ""},
		"a script":               {map[string]string{"scripts/format.sh": "ruff format src\n", "Makefile": "lint:\n\truff check .\n"}, ""},
		"a script of another's":  {map[string]string{"scripts/format.sh": "npx prettier -w src\n", "Makefile": "lint:\n\truff check .\nfix:\n\tscripts/format.sh\n"}, ""},
		"another's format":       {map[string]string{"Makefile": "lint:\n\truff check . # in this format\n\tterraform fmt -check\n", workflow: "jobs:\n  a:\n    steps:\n    - uses: a/trivy@v1\n      with: {format: 'sarif'}\n"}, at + "Makefile"},
		"another service's":      {map[string]string{"Makefile": "lint:\n\truff check .\n", workflow: "jobs:\n  a:\n    defaults: {run: {working-directory: services/b}}\n    steps:\n    - run: ruff format --check .\n"}, at + "Makefile"},
		"the repository's":       {map[string]string{"Makefile": "lint:\n\truff check .\n", workflow: "jobs:\n  a:\n    steps:\n    - run: uv run ruff format --check services\n"}, ""},
		"its root's hook":        {map[string]string{"Makefile": "lint:\n\truff check .\n", rootHooks: hooks + "  - id: ruff-format\n    files: ^services/a/\n"}, ""},
		"another's hook":         {map[string]string{"Makefile": "lint:\n\truff check .\n", rootHooks: hooks + "  - id: ruff-format\n    files: ^services/b/\n"}, at + "Makefile"},
		"hooks of another's":     {map[string]string{"Makefile": "lint:\n\truff check .\n", rootHooks: hooks + "  - id: ruff-format\n    files: ^(?:tools|scripts)/.*[.]py$\n  - id: ruff-format\n    files: ^(?!services/)\n  - id: ruff-format\n    exclude: ^(services|docs)/\n"}, at + "Makefile"},
		"its configuration":      {map[string]string{"Makefile": "lint:\n\truff check .\n", "ruff.toml": "[format]\nquote-style = 'single'\n"}, ""},
		"a configuration of its": {map[string]string{"Makefile": "lint:\n\truff check .\n", "ruff.toml": "line-length = 100\n"}, at + "Makefile"},
	} {
		files := map[string]string{at + "pyproject.toml": "[project]\nname = 'a'\n[dependency-groups]\ndev = ['ruff']\n", at + "a.py": ""}
		for file, text := range test.files {
			if root, is := strings.CutPrefix(file, "/"); is {
				file = root
			} else if file != workflow {
				file = at + file
			}
			files[file] = text
		}
		project := read(t, files)
		assert.Equal(t, test.file, project.LintsAlone(tree(files)), name)
		var tools []string
		for _, tool := range project.Tooling(tree(files)) {
			tools = append(tools, tool.Name)
		}
		if name != "a line of a directory" { // What runs there is another's.
			assert.Equal(t, test.file == "", slices.Contains(tools, pyenv.RuffFormat), name)
		}
		assert.Contains(t, tools, "ruff", name)
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

	files := map[string]string{at + "pyproject.toml": both, at + "src/a.py": "", at + "Makefile": "x:\n\tblack src --check\n"}
	other, is := read(t, files).Other(tree(files), "format")
	assert.True(t, is)
	assert.Equal(t, pyenv.Other{Name: "black", Command: "black --check src", Source: at + "pyproject.toml", Installed: true, Habit: at + "Makefile"}, other)
}

// TestRunner: what Python and Django have for tests runs them where the project's
// automation says so; tox, which makes environments of its own, does not.
func TestRunner(t *testing.T) {
	for text, want := range map[string]pyenv.Other{
		"test:\n\tDJANGO_SETTINGS_MODULE=a ./manage.py test --parallel=2 shop\n":                                                                   {Name: "Django's own runner", Command: "python manage.py test --parallel=2 shop", Source: at + "Makefile", Environment: map[string]string{"DJANGO_SETTINGS_MODULE": "a"}},
		"sample:\n\tpython sample/manage.py test sample\ntest:\n\tDJANGO_SETTINGS_MODULE=a.b \\\n\t\tpython -m django test $${TEST_ARGS:-tests}\n": {Name: "Django's own runner", Command: "python -m django test tests", Source: at + "Makefile", Environment: map[string]string{"DJANGO_SETTINGS_MODULE": "a.b"}},
		"test:\n\tpython sample/manage.py test sample\n":                                                                                           {Name: "Django's own runner", Command: "python sample/manage.py test sample", Source: at + "Makefile"},
		"test:\n\tcoverage run -m unittest discover -s tests\n":                                                                                    {Name: "unittest", Command: "python -m unittest discover -s tests", Source: at + "Makefile"},
		"smoke:\n\tpython manage.py test shop.smoke 2>&1 | tee log\ntest:\n\tpython manage.py test\n":                                              {Name: "Django's own runner", Command: "python manage.py test", Source: at + "Makefile"},
		"smoke:\n\tpython manage.py test shop.smoke 2>&1 | tee log\n":                                                                              {Name: "Django's own runner", Command: "python manage.py test shop.smoke", Source: at + "Makefile"},
		"APPS ?= shop blog\ntest:\n\t@python -m coverage run --source=. --module manage test --verbosity 2 $(APPS)\n":                              {Name: "Django's own runner", Command: "python manage.py test --verbosity 2 shop blog", Source: at + "Makefile"},
		"test:\n\tpython runtests.py -v 2\nother:\n\tpython nowhere/run_tests.py\n":                                                                {Name: "runtests.py", Command: "python runtests.py -v 2", Source: at + "Makefile"},
		"test:\n\t./sample/run_tests.py\nother:\n\tpython test.py --weights model.pt\n":                                                            {Name: "run_tests.py", Command: "python sample/run_tests.py", Source: at + "Makefile"},
		"test:\n\tpython -m unittest $(TESTS)\n":                                                                                                   {Name: "tox", Command: "tox", Installed: true},
	} {
		files := map[string]string{at + "pyproject.toml": "[project]\nname = 'a'\n[dependency-groups]\ndev = ['tox']\n", at + "manage.py": "", at + "sample/manage.py": "", at + "sample/run_tests.py": "", at + "test.py": "", at + "runtests.py": "", at + "Makefile": text}
		other, is := read(t, files).Other(tree(files), "test")
		assert.True(t, is)
		assert.Equal(t, want, other, text)
	}
}

// TestUnittest: tests that are written for unittest, and run by nothing that says so, are
// no gate, and it is told what would be one.
func TestUnittest(t *testing.T) {
	for want, files := range map[string]map[string]string{
		"python -m unittest":                   {"tests.py": "#!/usr/bin/env python\nimport unittest\n"},
		"python -m unittest discover -s tests": {"tests/test_a.py": "from unittest import TestCase\n"},
		"":                                     {"tests/test_a.py": "import app\n"},
	} {
		all := map[string]string{at + "requirements.txt": "flask\n"}
		for file, text := range files {
			all[at+file] = text
		}
		other, is := read(t, all).Other(tree(all), "test")
		assert.Equal(t, want != "", is)
		assert.Equal(t, want, other.Command)
		assert.Empty(t, other.Source)
	}
}

// TestPytest: the tests are run with what the project's automation runs them with, where
// that is one thing.
func TestPytest(t *testing.T) {
	type said struct {
		arguments   []string
		environment map[string]string
	}
	for text, want := range map[string]said{
		"test:\n\tTERM=unknown pytest --cov-report term-missing --cov=shop tests/ -vv\nquick:\n\tTERM=unknown pytest -n auto tests/ -x\n":     {[]string{"tests"}, map[string]string{"TERM": "unknown"}},
		"test:\n\tpytest . --asyncio-mode=auto -m \"not slow\" $(ARGS)\n":                                                                     {[]string{"--asyncio-mode=auto", "-m", "not slow", "."}, nil},
		"a:\n\tpytest --cov docs tests\nb:\n\tpytest tests --asyncio-mode=auto\nc:\n\tpytest -v --cov=a tests -W error\nd:\n\tpytest tests\n": {nil, nil},
		"a:\n\tpytest --cov docs tests\nb:\n\tpytest tests --asyncio-mode=auto\n":                                                             {[]string{"--asyncio-mode=auto", "tests"}, nil},
		"unit:\n\tpytest tests -m unit\nall:\n\tpytest tests -m all\n":                                                                        {nil, nil},
		"test:\n\tpytest tests\ndocs:\n\tpytest docs\n":                                                                                       {[]string{"tests"}, nil},
		"test:\n\tenv MODE=\"test\" UV_PYTHON=3.9 uv run pytest\n":                                                                            {nil, map[string]string{"MODE": "test"}},
		"test:\n\tpytest --cov=$(shell cat PKG) tests\nquick:\n\tpytest -m fast tests\n":                                                      {nil, nil},
		"unit:\n\tpytest tests\nintegration:\n\tdocker compose run web pytest docs\n":                                                         {nil, nil},
		"unit:\n\tSKIP=1 pytest tests\nwhole:\n\tpytest\n":                                                                                    {nil, nil},
		"test:\n\tPATH=bin pytest --runslow -p no:randomly -mslow -vv -n4 tests\n":                                                            {[]string{"--runslow", "-p", "no:randomly", "-m", "slow", "tests"}, nil},
		"A = $(B)\nB = $(C)\nC = tests\ntest:\n\tpytest $(A)\n":                                                                               {[]string{"tests"}, nil},
		"x:\n\ttox\nquick:\n\tpytest -m fast tests\n":                                                                                         {[]string{"tests"}, nil},
		"test:\n\tpytest --ds=shop.settings\n":                                                                                                {nil, nil},
	} {
		files := map[string]string{at + "pyproject.toml": "[project]\nname = 'a'\n[dependency-groups]\ndev = ['pytest', 'pytest-asyncio']\n", at + "tests/a.py": "", at + "docs/a.py": "", at + "Makefile": text}
		if strings.Contains(text, "\ttox") {
			files[at+"tox.ini"] = "[testenv]\ncommands = pytest {posargs:tests}\n[testenv:docs]\ncommands = pytest docs\n"
		}
		tools := read(t, files).Tooling(tree(files))
		assert.Equal(t, want, said{tools[0].Arguments, tools[0].Environment}, text)
	}
}

// TestHabitsAbove: so is what the automation at the repository's root runs in the
// project's directory.
func TestHabitsAbove(t *testing.T) {
	for file, text := range map[string]string{
		"Makefile":                 "types:\n\tcd services/a && uv run mypy src\nother:\n\tcd services/b && uv run mypy tests\n",
		".github/workflows/a.yml":  "jobs:\n  a:\n    defaults:\n      run:\n        working-directory: ./services/a\n    steps:\n      - run: uv run mypy src\n      - run: uv run mypy tests\n        working-directory: services/b\n",
		".github/workflows/c.yml":  "jobs:\n  b:\n    steps:\n      - run: |\n          cd services/a\n          mypy src\n          cd ../b\n          mypy --strict tests\n      - run: (cd services/a && mypy src) && (cd services/b && mypy tests)\n",
		".github/workflows/b.yaml": "jobs:\n  b:\n    steps:\n      - run: |\n          cd services/a\n          mypy src\n      - run: mypy tests\n",
	} {
		files := map[string]string{at + "pyproject.toml": "[project]\nname = 'a'\n[dependency-groups]\ndev = ['mypy']\n", at + "src/a.py": "", at + "tests/a.py": "", file: text}
		p := read(t, files)
		assert.Equal(t, []string{"src"}, p.Tooling(tree(files))[0].Arguments, file)
		assert.Equal(t, []string{file}, p.Deciding(tree(files)), file)
	}
}

// TestParticular: what is run with options that nothing here knows is no gate by itself.
func TestParticular(t *testing.T) {
	for text, source := range map[string]string{"x:\n\tflake8 src\n": at + "pyproject.toml", "x:\n\tflake8 . --strange 3\n": ""} {
		files := map[string]string{at + "pyproject.toml": "[project]\nname = 'a'\n[dependency-groups]\ndev = ['flake8']\n", at + "src/a.py": "", at + "Makefile": text}
		other, is := read(t, files).Other(tree(files), "lint")
		assert.True(t, is)
		assert.Equal(t, source, other.Source, text)
	}
}

// TestPytestsOptions are read as pytest does: letters that stand together, and values of
// options that only a plugin knows.
func TestPytestsOptions(t *testing.T) {
	for line, want := range map[string][]string{
		"pytest -sv src":                     {"-s", "src"},
		"pytest -svx -mslow src":             {"-s", "-m", "slow", "src"},
		"pytest -sk 'not slow' src":          {"-s", "-k", "not slow", "src"},
		"pytest --retries 3 --retry-delay 2": {"--retries", "3", "--retry-delay", "2"},
		"pytest --slow src":                  {"--slow", "src"},
		"pytest --timeout 180 src":           {"--timeout", "180", "src"},
	} {
		files := map[string]string{at + "pyproject.toml": "[project]\nname = 'a'\n[tool.pytest.ini_options]\n", at + "src/test_a.py": "", at + "Makefile": "test:\n\t" + line + "\n"}
		tools := read(t, files).Tooling(tree(files))
		if assert.NotEmpty(t, tools, line) {
			assert.Equal(t, want, tools[0].Arguments, line)
		}
	}
}

// TestFlake8: what the project has flake8 leave out stays out beside the environment of the
// checks.
func TestFlake8(t *testing.T) {
	const hook = "repos:\n- repo: https://github.com/pycqa/flake8\n  rev: 7.1.1\n  hooks:\n  - id: flake8\n    args: "
	for want, files := range map[string]map[string]string{
		"flake8 '--extend-exclude=.venv,build,docs/*.py'":                             {at + "setup.cfg": "[metadata]\nname = a\n", at + "tox.ini": "[flake8]\nextend-exclude =\n    build,  # made\n    docs/*.py\n", at + ".flake8": "[flake8]\nextend-exclude = none\n"},
		"flake8 --extend-exclude=.venv,gen,../b":                                      {".flake8": "[flake8]\nextend_exclude = gen, services/b\n"},
		"flake8 --extend-exclude=.venv":                                               {at + ".flake8": "[flake8]\nexclude = build\n"},
		"uv tool run --with Flake8-pyproject flake8@7.1.1 --extend-exclude=.venv,gen": {at + "setup.py": "", at + "pyproject.toml": "[tool.flake8]\nextend-exclude = ['gen']\n", at + ".pre-commit-config.yaml": hook + "[]\n    additional_dependencies: [Flake8-pyproject]\n"},
		"uv tool run flake8@7.1.1 -v --extend-exclude=.venv,a,b":                      {at + "setup.py": "", at + ".flake8": "[flake8]\nextend-exclude = gone\n", at + ".pre-commit-config.yaml": hook + "[--extend-exclude, 'a,b', -v]\n"},
	} {
		if files[at+"setup.py"] != "" || want[:2] != "uv" {
			files[at+"pyproject.toml"] = "[project]\nname = 'a'\n[dependency-groups]\ndev = ['flake8']\n"
		}
		other, is := read(t, files).Other(tree(files), "lint")
		assert.True(t, is)
		assert.Equal(t, want, other.Command)
	}
}

// TestOthers: tools in the guide's place run with the options that a verdict depends on;
// lines that tell of a tool, or of which nothing comes when they fail, say nothing.
func TestOthers(t *testing.T) {
	for text, want := range map[string]string{
		"x:\n\tflake8 --version\n\tflake8 . --count --select=E9,F63 --show-source --statistics\n\tflake8 . --count --exit-zero --max-line-length=127\n": "flake8 --select=E9,F63 --extend-exclude=.venv .",
		"x:\n\tflake8 src --exclude=src/gen --max-line-length 100\n":                                                                                    "flake8 --exclude=src/gen --max-line-length 100 src",
		"x:\n\tflake8 src\ny:\n\tflake8 tests || true\nz:\n\t-flake8\n":                                                                                 "flake8 src",
		"x:\n\tflake8 --max-line-length 100\n":                                                                                                          "flake8 --max-line-length 100 --extend-exclude=.venv",
		"x:\n\tflake8 --extend-exclude docs\n":                                                                                                          "flake8 --extend-exclude=.venv,docs",
	} {
		files := map[string]string{at + "pyproject.toml": "[project]\nname = 'a'\n[dependency-groups]\ndev = ['flake8']\n", at + "src/a.py": "", at + "tests/a.py": "", at + "Makefile": text}
		other, _ := read(t, files).Other(tree(files), "lint")
		assert.Equal(t, want, other.Command, text)
		assert.NotEmpty(t, other.Source, text)
	}
	for text, want := range map[string]string{
		"x:\n\tblack --check --exclude \"migrations/*\" src\n\tblack --check --exclude \"migrations/*\" tests\n": "black --check --exclude 'migrations/*' src tests",
		"x:\n\tblack . -l 100 --check --exclude gen\n":                                                           `black --check -l 100 --exclude gen '--extend-exclude=/\.venv/' .`,
	} {
		files := map[string]string{at + "pyproject.toml": "[project]\nname = 'a'\n[dependency-groups]\ndev = ['black']\n", at + "src/a.py": "", at + "tests/a.py": "", at + "Makefile": text}
		other, _ := read(t, files).Other(tree(files), "format")
		assert.Equal(t, want, other.Command, text)
	}
	for manifest, want := range map[string]string{"": "pylint --recursive=y --ignore=CVS,.venv .", "[tool.pylint.main]\nignore = ['gen']\n": "pylint --recursive=y --ignore=gen,.venv ."} {
		files := map[string]string{at + "pyproject.toml": "[project]\nname = 'a'\n[dependency-groups]\ndev = ['pylint']\n" + manifest, at + "Makefile": "x:\n\tpylint .\n"}
		other, _ := read(t, files).Other(tree(files), "lint")
		assert.Equal(t, want, other.Command)
	}
}

// TestUnnamed: options of a line count that leaves what it is run on to the configuration.
func TestUnnamed(t *testing.T) {
	for manifest, want := range map[string][]string{"": {"--strict", "."}, "[tool.mypy]\nfiles = 'src'\n": {"--strict"}} {
		files := map[string]string{at + "pyproject.toml": "[project]\nname = 'a'\n[dependency-groups]\ndev = ['mypy']\n" + manifest, at + "Makefile": "x:\n\tmypy --strict\n"}
		assert.Equal(t, want, read(t, files).Tooling(tree(files))[0].Arguments)
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

// TestLinesThatJudgeNothing are none of how a tool is run.
func TestLinesThatJudgeNothing(t *testing.T) {
	for _, line := range []string{"pyright --version", "pyright --createstub foo", "pyright --watch", "pyright --verifytypes a", "basedpyright --writebaseline"} {
		name, _, _ := strings.Cut(line, " ")
		files := map[string]string{at + "pyproject.toml": "[project]\nname = 'a'\n[dependency-groups]\ndev = ['" + name + "']\n", at + "src/a.py": "", at + "Makefile": "x:\n\t" + line + "\n"}
		other, is := read(t, files).Other(tree(files), "typecheck")
		assert.True(t, is, line)
		assert.Equal(t, name, other.Command, line)
	}
}

// TestMeasured: what the tests cover is measured as the project's automation has pytest-cov do
// it, with the threshold of the line that runs them; another is told, and none of coverage's own
// commands is taken for one of pytest-cov's.
func TestMeasured(t *testing.T) {
	const report = "[tool.coverage.report]\nfail_under = 90\n"
	for name, test := range map[string]struct {
		makefile, manifest string
		arguments          []string
		configured         bool
		percent            string
		tested             bool
	}{
		"a line":             {"test:\n\tpytest --cov=src --cov-fail-under=95 --cov-report xml\n", "", []string{"--cov=src", "--cov-fail-under=95"}, false, "95", true},
		"a word behind it":   {"test:\n\tpytest --cov src --cov-branch\n", report, []string{"--cov=src", "--cov-branch"}, false, "90", true},
		"a part":             {"a:\n\tpytest --cov=src --cov-fail-under 95 tests/a\nb:\n\tpytest --cov=src tests/b\n", "", []string{"--cov=src"}, false, "95", false},
		"one that measures":  {"test:\n\tpytest\ncover:\n\tpytest --cov=src\n", "", []string{"--cov=src"}, false, "", false},
		"configured":         {"test:\n\tpytest --cov-fail-under=70\n", "[tool.pytest.ini_options]\naddopts = '--cov=src'\n", []string{"--cov-fail-under=70"}, false, "70", true},
		"coverage's command": {"test:\n\tcoverage run -m pytest\n\tcoverage report\n", report, []string{"--cov=."}, true, "90", false},
		"with a threshold":   {"test:\n\tcoverage run -m pytest\n\tcoverage report --fail-under=80\n", "", []string{"--cov=."}, true, "80", false},
		"a line of tox's":    {"test:\n\tpytest\n", "[tool.tox]\nlegacy_tox_ini = \"\"\"\n[testenv]\ncommands = pytest --cov=src --cov-fail-under=80\n# fail_under = 70\n\"\"\"\n", []string{"--cov=src"}, false, "80", false},
		"a runner's value":   {"test:\n\tpytest --cov=$(WHAT) tests\n", "", []string{"--cov=."}, false, "", false},
	} {
		files := map[string]string{
			at + "pyproject.toml": "[project]\nname = 'a'\n[dependency-groups]\ndev = ['pytest', 'pytest-cov']\n" + test.manifest, at + "Makefile": test.makefile, at + "tests/a/test_a.py": "", at + "tests/b/test_b.py": "",
		}
		project := read(t, files)
		for _, tool := range project.Tooling(tree(files)) {
			if tool.Name == "pytest-cov" {
				assert.Equal(t, test.arguments, tool.Arguments, name)
				assert.Equal(t, test.configured, tool.Configured, name)
			}
		}
		percent, _, tested := project.Threshold(tree(files))
		assert.Equal(t, test.percent, percent, name)
		assert.Equal(t, test.tested, tested, name)
	}
}
