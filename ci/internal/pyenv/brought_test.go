package pyenv_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
)

// TestOnlyBrought: a tool that only another package asks for is none of the project's, unless
// its automation runs it, it is configured, or there are tests for it.
func TestOnlyBrought(t *testing.T) {
	const pip = "locust==2.1\n    # via -r requirements.in\npytest==8.4\n    # via\n    #   locust\n    #   pytest-x\nruff==0.9.1  # via gradio\n"
	const manifest = "[project]\nname = 'a'\n"
	const uv = "[[package]]\nname = 'a'\nversion = '1'\nsource = {virtual = '.'}\ndependencies = [{name = 'gradio'}]\n[package.dev-dependencies]\ndev = [{name = 'pytest'}]\n[[package]]\nname = 'pytest'\nversion = '8.4'\n[[package]]\nname = 'ruff'\nversion = '0.9.1'\n"
	const poetry = "[[package]]\nname = 'gradio'\nversion = '1'\n[[package]]\nname = 'ruff'\nversion = '0.9.1'\n[[package]]\nname = 'pytest'\nversion = '8.4'\n"
	for name, test := range map[string]struct {
		files map[string]string
		want  []string
	}{
		"requirements":    {map[string]string{"requirements.txt": pip}, nil},
		"tests":           {map[string]string{"requirements.txt": pip, "tests/test_a.py": ""}, []string{"pytest"}},
		"tests within":    {map[string]string{"requirements.txt": pip, "src/shop/tests/test_a.py": ""}, []string{"pytest"}},
		"configured":      {map[string]string{"requirements.txt": pip, "ruff.toml": ""}, []string{"ruff", "ruff format"}},
		"run":             {map[string]string{"requirements.txt": pip, "Makefile": "x:\n\truff check .\n"}, []string{"ruff"}},
		"asked for, too":  {map[string]string{"requirements.txt": pip, "requirements-dev.txt": "pytest==8.4\n    # via -r requirements-dev.in\n"}, []string{"pytest"}},
		"no reasons":      {map[string]string{"requirements.txt": "pytest==8.4\n"}, []string{"pytest"}},
		"the project":     {map[string]string{"pyproject.toml": manifest, "requirements.txt": "pytest==8.4\n    # via a\n"}, []string{"pytest"}},
		"uv":              {map[string]string{"pyproject.toml": manifest, "uv.lock": uv}, []string{"pytest"}},
		"a lock of tools": {map[string]string{"pyproject.toml": manifest, "uv.lock": "[manifest.dependency-groups]\ndev = [{name = 'ruff'}]\n" + uv}, []string{"ruff", "ruff format", "pytest"}},
		"Poetry":          {map[string]string{"pyproject.toml": "[tool.poetry]\nname = 'a'\n[tool.poetry.dependencies]\ngradio = '*'\n[tool.poetry.group.dev.dependencies]\npytest = '*'\n", "poetry.lock": poetry}, []string{"pytest"}},
	} {
		files := map[string]string{}
		for file, text := range test.files {
			files[at+file] = text
		}
		var got []string
		for _, tool := range read(t, files).Tooling(tree(files)) {
			got = append(got, tool.Name)
		}
		assert.Equal(t, test.want, got, name)
	}
}
