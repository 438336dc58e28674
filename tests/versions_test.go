package tests

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pingvas/pingvas-ci/tests/internal/harness"
)

// TestVersions has a service for each Python and a frontend for each Node.js that
// there is an image of: it is checked by that version, and made into an image
// that the default gate lets pass. `make versions` has all the images that there
// are; without it these are the ones that other tests use as well.
func TestVersions(t *testing.T) {
	long(t, "TestPythonImage, TestFrontendOfAWorkspace")
	t.Parallel()
	pythons, nodes := harness.VersionsOf(t, "python"), harness.VersionsOf(t, "node")
	require.NotEmpty(t, pythons)
	require.NotEmpty(t, nodes)
	r := harness.NewRepository(t, nil)
	var names []string
	var calls [][]string
	for _, version := range pythons {
		name := "python" + strings.ReplaceAll(version, ".", "")
		at := "services/" + name + "/"
		r.Write(at+".python-version", version+"\n")
		r.Write(at+"requirements.txt", "iniconfig==2.1.0\n")
		r.Write(at+"pyproject.toml", "[tool.pytest.ini_options]\n[tool.pingvas-ci]\nplatforms = [\"linux/amd64\"]\n")
		r.Write(at+"main.py", "import platform\n\nimport iniconfig\n\nVERSION = platform.python_version() if iniconfig else \"\"\nprint(VERSION)\n")
		r.Write(at+"test_main.py", fmt.Sprintf("from main import VERSION\n\n\ndef test_version() -> None:\n    assert VERSION.startswith(%q)\n", version+"."))
		names = append(names, name)
		calls = append(calls, words("service --name "+name+" test"), words("service --name "+name+" scan gate"),
			words("service --name "+name+" image with-exec --use-entrypoint --args anything stdout"))
	}
	for _, version := range nodes {
		name := "node" + version
		at := "pages/" + name + "/"
		says := fmt.Sprintf("node -e 'if (!process.version.startsWith(`v%s.`)) process.exit(1)'", version)
		r.Write(at+".nvmrc", version+"\n")
		r.Write(at+"package.json", fmt.Sprintf(`{"name": %q, "packageManager": "pnpm@9.15.9", "scripts": {"lint": %q, "build": "mkdir dist && node -p process.version > dist/index.html"},
			"pingvas-ci": {"platforms": ["linux/amd64"]}}`, name, says))
		r.Write(at+"pnpm-lock.yaml", "lockfileVersion: '9.0'\n\nsettings:\n  autoInstallPeers: true\n  excludeLinksFromLockfile: false\n\nimporters:\n\n  .: {}\n")
		names = append(names, name)
		calls = append(calls, words("frontend --name "+name+" lint"), words("frontend --name "+name+" scan gate"),
			words("frontend --name "+name+" dist file --path index.html contents"))
	}
	said := r.Batch(t, calls...)
	for i, version := range append(pythons, nodes...) {
		t.Run(names[i], func(t *testing.T) {
			said[3*i].Must(t)
			said[3*i+1].Must(t)
			assert.True(t, strings.HasPrefix(strings.TrimPrefix(strings.TrimSpace(said[3*i+2].Must(t)), "v"), version+"."), said[3*i+2].Stdout)
		})
	}
	t.Logf("Python %s, Node.js %s", strings.Join(pythons, ", "), strings.Join(nodes, ", "))
}
