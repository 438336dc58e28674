package definitions_test

import (
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pingvas/pingvas-ci/ci/internal/inputs"
)

// TestWhatIsNarrowedIsSaid of each kind, in each of the files where it may stand.
func TestWhatIsNarrowedIsSaid(t *testing.T) {
	for name, test := range map[string]struct {
		files map[string]string
		want  []string
	}{
		"nothing": {
			files: map[string]string{"a/requirements.txt": "", "a/pingvas-ci.toml": "coverage-threshold = 80\n"},
		},
		"a Python service": {
			files: map[string]string{"a/pyproject.toml": "[project]\nname = 'a'\n[tool.pingvas-ci]\nallow-unhashed = true\ntest-paths = ['tests/unit', 'tests/api']\n[tool.pingvas-ci.gates]\ntypecheck = {none = 'no types yet'}\n"},
			want: []string{
				"typecheck is off: no types yet", "coverage is off: no threshold is set", "test is narrowed to tests/unit tests/api, by test-paths",
				"allow-unhashed: packages without a version or a hash are installed",
			},
		},
		"tools that look at nothing": {
			files: map[string]string{"a/pyproject.toml": "[project]\nname = 'a'\n[tool.ruff]\nexclude = ['*']\n[tool.mypy]\nignore_errors = true\n[tool.pingvas-ci]\ngates = {coverage = {none = 'a tool'}}\n"},
			want: []string{
				"lint is off: [tool.ruff] excludes every file", "format is off: [tool.ruff] excludes every file",
				"typecheck is off: [tool.mypy] ignores every error", "coverage is off: a tool",
			},
		},
		"tools that find nothing": {
			files: map[string]string{"a/pyproject.toml": "[project]\nname = 'a'\n[tool.ruff.lint]\nselect = []\n[[tool.mypy.overrides]]\nmodule = ['*']\nignore_errors = true\n[tool.pingvas-ci]\ncoverage-threshold = 1\n"},
			want:  []string{"lint is off: [tool.ruff] has no rule left", "typecheck is off: [tool.mypy] ignores every error"},
		},
		"tools that leave something out": {
			files: map[string]string{"a/pyproject.toml": "[project]\nname = 'a'\n[tool.ruff]\nexclude = ['generated']\nlint.ignore = ['E501']\n[[tool.mypy.overrides]]\nmodule = 'generated.*'\nignore_errors = true\n[tool.pingvas-ci]\ncoverage-threshold = 1\n"},
		},
		"a CUDA worker": {
			files: map[string]string{"a/requirements.txt": "", "a/Dockerfile.cuda": "FROM scratch\n"},
			want:  []string{"coverage is off: no threshold is set", "test is narrowed to tests/unit, by test-paths"},
		},
		"a frontend": {
			files: map[string]string{"a/pnpm-lock.yaml": "", "a/package.json": `{"scripts": {"lint": "eslint . || true", "typecheck": "tsc", "test": "vitest", "build-storybook": "storybook build"}, "pingvas-ci": {"coverageThreshold": 1, "testPaths": ["src"]}}`},
			want:  []string{`lint is off: "eslint . || true" passes whatever is found`, "format is off: there is no script for it, such as format:check", "test is narrowed to src, by testPaths"},
		},
		"a frontend without": {
			files: map[string]string{"a/pnpm-lock.yaml": "", "a/package.json": `{"scripts": {"lint": "eslint .", "test:coverage": "vitest --coverage", "test": "echo none"}, "pingvas-ci": {"gates": {"typecheck": {"none": "it is JavaScript"}}}}`},
			want: []string{
				"format is off: there is no script for it, such as format:check", "typecheck is off: it is JavaScript", `test is off: "echo none" does nothing`, "storybook is off: there is no script for it, such as build-storybook",
				"coverage is off: no threshold is set",
			},
		},
		"a container": {
			files: map[string]string{"a/Dockerfile": "FROM golang\n", "a/go.mod": "", "a/pingvas-ci.toml": "gates = {lint = ['true'], format = {none = 'gofmt is in lint'}, audit = ['true', 'govulncheck']}\n"},
			want:  []string{`lint is off: "true" does nothing`, "test is off: no command is set for it", "format is off: gofmt is in lint"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			for _, tool := range []string{"ruff.toml", "mypy.ini", "pytest.ini"} {
				test.files["a/"+tool] = "" // A project that wants the guide's.
			}
			list, err := discover(tree(test.files))
			require.NoError(t, err)
			assert.Equal(t, test.want, list[0].Narrowed(nil))
		})
	}
}

