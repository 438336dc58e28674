package tests

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"github.com/pingvas/pingvas-ci/tests/internal/harness"
)

// TestCache warms an empty cache of the packages of one service, and empties
// it again. The volume is that of the service's own tool, so that other tests
// lose nothing.
func TestCache(t *testing.T) {
	r := harness.Example(t, service)
	r.Append(service+"/requirements.txt", fmt.Sprintf("\n# %d\n", time.Now().UnixNano()))
	r.Must(t, "cache", "warm")
	assert.Regexp(t, `(?m)^uv +[0-9.]+M$`, r.Must(t, "cache", "usage"))

	r.Must(t, "service", "--name", "user-service", "typecheck")
	assert.Regexp(t, `(?m)^mypy-user-service +[0-9.]+M$`, r.Must(t, "cache", "usage"))
	r.Must(t, "cache", "clear", "--volume", "mypy-user-service")
	assert.Regexp(t, `(?m)^mypy-user-service +4\.0K$`, r.Must(t, "cache", "usage"))

	r.Call("cache", "clear", "--volume", "mypy-nobody").
		Refused(t, `there is no cache volume "mypy-nobody". Give one of trivy-db, trivy-layers, uv, pnpm-store, mypy-user-service`)
}
