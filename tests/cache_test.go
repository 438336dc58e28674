package tests

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"github.com/pingvas/pingvas-ci/tests/internal/harness"
)

// TestCache warms an empty cache of the packages of one service, and empties
// it again. The volume is that of the service's own tool, and the service has a
// name of its own, so that other tests lose nothing.
func TestCache(t *testing.T) {
	long(t, "TestNoCacheDecidesAVerdict")
	t.Parallel()
	const name = "cached-service"
	r := harness.NewRepository(t, nil)
	r.Copy("services/"+name, "../examples/studio/"+service)
	r.Append("services/"+name+"/requirements.txt", fmt.Sprintf("\n# %d\n", time.Now().UnixNano()))
	warmed := r.Batch(t, words("cache warm"), words("cache usage"))
	warmed[0].Must(t)
	assert.Regexp(t, `(?m)^uv\.delivery +[0-9.]+M$`, warmed[1].Must(t))

	const reviewed, own = "with-trust --repository acme/shop ", "mypy-" + name + ".reviewed.acme%2Fshop"
	used := r.Batch(t, words(reviewed+"service --name "+name+" typecheck"), words(reviewed+"cache usage"))
	used[0].Must(t)
	assert.Regexp(t, `(?m)^`+own+` +[0-9.]+M$`, used[1].Must(t))

	cleared := r.Batch(t, words(reviewed+"cache clear --volume "+own), words(reviewed+"cache usage"), words("cache clear --volume mypy-nobody"))
	cleared[0].Must(t)
	assert.Regexp(t, `(?m)^`+own+` +4\.0K$`, cleared[1].Must(t))
	cleared[2].Refused(t, `there is no cache volume "mypy-nobody". Give one of trivy-db, trivy-layers, uv.untrusted`)
}
