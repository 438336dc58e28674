package frontend_test

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/pingvas/pingvas-ci/ci/internal/frontend"
)

// TestLacksPrograms: programs of a machine, and none of the project's packages.
func TestLacksPrograms(t *testing.T) {
	assert.Equal(t, []string{"curl", "procps", "zip"}, frontend.LacksPrograms("sh: 1: curl: not found\nError: spawn ps ENOENT\n\x1b[31mbash: line 1: zip: command not found\x1b[0m\nsh: 1: eslint: not found\n"))
	assert.Empty(t, frontend.LacksPrograms("Error: spawn /src/bin/tool ENOENT\nfatal: not found\n"))
}