// TestToolsThatNobodyWantsAreSaid: what makes a gate run, where it does not.
func TestToolsThatNobodyWantsAreSaid(t *testing.T) {
	list, err := discover(tree(map[string]string{"a/requirements.txt": "flask\n", "a/.flake8": "", "a/pyproject.toml": "[tool.pingvas-ci.gates]\nformat = ['black --check .']\n[tool.pytest]\n"}))
	require.NoError(t, err)
	assert.Equal(t, []string{
		`lint is off: ruff is neither locked nor configured, and flake8 is. To run that, write gates = {lint = ["uv pip install flake8", "flake8 --extend-exclude=.venv"]} in [tool.pingvas-ci] of a/pyproject.toml`,
		"typecheck is off: mypy is neither locked nor configured. To run it, add [tool.mypy] to a/pyproject.toml",
		"coverage is off: no threshold is set",
		"a/requirements.txt has no hashes: what the index has of its packages is installed. Move it to requirements.in, and lock that with: uv pip compile --universal --generate-hashes requirements.in --output-file requirements.txt, in a",
	}, list[0].Narrowed(nil))
}

// TestOthersRun: what a project installs in the guide's place is its gate, as its own
// automation runs it, of which a change changes the checks.
func TestOthersRun(t *testing.T) {
	list, err := discover(tree(map[string]string{
		"pyproject.toml":           "[project]\nname = 'a'\n[build-system]\nrequires = ['x']\n[project.optional-dependencies]\ndev = ['black', 'flake8', 'pyright', 'tox']\nhttp = ['x']\n[tool.ruff]\n",
		".github/workflows/ci.yml": "      - run: pip install .[http] && ruff check src\n      - run: black --check src\n", "src/a.py": "", "manage.py": "",
	}))
	require.NoError(t, err)
	c := list[0]
	require.Empty(t, c.Fault)
	ruff, _ := c.Tool("ruff")
	assert.Equal(t, []string{"src"}, ruff.Arguments)
	assert.Equal(t, []string{"black --check src"}, c.Settings.Gates["format"].Commands, "and not ruff's format")
	assert.Equal(t, []string{"pyright"}, c.Settings.Gates["typecheck"].Commands)
	assert.Empty(t, c.Settings.Gates["lint"].Commands, "ruff's")
	test, _ := c.Gate("test")
	assert.Contains(t, test.Off, "and tox is. To run that, write", "which makes environments of its own")
	assert.True(t, slices.ContainsFunc(c.Inputs.Check, func(part inputs.Part) bool { return part.Dir == ".github/workflows" }))
}

// TestUnheard: of a tool besides the one that a gate runs, installed or hooked, it is said
// what runs it; alone, it is the gate.
func TestUnheard(t *testing.T) {
	const hooks = "repos:\n- repo: a\n  rev: 7.3.0\n  hooks:\n  - id: flake8\n- repo: b\n  rev: v7.0.0\n  hooks:\n  - id: isort\n    args: [--profile, black]\n"
	for at, want := range map[string][]string{
		"hooked":    {"uv tool run flake8@7.3.0 --extend-exclude=.venv", "isort is run by no gate: lint is flake8. To run it besides, write gates = {isort = [\"uv tool run isort@7.0.0 --check-only --profile black .\"]} in [tool.pingvas-ci] of hooked/pyproject.toml"},
		"installed": {"flake8 a", "isort is run by no gate: lint is flake8. To run it besides, write gates = {isort = [\"isort --check-only a\"]} in [tool.pingvas-ci] of installed/pyproject.toml"},
		"alone":     {"isort --check-only a"},
	} {
		files := map[string]string{at + "/pyproject.toml": "[project]\nname = 'a'\n[tool.isort]\n", at + "/a/b.py": ""}
		switch at {
		case "hooked":
			files[at+"/.pre-commit-config.yaml"] = hooks
		case "installed":
			files[at+"/pyproject.toml"] += "[dependency-groups]\ndev = ['flake8', 'isort']\n"
			files[at+"/scripts/lint"] = "#!/bin/sh\nflake8 a\nisort --check-only a\n"
		case "alone":
			files[at+"/pyproject.toml"] += "[dependency-groups]\ndev = ['isort']\n"
			files[at+"/scripts/lint"] = "#!/bin/sh\nisort --check-only a\n"
		}
		list, err := discover(tree(files))
		require.NoError(t, err)
		assert.Equal(t, want[:1], list[0].Settings.Gates["lint"].Commands, at)
		if len(want) > 1 {
			assert.Contains(t, list[0].Unheard, want[1])
		}
	}
}

