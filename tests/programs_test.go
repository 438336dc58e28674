package tests

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"github.com/pingvas/pingvas-ci/tests/internal/harness"
)

// TestPrograms: tests have the Debian packages that their pipeline installs before them, as
// far as Debian has them, and what every developer's machine has, a repository of git as
// well; and no image has any.
func TestPrograms(t *testing.T) {
	long(t, "ci/internal/pyenv, ci/internal/graph/kinds/definitions")
	t.Parallel()
	r := harness.Shapes(t, plain)
	r.Append(atPlain+"/tests/test_greeting.py", `

def test_programs() -> None:
    import subprocess

    subprocess.run(["tree", "--version"], check=True)
    subprocess.run(["git", "ls-files", "--error-unmatch", "pyproject.toml"], check=True)


# `+time.Now().String()+"\n") // What an engine has done, it says no more.
	r.Write(".github/workflows/ci.yml", "jobs:\n  test:\n    steps:\n"+
		"      - run: sudo apt-get update && sudo apt-get install --yes tree libubuntu-alone\n      - {run: pytest, working-directory: "+atPlain+"}\n")
	came := r.Batch(t, words("service --name "+plain+" test"), words("services summary"),
		append(words("service --name "+plain+" image --platform linux/amd64 with-exec --args"), "sh,-c,command -v tree git || echo none", "stdout"))
	came[0].Must(t)
	assert.Contains(t, came[0].Output, "· "+plain+": the checks go on without libubuntu-alone, as in .github/workflows/ci.yml: Debian does not install that")
	assert.Contains(t, came[0].Output, "its gate test starts what a developer's machine has and the image has not, so it runs again with git. Named in test-packages, in [tool.pingvas-ci] of "+atPlain+"/pyproject.toml, it is there the first time")
	assert.Contains(t, came[0].Output, "asks git about the repository, of which no history is handed to it, so it runs again in one of a single commit. Where that is not wanted, write test-packages = []")
	assert.Contains(t, came[1].Must(t), "test-packages: libubuntu-alone tree (as in .github/workflows/ci.yml)")
	assert.Equal(t, "none\n", came[2].Must(t))

	r.Replace(atPlain+"/pyproject.toml", "[tool.pingvas-ci]\n", "[tool.pingvas-ci]\ntest-packages = []\n")
	r.Call(words("service --name "+plain+" test")...).Refused(t, "the tests start programs that the image of Python does not have: tree. Name the Debian packages that have them: test-packages = [\"tree\"]")
}
