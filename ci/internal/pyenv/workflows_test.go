package pyenv_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pingvas/pingvas-ci/ci/internal/pyenv"
)

// TestDirectoriesOfWorkflows: a workflow at the root is about a project where its matrix, the
// workflow that calls it or a manager of environments says in which directory it runs.
func TestDirectoriesOfWorkflows(t *testing.T) {
	const runs = "    steps:\n    - run: ruff check src\n    - run: pytest -m 'not slow' tests/a\n"
	const called = "on: {workflow_call: {inputs: {dir: {type: string}}}}\njobs:\n  t:\n    defaults: {run: {working-directory: '${{ inputs.dir }}'}}\n" + runs
	for name, files := range map[string]map[string]string{
		"itself":              {"ci": "jobs:\n  t:\n    defaults: {run: {working-directory: services/a}}\n" + runs},
		"a list":              {"ci": "jobs:\n  t:\n    strategy: {matrix: {service: [a, b]}}\n    defaults: {run: {working-directory: 'services/${{ matrix.service }}'}}\n" + runs},
		"paths":               {"ci": "jobs:\n  t:\n    strategy: {matrix: {dir: [services/a, services/b], python: ['3.12']}}\n    defaults: {run: {working-directory: './${{ matrix.dir }}'}}\n" + runs},
		"beside a list":       {"ci": "jobs:\n  t:\n    strategy: {matrix: {service: [b], include: [{service: a, extra: x}]}}\n    defaults: {run: {working-directory: 'services/${{ matrix.service }}'}}\n" + runs},
		"what it includes":    {"ci": "jobs:\n  t:\n    strategy: {matrix: {include: [{name: x, path: services/a}, {name: y, path: services/b}]}}\n    defaults: {run: {working-directory: '${{ matrix.path }}'}}\n" + runs},
		"tables":              {"ci": "jobs:\n  t:\n    strategy: {matrix: {service: [{dir: a}, {dir: b}]}}\n    defaults: {run: {working-directory: 'services/${{ matrix.service.dir }}'}}\n" + runs},
		"by an action":        {"ci": "on: push\njobs:\n  t:\n    strategy: {matrix: {service: [a, b]}}\n    steps:\n    - uses: ./.github/actions/test\n      with: {directory: 'services/${{ matrix.service }}'}\n"},
		"beside another's":    {"ci": "jobs:\n  t:\n    strategy: {matrix: {example: [x, y]}}\n    steps:\n    - run: cd services/a && ruff check src && pytest -m 'not slow' tests/a\n    - run: cd examples/${{ matrix.example }} && ./run\n"},
		"an area":             {"ci": "jobs:\n  t:\n    strategy: {matrix: {area: [services, libs]}}\n    defaults: {run: {working-directory: '${{ matrix.area }}'}}\n    steps:\n    - run: cd a && ruff check src\n    - run: cd a && pytest -m 'not slow' tests/a\n"},
		"what only it knows":  {"ci": "jobs:\n  t:\n    strategy: {matrix: {service: '${{ fromJSON(needs.changes.outputs.list) }}'}}\n    defaults: {run: {working-directory: 'services/${{ matrix.service }}'}}\n" + runs},
		"a shell's":           {"ci": "jobs:\n  t:\n    strategy: {matrix: {service: [a, b]}}\n    steps:\n    - run: |\n        cd services/${{ matrix.service }}\n        ruff check src\n        pytest -m 'not slow' tests/a\n"},
		"its caller":          {"_py": called, "ci": "on: push\njobs:\n  a:\n    uses: ./.github/workflows/_py.yml\n    with: {dir: services/a}\n"},
		"each cell of that":   {"_py": called, "ci": "on: push\njobs:\n  a:\n    strategy: {matrix: {service: [a, b]}}\n    uses: ./.github/workflows/_py.yml\n    with: {dir: 'services/${{ matrix.service }}'}\n"},
		"a caller of that":    {"_py": called, "mid": "on: {workflow_call: {inputs: {where: {}}}}\njobs:\n  m:\n    uses: ./.github/workflows/_py.yml\n    with: {dir: '${{ inputs.where }}'}\n", "ci": "on: push\njobs:\n  a:\n    uses: ./.github/workflows/mid.yml\n    with: {where: services/a}\n"},
		"a manager":           {"ci": "jobs:\n  t:\n    steps:\n    - run: uv --directory services/a run ruff check src\n    - run: poetry -C services/a run pytest -m 'not slow' tests/a\n"},
		"a manager of a cell": {"ci": "jobs:\n  t:\n    strategy: {matrix: {service: [a, b]}}\n    steps:\n    - run: uv run --directory services/${{ matrix.service }} ruff check src\n    - run: uv run --directory=services/${{ matrix.service }} pytest -m 'not slow' tests/a\n"},
	} {
		all := map[string]string{at + "pyproject.toml": "[project]\nname = 'a'\n[dependency-groups]\ndev = ['pytest', 'ruff']\n", at + "src/a.py": "", at + "tests/a/test_a.py": "", at + "tests/b/test_b.py": "", "services/b/pyproject.toml": ""}
		all[".github/actions/test/action.yml"] = "inputs: {directory: {}}\nruns:\n  using: composite\n  steps:\n  - {run: ruff check src, working-directory: '${{ inputs.directory }}'}\n  - {run: \"pytest -m 'not slow' tests/a\", working-directory: '${{ inputs.directory }}'}\n"
		for file, text := range files {
			all[".github/workflows/"+file+".yml"] = text
		}
		got := map[string][]string{}
		for _, tool := range read(t, all).Tooling(tree(all)) {
			got[tool.Name] = tool.Arguments
		}
		assert.Equal(t, map[string][]string{"ruff": {"src"}, "pytest": {"-m", "not slow", "tests/a"}}, got, name)
	}
}

