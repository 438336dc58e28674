package tests

import (
	"crypto/rand"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/pingvas/pingvas-ci/tests/internal/harness"
)

// TestDaggerCheck: the gates are found by name, and run by it.
func TestDaggerCheck(t *testing.T) {
	t.Parallel()
	listed := harness.Dagger(t.Context(), []string{"--mod", "..", "check", "--list"})
	listed.Must(t)
	for _, gate := range []string{"lint", "format", "typecheck", "test", "coverage", "others", "formatted"} {
		assert.Contains(t, listed.Output, "pingvas-ci:gates:"+gate)
	}
	r := harness.Shapes(t, plain)
	r.Write(atPlain+"/plain/unsorted.py", "import os\n")
	came := r.Batch(t, words("gates lint"), words("gates typecheck"))
	came[0].Refused(t, "plain-service lint")
	came[1].Must(t) // Another gate.
}

// TestPythonReports breaks a service and a worker, and takes their reports all
// the same. Before, both pass.
func TestPythonReports(t *testing.T) {
	long(t, "ci/internal/junit, ci/internal/sarif")
	t.Parallel()
	service, worker := harness.Shapes(t, plain), harness.Shapes(t, plain)
	worker.Write(atPlain+"/Dockerfile.cuda", "FROM scratch\n")
	worker.Replace(atPlain+"/pyproject.toml", "[tool.pingvas-ci]\n", "[tool.pingvas-ci]\ntest-paths = [\"tests\"]\n")
	both := func(what ...string) (came []harness.Result) {
		var calls [][]string
		for _, call := range what {
			calls = append(calls, service.On(words("service --name "+plain+" "+call))...)
		}
		for _, call := range what {
			calls = append(calls, worker.On(words("worker --name "+plain+" "+call))...)
		}
		return harness.Batch(t, nil, calls...)
	}
	whole := both("check", "coverage-check", "formatted is-empty")
	for _, r := range []*harness.Repository{service, worker} {
		r.Write(atPlain+"/plain/broken.py", "import os\n\n\ndef number() -> int:\n    return \"one\"\n\n\n"+strings.Repeat("number()\n", 99))
		r.Append(atPlain+"/tests/test_greeting.py", "\n\ndef test_broken() -> None:\n    assert 1 + 1 == 3\n")
	}
	broken := both("lint-report contents", "typecheck-report contents", "test-report contents", "coverage contents",
		"coverage-check", "check", "formatted as-patch contents")
	for i, kind := range []string{"service", "worker"} {
		t.Run(kind, func(t *testing.T) { reports(t, whole[3*i:3*i+3], broken[7*i:7*i+7]) })
	}
	t.Run("a failure of an earlier run is none of the next one's", func(t *testing.T) {
		flaky := harness.Shapes(t, plain)
		flaky.Append(atPlain+"/tests/test_greeting.py", "\n\ndef test_flaky() -> None:\n    import os\n\n    assert os.environ.get(\"PINGVAS_CI_ATTEMPT\") == \"2\", \""+rand.Text()+"\"\n")
		test := words("service --name " + plain + " test")
		flaky.Call(test...).Refused(t, "test_flaky")
		flaky.Must(t, test...)
	})
	service.Call(words("service --name "+plain+" lint")...).
		Refused(t, "Error: plain-service lint: command \"ruff check --no-fix --no-fix-only .\" failed with exit code 1:\n    F401 ")
}

// reports reads what came of a component's gates and reports, whole and broken.
func reports(t *testing.T, whole, broken []harness.Result) {
	t.Helper()
	whole[0].Must(t)
	whole[1].Must(t)
	assert.Equal(t, "true", whole[2].Must(t))
	t.Run("the reports say what is broken", func(t *testing.T) {
		assert.Contains(t, broken[0].Must(t), `"uri": "services/plain-service/plain/broken.py"`)
		assert.Contains(t, broken[1].Must(t), `Incompatible return value type`)
		assert.Contains(t, broken[2].Must(t), `assert (1 + 1) == 3`)
		assert.Contains(t, broken[3].Must(t), `filename="plain/greeting.py"`)
	})
	t.Run("the gates fail, all of them", func(t *testing.T) {
		broken[4].Refused(t, "below the threshold of 50 %")
		broken[5].Refused(t, "plain-service lint", "plain-service typecheck", "plain-service test", "plain-service coverage")
	})
	t.Run("the fix is a change", func(t *testing.T) {
		assert.Contains(t, broken[6].Must(t), "-import os")
	})
}

// A locked package with wheels for one processor only.
const withoutWheel = "nvidia-nvtx-cu12==12.1.105 --hash=sha256:dc21cf308ca5691e7c04d962e213f8a4aa9bbfa23d95412f452254c2caeb09e5\n"

// TestPythonRefusals makes one thing wrong at a time. Each message says what
// and where, and what to do.
func TestPythonRefusals(t *testing.T) {
	long(t, "TestBadInputs; ci/internal/pyenv")
	t.Parallel()
	const lint, arm64 = "lint", "image --platform linux/arm64 user"
	cases := []struct {
		name       string
		file, text string // to replace, to append to with a +, or to remove with a -
		call       string
		says       []string
	}{
		{"a verification that is turned off", "+requirements.txt", "--trusted-host index.example\n", "test",
			[]string{"services/plain-service/requirements.txt:", "--trusted-host turns the verification of certificates off. Remove it"}},
		{"another hash", "requirements.txt", "markupsafe==3.0.2 --hash=sha256:" + strings.Repeat("0", 64) + "\n", "test",
			[]string{"Hash mismatch"}},
		{"a package without a wheel for the platform", "requirements.txt", withoutWheel, arm64,
			[]string{"nvidia-nvtx-cu12 12.1.105 has no wheel for linux/arm64", "Versions that have one: 12.", "allow-emulation = true"}},
		{"a low coverage", "pyproject.toml", settings + "coverage-threshold = 99\n", "coverage-check",
			[]string{"coverage is 5", "below the threshold of 99 %", "plain/__main__.py 0.0 %"}},
		{"system packages for another platform", "pyproject.toml", settings + "system-packages = [\"tini\"]\n", arm64,
			[]string{"the system packages tini cannot be installed for linux/arm64 without emulation", "allow-emulation = true"}},
		{"an unknown key", "pyproject.toml", settings + "alow-emulation = true\n", lint,
			[]string{`unknown key "alow-emulation"; did you mean "allow-emulation"?`}},
		{"the lock of a tool that is not used", "-requirements.txt", "", "test",
			[]string{"services/plain-service/pdm.lock is PDM's", "pdm export --format pylock --output pylock.toml"}},
	}
	var calls [][]string
	for _, c := range cases {
		r := harness.Shapes(t, plain)
		switch file := atPlain + "/" + strings.TrimLeft(c.file, "+-"); c.file[0] {
		case '+':
			r.Append(file, c.text)
		case '-':
			r.Remove(file)
			r.Remove(atPlain + "/requirements.in")
			r.Write(atPlain+"/pdm.lock", "")
		default:
			r.Write(file, c.text)
		}
		calls = append(calls, append(harness.Source(r.Dir), words("service --name "+plain+" "+c.call)...))
	}
	for i, refused := range harness.Batch(t, nil, calls...) {
		t.Run(cases[i].name, func(t *testing.T) { refused.Refused(t, cases[i].says...) })
	}
}
