package policy

import (
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/rhysd/actionlint"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// renovate: datasource=pypi depName=zizmor
const zizmor = "1.32.0"

// TestWorkflowsAreClean lints the workflows that the module writes, and this
// project's own, as those who use them do: actionlint finds nothing in them, nor does
// zizmor that is pedantic.
func TestWorkflowsAreClean(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("../../ci/internal/workflow/testdata/*/.github/workflows/*.yml")
	require.NoError(t, err)
	require.GreaterOrEqual(t, len(files), 7, "the test no longer finds what it looks for")
	files = append(files, "../../.github/workflows/ci.yml")
	linter, err := actionlint.NewLinter(io.Discard, &actionlint.LinterOptions{})
	require.NoError(t, err)
	for _, file := range files {
		text, err := os.ReadFile(file)
		require.NoError(t, err)
		found, err := linter.Lint(file, text, nil)
		require.NoError(t, err)
		for _, fault := range found {
			assert.Fail(t, fault.Error())
		}
	}
	said, err := exec.Command(pedant(t), append([]string{"--offline", "--persona", "pedantic", "--no-progress"}, files...)...).CombinedOutput() //nolint:gosec // the files are the test's own
	assert.NoError(t, err, string(said))
}

// pedant is zizmor, which is installed once.
func pedant(t *testing.T) string {
	t.Helper()
	cache, err := os.UserCacheDir()
	require.NoError(t, err)
	venv := filepath.Join(cache, "pingvas-ci", "zizmor-"+zizmor)
	program := filepath.Join(venv, "bin", "zizmor")
	if _, err := os.Stat(program); err != nil {
		for _, command := range [][]string{{"python3", "-m", "venv", venv}, {filepath.Join(venv, "bin", "pip"), "install", "--quiet", "zizmor==" + zizmor}} {
			said, err := exec.Command(command[0], command[1:]...).CombinedOutput() //nolint:gosec // likewise
			require.NoError(t, err, string(said))
		}
	}
	return program
}
