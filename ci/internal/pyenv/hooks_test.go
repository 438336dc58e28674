package pyenv_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/pingvas/pingvas-ci/ci/internal/pyenv"
)

// TestHookedMypy: where nothing but a hook has mypy, it is run as that runs it.
func TestHookedMypy(t *testing.T) {
	const hook = "exclude: ^tests/data/\nrepos:\n  - repo: https://github.com/pre-commit/mirrors-mypy\n    rev: v2.3.0\n    hooks:\n      - id: mypy\n"
	for name, test := range map[string]struct {
		files map[string]string
		want  []pyenv.Tool
	}{
		"its own arguments": {map[string]string{"setup.py": "", ".pre-commit-config.yaml": hook}, []pyenv.Tool{
			{Name: "mypy", Version: "2.3.0", Source: at + ".pre-commit-config.yaml", Arguments: []string{"--ignore-missing-imports", "--scripts-are-modules", "--exclude", "^tests/data/", "."}},
		}},
		"the repository's": {map[string]string{"setup.py": "", ".pre-commit-config.yaml": hook + "        args: [--strict]\n        exclude: ^docs/conf.py$\n        additional_dependencies: [types-PyYAML>=6]\n"}, []pyenv.Tool{
			{Name: "mypy", Version: "2.3.0", Source: at + ".pre-commit-config.yaml", Arguments: []string{"--strict", "--exclude", "^tests/data/", "--exclude", "^docs/conf.py$", "."}, Packages: []string{"types-PyYAML>=6"}},
		}},
		"without file names": {map[string]string{"setup.py": "", ".pre-commit-config.yaml": hook + "        pass_filenames: false\n        args: [--strict, src]\n"}, []pyenv.Tool{
			{Name: "mypy", Version: "2.3.0", Source: at + ".pre-commit-config.yaml", Arguments: []string{"--strict", "src", "--exclude", "^tests/data/"}},
		}},
		"of a directory": {map[string]string{"setup.py": "", "src/a.py": "", ".pre-commit-config.yaml": hook + "        args: []\n        files: ^(src/|gone/)\n"}, []pyenv.Tool{
			{Name: "mypy", Version: "2.3.0", Source: at + ".pre-commit-config.yaml", Arguments: []string{"--exclude", "^tests/data/", "src"}},
		}},
		"of its modules": {map[string]string{"setup.py": "", "src/a.py": "", "lib/b.py": "", ".pre-commit-config.yaml": hook + "        args: []\n        files: ^(src|lib)/.*\\.py$\n"}, []pyenv.Tool{
			{Name: "mypy", Version: "2.3.0", Source: at + ".pre-commit-config.yaml", Arguments: []string{"--exclude", "^tests/data/", "src", "lib"}},
		}},
		"of directories": {map[string]string{"setup.py": "", "src/a.py": "", "lib/b.py": "", ".pre-commit-config.yaml": hook + "        args: []\n        files: \"^src/|^lib/\"\n"}, []pyenv.Tool{
			{Name: "mypy", Version: "2.3.0", Source: at + ".pre-commit-config.yaml", Arguments: []string{"--exclude", "^tests/data/", "src", "lib"}},
		}},
		"of some files": {map[string]string{"setup.py": "", "src/a.py": "", ".pre-commit-config.yaml": hook + "        files: ^src/[ab]\n"}, nil},
		"of a name":     {map[string]string{"setup.py": "", "src/a.py": "", ".pre-commit-config.yaml": hook + "        files: ^src\n"}, nil},
		"mypy that tox installs, too": {map[string]string{"setup.py": "", "tox.ini": "[testenv:types]\ndeps = mypy\ncommands = mypy tests\n", ".pre-commit-config.yaml": hook + "        args: [--strict]\n"}, []pyenv.Tool{
			{Name: "mypy", Version: "2.3.0", Source: at + ".pre-commit-config.yaml", Arguments: []string{"--strict", "--exclude", "^tests/data/", "."}},
		}},
		"mypy that the project installs": {map[string]string{"requirements.txt": "", "requirements-dev.txt": "mypy==2.4.1\n", ".pre-commit-config.yaml": hook}, []pyenv.Tool{
			{Name: "mypy", Version: "2.4.1", Source: at + "requirements-dev.txt", Arguments: []string{"."}},
		}},
		"a branch": {map[string]string{"setup.py": "", ".pre-commit-config.yaml": "repos:\n  - repo: https://github.com/pre-commit/mirrors-mypy\n    rev: main\n    hooks:\n      - id: mypy\n"}, nil},
		"no YAML":  {map[string]string{"setup.py": "", ".pre-commit-config.yaml": "repos: ["}, nil},
	} {
		files := map[string]string{}
		for file, text := range test.files {
			files[at+file] = text
		}
		assert.Equal(t, test.want, read(t, files).Tooling(tree(files)), name)
	}
}