// TestAWorkersCommands: a CUDA worker is told to name other tools as a service is, and
// may.
func TestAWorkersCommands(t *testing.T) {
	list, err := discover(tree(map[string]string{"a/requirements.txt": "", "a/Dockerfile.cuda": "FROM scratch\n", "a/pyproject.toml": "[tool.pingvas-ci.gates]\nlint = ['flake8']\nsecurity = ['bandit -r .']\n"}))
	require.NoError(t, err)
	require.Empty(t, list[0].Fault)
	for _, name := range []string{"lint", "security"} {
		gate, has := list[0].Gate(name)
		assert.True(t, has)
		assert.Empty(t, gate.Off)
	}
}

// TestSomeGatesAreSaid where some are wanted.
func TestSomeGatesAreSaid(t *testing.T) {
	list, err := discover(tree(map[string]string{"a/requirements.txt": "", "a/pingvas-ci.toml": "allow-unhashed = true\ngates = {lint = {none = 'x'}, format = {none = 'y'}}\n"}))
	require.NoError(t, err)
	assert.Equal(t, []string{"format is off: y"}, list[0].Narrowed(func(gate string) bool { return gate == "format" }))
}

// TestADecisionIsWrittenWhereTheSettingsStand, and read there.
func TestADecisionIsWrittenWhereTheSettingsStand(t *testing.T) {
	const lock = "a/pnpm-lock.yaml"
	for want, files := range map[string]map[string]string{
		`gates = {test = {none = "the reason"}} in [tool.pingvas-ci] of a/pyproject.toml`: {"a/pyproject.toml": "[project]\nname = 'a'\n"},
		`gates = {test = {none = "the reason"}} in a/pingvas-ci.toml`:                     {"a/requirements.txt": ""},
		`"gates": {"test": {"none": "the reason"}} in "pingvas-ci" of a/package.json`:     {"a/package.json": "{}", lock: ""},
	} {
		list, err := discover(tree(files))
		require.NoError(t, err)
		assert.Equal(t, want, list[0].Decision("test"))
	}
	for file, files := range map[string]map[string]string{
		"a/pyproject.toml":  {"a/pyproject.toml": "[project]\nname = 'a'\n[tool.pingvas-ci]\ngates = {test = {none = \"the reason\"}}\n"},
		"a/pingvas-ci.toml": {"a/package.json": "{}", lock: "", "a/pingvas-ci.toml": "gates = {test = {none = \"the reason\"}}\n"},
		"a/package.json":    {"a/package.json": `{"pingvas-ci": {"gates": {"test": {"none": "the reason"}}}}`, lock: ""},
	} {
		list, err := discover(tree(files))
		require.NoError(t, err)
		assert.Equal(t, file, list[0].SettingsFile)
		gate, _ := list[0].Gate("test")
		assert.Equal(t, "the reason", gate.Off)
	}
}

