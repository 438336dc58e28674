package tests

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/pingvas/pingvas-ci/tests/internal/harness"
)

// neverLinted is a service in which every tool finds something.
var neverLinted = map[string]string{
	"services/old/pyproject.toml":  "[project]\nname = \"old\"\nversion = \"1\"\n\n[tool.ruff]\n\n[tool.mypy]\n\n[tool.pingvas-ci]\nentrypoint = [\"python\"]\n",
	"services/old/.python-version": "3.13\n",
	"services/old/old.py":          "import os\nimport sys\n\n\ndef one() -> int:\n    return  \"one\"\n",
}

// TestNewOnly: of a code base that was never linted, what is found counts in what has
// changed.
func TestNewOnly(t *testing.T) {
	long(t, "ci/internal/adoption")
	t.Parallel()
	good := harness.NewRepository(t, neverLinted)
	base := good.Commit(t)
	good.Write("services/old/new.py", "def two() -> int:\n    return 2\n")
	good.Commit(t)
	bad := good.Copied(t)
	bad.Write("services/old/new.py", "import json\n\n\ndef two() -> int:\n    return  \"two\"\n") // Nobody has committed that.

	// What mypy says so is read by nothing here, and may be new.
	unread := good.Copied(t)
	unread.Append("services/old/pyproject.toml", "\n[tool.mypy]\noutput = \"json\"\n")

	since := "with-policy --new-only " + base + " "
	came := harness.Batch(t, nil,
		good.On(words(since + "service --name old check"))[0], good.On(words(since + "plan json"))[0], good.On(words("service --name old lint"))[0],
		good.On(words("service --name old format"))[0],
		bad.On(words(since + "service --name old lint"))[0], bad.On(words(since + "service --name old format"))[0], bad.On(words(since + "service --name old typecheck"))[0], unread.On(words(since + "service --name old typecheck"))[0])
	t.Run("what was there before is counted", func(t *testing.T) {
		came[0].Must(t)
		assert.Contains(t, came[0].Output, "old: lint: 2 in lines that are as they were at "+base+": 2 F401")
		assert.Contains(t, came[0].Output, "old: typecheck: 1 in lines that are as they were at "+base+": 1 return-value")
		assert.Contains(t, came[1].Must(t), "lint is narrowed to lines that changed since "+base)
	})
	t.Run("without, all of it counts, and the format is mended in one call", func(t *testing.T) {
		came[2].Refused(t, "F401")
		came[3].Refused(t, "To mend it: dagger call service --name old formatted export --path .")
	})
	t.Run("what cannot be read fails, and is shown", func(t *testing.T) {
		came[7].Refused(t, "mypy", "failed with exit code 1", "Incompatible return value type")
	})
	t.Run("what is new fails", func(t *testing.T) {
		came[4].Refused(t, "old lint: 1 in lines that changed since "+base, "services/old/new.py:1: F401")
		came[5].Refused(t, "services/old/new.py:1: unformatted", "formatted export --path .")
		came[6].Refused(t, "services/old/new.py:5: return-value Incompatible return value type")
	})
}
