package missing_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/pingvas/pingvas-ci/ci/internal/missing"
)

// TestPrograms: what tests start that is not there, and no file that they open.
func TestPrograms(t *testing.T) {
	const printed = "E   FileNotFoundError: [Errno 2] No such file or directory: 'git'\nE   FileNotFoundError: [Errno 2] No such file or directory: 'git'\n" +
		"No such file or directory: '/tmp/x'\nNo such file or directory: 'data.json'\nFileNotFoundError: [Errno 2] No such file or directory: 'less'"
	assert.Equal(t, []string{"git", "less"}, missing.Programs("subprocess.py:1: in _execute_child\n"+printed))
	assert.Empty(t, missing.Programs("No such file or directory: 'LICENSE'"), "it may be a file")
	assert.Equal(t, []string{"ps", "curl", "zip"}, missing.Programs("sh: 1: curl: not found\nError: spawn ps ENOENT\n\x1b[31mbash: line 1: zip: command not found\x1b[0m\nsh: 1: eslint: not found\n"))
	assert.Empty(t, missing.Programs("Error: spawn /src/bin/tool ENOENT\nfatal: not found\n"))
	for _, printed := range []string{"Error: spawnSync git ENOENT", "/bin/sh: 1: git: not found", "sh: git: command not found", "sh: 1: exec: git: not found", `exec: "git": executable file not found in $PATH`, "E   ImportError: Bad git executable.", "BadCommand(\"Cannot find command 'git' - do you have 'git' installed"} {
		assert.Equal(t, []string{"git"}, missing.Programs(printed), printed)
	}
	assert.Equal(t, []string{"git", "node"}, missing.Programs("ImportError: cannot import name 'git' from 'plumbum.cmd' (unknown location)\nError: node executable not found, please install it\nError: myown executable not found\n"))
	assert.Equal(t, []string{"default-jre-headless", "procps"}, missing.Packages([]string{"ps", "java", "pgrep", "pandoc"}))
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
		assert.Equal(t, want, missing.Everywhere(printed, nil), printed)
		assert.Empty(t, missing.Everywhere(printed, want), printed)
	}
	assert.Equal(t, []string{"pandoc"}, missing.Elsewhere([]string{"git", "pandoc"}))
}

// TestSuspected: tests that go on without a program have its name in theirs.
func TestSuspected(t *testing.T) {
	const failed = "FAILED tests/a.py::test_pager[test3- less]\nFAILED tests/a.py::test_pager[test4-less]\nFAILED tests/b.py::test_rest[1]\n"
	assert.Equal(t, []string{"less"}, missing.Suspected(failed, nil))
	assert.Empty(t, missing.Suspected(failed, []string{"less=590"}))
	assert.Empty(t, missing.Suspected(failed+"FAILED tests/b.py::test_rest[2]\n", nil))
	assert.Empty(t, missing.Suspected("FAILED tests/a.py::test_git\n", nil))
	assert.Equal(t, []string{"git"}, missing.Suspected("E           a.VCSNotInstalled: 'git' is not installed.\nFAILED tests/a.py::test_clone[hg: x] - a.VCSNotInstalled: 'git' is not installed.\n", nil))
	assert.Empty(t, missing.Suspected("E   fatal: repository 'https://git' not found\nE   page not found\n", []string{}))
}

// TestAsksGit: what git says of a directory that is in no repository, and no more.
func TestAsksGit(t *testing.T) {
	assert.True(t, missing.AsksGit("E   fatal: not a git repository (or any of the parent directories): .git\n"))
	assert.True(t, missing.AsksGit("E   git.exc.InvalidGitRepositoryError: /src\n"))
	assert.True(t, missing.AsksGit("An error has occurred: FatalError: git failed. Is it installed, and are you in a Git repository directory?\n"))
	assert.False(t, missing.AsksGit("Cannot find module 'simple-git'\n"))
	assert.False(t, missing.AsksGit("E   ImportError: Bad git executable.\nE   fatal: repository 'https://git' not found\n"))
}
