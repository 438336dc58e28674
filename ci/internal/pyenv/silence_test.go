package pyenv_test

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/pingvas/pingvas-ci/ci/internal/pyenv"
)

// TestSilent: a runner that ran no test, or skipped all, says so.
func TestSilent(t *testing.T) {
	type said struct{ none, known bool }
	for printed, want := range map[string]said{
		"Found 0 test(s).\nSystem check identified no issues (0 silenced).\n\n----\nRan 0 tests in 0.000s\n\nOK\n": {true, true},
		"Ran 0 tests in 0.000s\n\nNO TESTS RAN\n":                                 {true, true},
		"Ran 0 tests in 0.000s\n\nNO TESTS RAN (skipped=1)\n":                     {true, true},
		"Ran 2 tests in 0.000s\n\nOK (skipped=2)\n":                               {true, true},
		"Ran 2 tests in 0.000s\n\nOK (skipped=1)\n":                               {false, true},
		"Ran 1 test in 0.000s\n\nFAILED (errors=1)\n":                             {false, true},
		"Ran 0 tests in 0.000s\n\nOK\nRan 3 tests in 0.1s\n\nOK (skipped=1)\n":    {false, true},
		"Ran 0 tests in 0.000s\n\nOK\n===== 3 passed, 1 skipped in 0.21s =====\n": {false, true},
		"INFO  [alembic.runtime.migration] Running upgrade\n":                     {false, false},
	} {
		none, known := pyenv.Silent(printed)
		assert.Equal(t, want, said{none, known}, printed)
	}
}
