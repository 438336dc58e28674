package pyenv_test

import (
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
		"of some files": {map[string]string{"setup.py": "", ".pre-commit-config.yaml": hook + "        files: ^src/\n"}, nil},
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
