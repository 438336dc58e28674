package tests

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
)

// TestCache warms an empty cache of the packages of one service, and empties
// it again. The volume is that of the service's own tool, so that other tests
// lose nothing.
func TestCache(t *testing.T) {
	w := newWorld(t, service)
	w.appendTo(service+"/requirements.txt", fmt.Sprintf("\n# %d\n", time.Now().UnixNano()))
	here := source(w.files)
	cache := func(args ...string) string {
		return must(dagger(t, slices.Concat(here, []string{"cache"}, args)))
	}
	cache("warm")
	assert.Regexp(t, `(?m)^uv +[0-9.]+M$`, cache("usage"))

	must(dagger(t, append(here, "service", "--name", "user-service", "typecheck")))
	assert.Regexp(t, `(?m)^mypy-user-service +[0-9.]+M$`, cache("usage"))
	cache("clear", "--volume", "mypy-user-service")
	assert.Regexp(t, `(?m)^mypy-user-service +4\.0K$`, cache("usage"))

	_, err := dagger(t, append(here, "cache", "clear", "--volume", "mypy-nobody"))
	assert.ErrorContains(t, err, `there is no cache volume "mypy-nobody". Give one of trivy-db, trivy-layers, uv, mypy-user-service`)
}
