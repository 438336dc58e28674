package pyenv_test

import (
	"fmt"
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

// TestPrograms: what tests start that is not there, and no file that they open.
func TestPrograms(t *testing.T) {
	const printed = "E   FileNotFoundError: [Errno 2] No such file or directory: 'git'\nE   FileNotFoundError: [Errno 2] No such file or directory: 'git'\n" +
		"No such file or directory: '/tmp/x'\nNo such file or directory: 'data.json'\nFileNotFoundError: [Errno 2] No such file or directory: 'less'"
	assert.Equal(t, []string{"git", "less"}, pyenv.Programs("subprocess.py:1: in _execute_child\n"+printed))
	assert.Empty(t, pyenv.Programs("No such file or directory: 'LICENSE'"), "it may be a file")
}

// TestEverywhere: what every developer's machine has is installed, and what not is named.
func TestEverywhere(t *testing.T) {
	const started = "subprocess.py:1: in _execute_child\nE   FileNotFoundError: [Errno 2] No such file or directory: '%s'\n"
	for printed, want := range map[string][]string{
		fmt.Sprintf(started+started, "git", "pandoc"):                       {"git"},
		"/bin/sh: 1: gcc: not found\nbash: line 3: hg: command not found\n": {"gcc", "libc6-dev"},
		"E   ImportError: Bad git executable.\n":                            {"git"},
		"E   page not found\nsh: 1: nothing: not found\n":                   nil,
	} {
		assert.Equal(t, want, pyenv.Everywhere(printed, nil), printed)
		assert.Empty(t, pyenv.Everywhere(printed, want), printed)
	}
	assert.Equal(t, []string{"pandoc"}, pyenv.Elsewhere([]string{"git", "pandoc"}))
}

// TestSuspected: tests that go on without a program have its name in theirs.
func TestSuspected(t *testing.T) {
	const failed = "FAILED tests/a.py::test_pager[test3- less]\nFAILED tests/a.py::test_pager[test4-less]\nFAILED tests/b.py::test_rest[1]\n"
	assert.Equal(t, []string{"less"}, pyenv.Suspected(failed, nil))
	assert.Empty(t, pyenv.Suspected(failed, []string{"less=590"}))
	assert.Empty(t, pyenv.Suspected(failed+"FAILED tests/b.py::test_rest[2]\n", nil))
	assert.Empty(t, pyenv.Suspected("FAILED tests/a.py::test_git\n", nil))
	assert.Equal(t, []string{"git"}, pyenv.Suspected("E           a.VCSNotInstalled: 'git' is not installed.\nFAILED tests/a.py::test_clone[hg: x] - a.VCSNotInstalled: 'git' is not installed.\n", nil))
	assert.Empty(t, pyenv.Suspected("E   fatal: repository 'https://git' not found\nE   page not found\n", []string{}))
}
