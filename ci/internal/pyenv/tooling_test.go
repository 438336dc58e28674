package pyenv_test

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/pingvas/pingvas-ci/ci/internal/pyenv"
)

// TestTooling: a tool is wanted where it is locked, asked for or configured.
func TestTooling(t *testing.T) {
	const lock = "[[package]]\nname = 'ruff'\nversion = '0.9.1'\n[[package]]\nname = 'pytest'\nversion = '8.0'\n"
	for name, test := range map[string]struct {
		files map[string]string
		want  []pyenv.Tool
	}{
		"nothing": {map[string]string{at + "requirements.txt": "flask\n"}, nil},
		"locked": {map[string]string{at + "uv.lock": lock, at + "pyproject.toml": "[project]\nname = 'a'\n"}, []pyenv.Tool{
			{Name: "ruff", Version: "0.9.1", Source: at + "uv.lock", Arguments: []string{"."}}, {Name: "ruff format", Version: "0.9.1", Source: at + "uv.lock", Arguments: []string{"."}}, {Name: "pytest", Version: "8.0", Source: at + "uv.lock"},
		}},
		"asked for": {map[string]string{at + "pyproject.toml": "[project]\nname = 'a'\n[dependency-groups]\ndev = ['mypy']\n"}, []pyenv.Tool{
			{Name: "mypy", Source: at + "pyproject.toml", Arguments: []string{"."}},
		}},
		"configured above": {map[string]string{at + "setup.py": "", "ruff.toml": "", "services/pyproject.toml": "[tool.pytest.ini_options]\n"}, []pyenv.Tool{
			{Name: "ruff", Source: "ruff.toml", Arguments: []string{"."}}, {Name: "ruff format", Source: "ruff.toml", Arguments: []string{"."}}, {Name: "pytest", Source: "services/pyproject.toml"},
		}},
		"of what is configured": {map[string]string{at + "setup.cfg": "[mypy]\nstrict = true\nfiles = src\n[coverage:run]\nbranch = true\n"}, []pyenv.Tool{
			{Name: "mypy", Source: at + "setup.cfg"}, {Name: "pytest-cov", Source: at + "setup.cfg", Arguments: []string{"--cov"}, Configured: true},
		}},
		"the hooks' version": {map[string]string{at + "setup.py": "", ".pre-commit-config.yaml": "repos:\n  - repo: https://github.com/astral-sh/ruff-pre-commit\n    rev: v0.8.6\n"}, []pyenv.Tool{
			{Name: "ruff", Version: "0.8.6", Source: ".pre-commit-config.yaml", Arguments: []string{"."}},
			{Name: "ruff format", Version: "0.8.6", Source: ".pre-commit-config.yaml", Arguments: []string{"."}},
		}},
	} {
		assert.Equal(t, test.want, read(t, test.files).Tooling(tree(test.files)), name)
	}
}

// TestToolLocks: each is there, with hashes.
func TestToolLocks(t *testing.T) {
	for _, name := range []string{"ruff", "mypy", "pytest", "pytest-cov", "poetry"} {
		assert.Contains(t, pyenv.ToolLock(name), "\n"+name+"==")
		assert.Contains(t, pyenv.ToolLock(name), "--hash=sha256:")
	}
}
