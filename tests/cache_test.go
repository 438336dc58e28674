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
	warmed := r.Batch(t, words("cache warm"), words("cache usage"))
	warmed[0].Must(t)
	assert.Regexp(t, `(?m)^uv +[0-9.]+M$`, warmed[1].Must(t))

	used := r.Batch(t, words("service --name user-service typecheck"), words("cache usage"))
	used[0].Must(t)
	assert.Regexp(t, `(?m)^mypy-user-service +[0-9.]+M$`, used[1].Must(t))

	cleared := r.Batch(t, words("cache clear --volume mypy-user-service"), words("cache usage"), words("cache clear --volume mypy-nobody"))
	cleared[0].Must(t)
	assert.Regexp(t, `(?m)^mypy-user-service +4\.0K$`, cleared[1].Must(t))
	cleared[2].Refused(t, `there is no cache volume "mypy-nobody". Give one of trivy-db, trivy-layers, uv, pnpm-store, mypy-user-service`)
}
