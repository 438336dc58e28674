package pyenv_test

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/pingvas/pingvas-ci/ci/internal/pyenv"
)

// What uv 0.13.9 prints.
const (
	ofRequirements = "error: No solution found when resolving dependencies\n  cause: Because nvidia-nvtx-cu12==12.1.105 has no wheels with a matching\n" +
		"         platform tag (e.g., `manylinux_2_28_aarch64`) and you require nvidia-nvtx-cu12==12.1.105, we can conclude\n"
	ofSource = "cause: Because docopt==0.6.2 has no usable wheels and you require docopt==0.6.2, we can conclude"
	ofUv     = "error: Distribution `docopt==0.6.2 @ registry+https://index.example/simple` can't be installed because it is marked as `--no-build` but has no binary distribution\n"
	ofPylock = "error: Package `intel-openmp` can't be installed because it is marked as `--no-build` but has no binary distribution\n"
)

func TestWithoutWheel(t *testing.T) {
	for output, want := range map[string][]pyenv.Wheelless{
		ofRequirements:              {{Name: "nvidia-nvtx-cu12", Version: "12.1.105"}},
		ofSource:                    {{Name: "docopt", Version: "0.6.2"}},
		ofPylock:                    {{Name: "intel-openmp"}},
		ofUv:                        {{Name: "docopt", Version: "0.6.2"}},
		"error: connection refused": nil,
	} {
		assert.Equal(t, want, pyenv.Project{}.WithoutWheel(output), output)
	}
}

func TestExplain(t *testing.T) {
	w := pyenv.Wheelless{Name: "nvidia-nvtx-cu12", Version: "12.1.105"}
	some := w.Explain("nvidia-nvtx-cu12 (12.9.79)\nAvailable versions: 9, 8, 7, 6, 5, 4, 3, 2, 1, 0\n", "linux/arm64", "services/a")
	assert.Contains(t, some, "nvidia-nvtx-cu12 12.1.105 has no wheel for linux/arm64. Versions that have one: 9, 8, 7, 6, 5, 4, 3, 2, and 2 older.")
	assert.Contains(t, some, "allow-emulation = true in [tool.pingvas-ci] of services/a/pyproject.toml")
	assert.Contains(t, w.Explain("ERROR: No matching distribution found", "linux/arm64", "services/a"), "Versions that have one: none.")
}

func TestTargets(t *testing.T) {
	for glibc, want := range map[string]string{
		"2.28": "aarch64-manylinux_2_28", "2.36\n": "aarch64-manylinux_2_36", "2.43": "aarch64-manylinux_2_40", "": "aarch64-unknown-linux-musl",
	} {
		assert.Equal(t, want, pyenv.Target("linux/arm64", glibc))
	}
	assert.Contains(t, pyenv.Versions("a", "linux/amd64"), "manylinux_2_17_x86_64")
}
