package toolbuild

import (
	"os"
	"path/filepath"
	"regexp"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

const repoRoot = "../../.."

func TestVersionsAreThoseOfTheModules(t *testing.T) {
	tests := []struct{ module, require, version string }{
		{"airgap/tools/engine", "github.com/dagger/dagger", EngineVersion},
		{"airgap/tools/engine", "dagger.io/dagger", EngineVersion},
		{"airgap/tools/runc", "github.com/opencontainers/runc", RuncVersion},
		{"airgap/tools/cni", "github.com/containernetworking/plugins", CNIVersion},
		{"airgap/tools/trivy", "github.com/aquasecurity/trivy", TrivyVersion},
	}
	for _, test := range tests {
		t.Run(test.require, func(t *testing.T) {
			assert.Regexp(t, `(?m)^(require|\t)\s*`+regexp.QuoteMeta(test.require+" "+test.version)+`\b`, goMod(t, test.module))
		})
	}
}

func TestEveryToolIsPinnedByItsModule(t *testing.T) {
	names := map[string]bool{}
	for _, tool := range append(Tools(), Trivy()) {
		t.Run(tool.Name, func(t *testing.T) {
			assert.False(t, names[tool.Name], "two tools of one name would overwrite each other")
			names[tool.Name] = true
			assert.Regexp(t, `(?m)^(tool |\t)`+regexp.QuoteMeta(tool.Package)+`$`, goMod(t, tool.Module), "the module's tool block names it")
			for _, dir := range tool.Local {
				assert.DirExists(t, filepath.Join(repoRoot, dir))
			}
		})
	}
}

func goMod(t *testing.T, module string) string {
	content, err := os.ReadFile(filepath.Join(repoRoot, module, "go.mod"))
	require.NoError(t, err)
	return string(content)
}