// TestRefusedGates says what is wrong, and what to write.
func TestRefusedGates(t *testing.T) {
	for says, settings := range map[string]string{
		`gate "tests": a Python service has the gates lint, format, typecheck, test, coverage. Name one of them`: "gates = {tests = {none = 'x'}}",
		`coverage-threshold asks for tests that cover the code, and gates for no gate test`:                      "coverage-threshold = 1\ngates = {test = {none = 'x'}}",
		`and gates for no gate coverage. Remove one of the two`:                                                  "coverage-threshold = 1\ngates = {coverage = {none = 'x'}}",
		`gate "test": none stands without a reason`:                                                              "gates = {test = {none = ' '}}",
		`the setting "gates-target" does nothing for a Python service`:                                           "gates-target = 'x'",
	} {
		assert.ErrorContains(t, faults(tree(map[string]string{"a/requirements.txt": "", "a/pingvas-ci.toml": settings})), says)
	}
}

// TestOneEnvironment: what the tests run with comes before what other tools do, and what is
// not known of the tests no other tool's line says.
func TestOneEnvironment(t *testing.T) {
	list, err := discover(tree(map[string]string{
		"services/a/pyproject.toml": "[project]\nname = 'a'\n[tool.mypy]\n[tool.pytest.ini_options]\n", "services/a/src/test_a.py": "",
		"services/a/.github/workflows/ci.yml": "jobs:\n  lint:\n    env: {MODE: lint, DB: 'sqlite://', KEPT: x, API_TOKEN: plain}\n    steps: [{run: mypy src}]\n" +
			"  test:\n    env: {MODE: test, DB: '${{ secrets.db }}'}\n    steps: [{run: pytest src}]\n",
	}))
	require.NoError(t, err)
	assert.Equal(t, map[string]string{"MODE": "test", "KEPT": "x", "API_TOKEN": "plain"}, list[0].Settings.Environment)
	for _, of := range list[0].Inferred {
		assert.NotContains(t, of.Value, "plain", "what looks like a secret is not printed")
	}
	assert.Contains(t, list[0].Unheard[0], "pytest runs without DB")
}

// TestWhatRunsBesidesTheTests is said, as no gate runs it.
func TestWhatRunsBesidesTheTests(t *testing.T) {
	files := map[string]string{
		"pyproject.toml": "[project]\nname = 'a'\n[dependency-groups]\ndev = ['pytest', 'coverage']\n[tool.coverage.report]\nfail_under = 95\n", "a/__init__.py": "", "tests/test_a.py": "",
		"tox.ini": "[testenv]\ncommands =\n    coverage run -m pytest tests\n    pytest a --doctest-modules\n    coverage report\n",
	}
	list, err := discover(tree(files))
	require.NoError(t, err)
	assert.Equal(t, []string{
		`tox.ini runs pytest --doctest-modules a besides the tests, which no gate does. To run it, write gates = {doctest = ["pytest --doctest-modules a"]} in [tool.pingvas-ci] of pyproject.toml`,
		"tox.ini fails where less than 95 percent is covered, which no gate does. To have one, write coverage-threshold = 95 in [tool.pingvas-ci] of pyproject.toml",
	}, list[0].Unheard)

	files["pyproject.toml"] += "[tool.pytest.ini_options]\naddopts = '--doctest-modules'\n[tool.pingvas-ci]\ncoverage-threshold = 95\n"
	list, err = discover(tree(files))
	require.NoError(t, err)
	assert.Empty(t, list[0].Unheard)
}

// TestWhatFormatsAbove: a file of the repository's that keeps the gate on decides about it, so
// that a change of it is one of the component.
func TestWhatFormatsAbove(t *testing.T) {
	files := map[string]string{
		"services/a/pyproject.toml": "[project]\nname = 'a'\n[dependency-groups]\ndev = ['ruff']\n", "services/a/main.py": "", "services/a/Makefile": "x:\n\truff check .\n",
		"Makefile": "all:\n\truff format --check services\n",
	}
	for _, formats := range []bool{true, false} {
		if !formats {
			files["Makefile"] = "all:\n\tpnpm run format\n"
		}
		list, err := discover(tree(files))
		require.NoError(t, err)
		require.Len(t, list, 1)
		gate, _ := list[0].Gate("format")
		assert.Equal(t, formats, gate.Off == "")
		matcher, err := list[0].Inputs.Matcher()
		require.NoError(t, err)
		why, err := matcher.Why("Makefile")
		require.NoError(t, err)
		assert.Equal(t, formats, why != "")
	}
}