// TestHookedOthers: so is another tool in the guide's place; one that is configured alone
// is none of the environment's.
func TestHookedOthers(t *testing.T) {
	const sha = "c60c980e561ed3e73101667fe8365c609d19a438"
	black := "repos:\n- repo: https://github.com/psf/black\n  rev: 23.3.0\n  hooks:\n  - id: black\n    args: [--line-length=88, --safe]\n"
	for text, want := range map[string]pyenv.Other{
		black:                                   {Name: "black", Command: "uv tool run black@23.3.0 --check --line-length=88 --safe .", Source: at + ".pre-commit-config.yaml", Installed: true},
		black + "    exclude: ^(bench|docs)/\n": {Name: "black", Command: "uv tool run black@23.3.0 --check --line-length=88 --safe --extend-exclude '/(bench|docs)/' .", Source: at + ".pre-commit-config.yaml", Installed: true},
		black + "    files: ^src/\n":            {Name: "black", Command: "black --check ."},
	} {
		files := map[string]string{at + "setup.py": "", at + ".pre-commit-config.yaml": text}
		other, is := read(t, files).Other(tree(files), "format")
		assert.True(t, is)
		assert.Equal(t, want, other)
	}
	of := map[string]string{at + "setup.py": "", at + "src/a.py": "", at + ".pre-commit-config.yaml": black + "    files: ^src/\n"}
	some, _ := read(t, of).Other(tree(of), "format")
	assert.Equal(t, "uv tool run black@23.3.0 --check --line-length=88 --safe src", some.Command)
	files := map[string]string{at + "setup.py": "", at + ".pre-commit-config.yaml": "repos:\n- repo: https://github.com/pycqa/flake8\n  rev: " + sha + "  # frozen: 7.1.1\n  hooks:\n  - id: flake8\n    args: ['--max-line-length', '100']\n    additional_dependencies: [flake8-bugbear]\n"}
	other, _ := read(t, files).Other(tree(files), "lint")
	assert.Equal(t, "uv tool run --with flake8-bugbear flake8@7.1.1 --max-line-length 100 --extend-exclude=.venv", other.Command)
	files = map[string]string{at + "setup.py": "", at + "ruff.toml": "", at + ".pre-commit-config.yaml": "repos:\n- repo: https://github.com/astral-sh/ruff-pre-commit\n  rev: " + sha + "  # frozen: v0.15.9\n  hooks:\n  - id: ruff\n"}
	assert.Equal(t, "0.15.9", read(t, files).Tooling(tree(files))[0].Version)
}

// TestUnheard: what is installed and configured, and what no gate runs, is named; of two,
// what is installed goes before what is only configured.
func TestUnheard(t *testing.T) {
	files := map[string]string{at + "pyproject.toml": "[project]\nname = 'a'\n[dependency-groups]\ndev = ['mypy', 'pyright', 'ty']\n[tool.mypy]\n[tool.pyright]\n"}
	assert.Equal(t, []pyenv.Other{{Name: "pyright", Command: "pyright", Source: at + "pyproject.toml", Installed: true}}, read(t, files).Unheard(tree(files), "typecheck", "mypy"))
	files = map[string]string{"pyrightconfig.json": "{}", at + "pyproject.toml": "[project]\nname = 'a'\n[dependency-groups]\ndev = ['ty']\n"}
	other, _ := read(t, files).Other(tree(files), "typecheck")
	assert.Equal(t, "ty check", other.Command)
}

// TestHookedRuff: ruff that only a hook runs is run with what that leaves out.
func TestHookedRuff(t *testing.T) {
	const repo = "  - repo: https://github.com/astral-sh/ruff-pre-commit\n    rev: v0.16.0\n    hooks:\n"
	for text, want := range map[string][2][]string{
		"exclude: 'docs/|ext/'\nrepos:\n" + repo + "      - id: ruff-check\n        args: [--fix, --select, I]\n      - id: ruff-format\n        exclude: tests/a\\.py\n": {{"--select", "I", "--config", `extend-exclude=["docs","ext"]`, "."}, {"--config", `extend-exclude=["docs","ext","tests/a.py","*.md"]`, "."}},
		"exclude: |\n  (?x)^(\n    docs/|  # old\n    a/b/.*\n  )$\nrepos:\n" + repo + "      - id: ruff\n        files: ^src/\n      - id: ruff-format\n":                {{"--config", `extend-exclude=["docs/**","a/b/**"]`, "src"}, {"--config", `extend-exclude=["docs/**","a/b/**","*.md"]`, "."}},
		"exclude: '{{a.b}}/x|docs/'\nrepos:\n" + repo + "      - id: ruff\n      - id: ruff-format\n":                                                                     {{"--config", `extend-exclude=["[{][{]a.b[}][}]/x","docs"]`, "."}, {"--config", `extend-exclude=["[{][{]a.b[}][}]/x","docs","*.md"]`, "."}},
		"exclude: docs/\nrepos:\n" + strings.Replace(repo, "0.16.0", "0.2.1", 1) + "      - id: ruff\n      - id: ruff-format\n":                                          {{"--extend-exclude", "docs", "."}, {"--exclude", ".venv,docs", "."}},
		"repos:\n" + strings.Replace(repo, "0.16.0", "0.1.2", 1) + "      - id: ruff\n      - id: ruff-format\n":                                                          {{"."}, {"."}},
		"exclude: '[ab]+'\nrepos:\n" + repo + "      - id: ruff\n      - id: ruff-format\n":                                                                               {{"."}, {"."}},
	} {
		files := map[string]string{at + "setup.py": "", at + "src/a.py": "", at + "pyproject.toml": "[tool.ruff]\n", at + ".pre-commit-config.yaml": text}
		tools := read(t, files).Tooling(tree(files))
		assert.Equal(t, want, [2][]string{tools[0].Arguments, tools[1].Arguments}, text)
		files[at+"Makefile"] = "x:\n\truff check src\n"
		tools = read(t, files).Tooling(tree(files))
		assert.Equal(t, [2][]string{{"src"}, {"."}}, [2][]string{tools[0].Arguments, tools[1].Arguments}, text)
	}
}