// TestCellsOfSome: what a matrix includes in some of the cells of a directory is not of all.
func TestCellsOfSome(t *testing.T) {
	for name, matrix := range map[string]string{
		"a version's": "{service: [a], python: ['3.12', '3.13'], include: [{python: '3.13', only: tests/a}]}",
		"one more":    "{service: [a], only: [tests/b], include: [{only: tests/a, service: a}]}",
	} {
		files := map[string]string{
			at + "pyproject.toml": "[project]\nname = 'a'\n[dependency-groups]\ndev = ['pytest']\n", at + "tests/a/test_a.py": "", at + "tests/b/test_b.py": "",
			".github/workflows/ci.yml": "jobs:\n  t:\n    strategy: {matrix: " + matrix + "}\n    defaults: {run: {working-directory: 'services/${{ matrix.service }}'}}\n    steps: [{run: 'pytest ${{ matrix.only }}'}]\n",
		}
		for _, tool := range read(t, files).Tooling(tree(files)) {
			assert.Empty(t, tool.Arguments, name)
		}
	}
}

// TestLabelsOfRuns: a variable that names the run is none that tests run without.
func TestLabelsOfRuns(t *testing.T) {
	files := map[string]string{
		"pyproject.toml":           "[project]\nname = 'a'\n[dependency-groups]\ndev = ['pytest']\n",
		".github/workflows/ci.yml": "jobs:\n  a:\n    env: {CONTEXT: '${{ runner.os }}-py${{ matrix.python-version }}', DB: '${{ matrix.db }}', KEY: '${{ secrets.KEY }}-${{ runner.os }}'}\n    steps: [{run: pytest}]\n",
	}
	project, err := pyenv.Read(tree(files), pyenv.Where{Path: "."})
	require.NoError(t, err)
	for _, tool := range project.Tooling(tree(files)) {
		assert.Equal(t, []string{"DB", "KEY"}, tool.Unknown)
	}
}

// TestConditions: what never runs, by itself or by what inputs are, says nothing.
func TestConditions(t *testing.T) {
	for name, test := range map[string]struct {
		workflow, caller string
		want             []string
	}{
		"a job":                     {"jobs:\n  a:\n    steps: [{run: pytest tests/a}]\n  b:\n    if: ${{ false }}\n    steps: [{run: pytest tests/b}]\n", "", []string{"tests/a"}},
		"a step":                    {"jobs:\n  a:\n    steps: [{run: pytest tests/a}, {if: false, run: pytest tests/b}]\n", "", []string{"tests/a"}},
		"an input":                  {"on: {workflow_call: {inputs: {all: {type: boolean, default: false}}}}\njobs:\n  a:\n    steps: [{run: pytest tests/a}, {if: inputs.all, run: pytest tests/b}]\n", "", []string{"tests/a"}},
		"one that is given":         {"on: {workflow_call: {inputs: {all: {type: boolean, default: false}}}}\njobs:\n  a:\n    steps: [{run: pytest tests/a}, {if: '${{ inputs.all }}', run: pytest tests/b}]\n", "{all: true}", nil},
		"one that is compared":      {"on: {workflow_call: {inputs: {which: {}}}}\njobs:\n  a:\n    if: inputs.which != 'b'\n    steps: [{run: pytest tests/a}]\n  b:\n    if: inputs.which == 'b'\n    steps: [{run: pytest tests/b}]\n", "{which: b}", []string{"tests/b"}},
		"started by hand as well":   {"on: {workflow_dispatch: , workflow_call: {inputs: {options: {default: ''}}}}\njobs:\n  a:\n    steps: [{run: \"pytest -m 'not slow' ${{ inputs.options }}\"}]\n", "{}", []string{"-m", "not slow"}},
		"started by itself as well": {"on: {push: , workflow_call: {inputs: {path: {default: tests/b}}}}\njobs:\n  a:\n    steps: [{run: 'pytest ${{ inputs.path }}'}]\n", "{path: tests/a}", nil},
	} {
		files := map[string]string{
			"pyproject.toml": "[project]\nname = 'a'\n[dependency-groups]\ndev = ['pytest']\n", "tests/a/test_a.py": "", "tests/b/test_b.py": "", ".github/workflows/tests.yml": test.workflow,
		}
		if test.caller != "" {
			files[".github/workflows/ci.yml"] = "on: push\njobs:\n  a:\n    uses: ./.github/workflows/tests.yml\n    with: " + test.caller + "\n"
		}
		project, err := pyenv.Read(tree(files), pyenv.Where{Path: "."})
		require.NoError(t, err)
		for _, tool := range project.Tooling(tree(files)) {
			assert.Equal(t, test.want, tool.Arguments, name)
		}
	}
}
