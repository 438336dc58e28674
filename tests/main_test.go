// Package tests delivers the example for real: by the Dagger engine that the
// environment names, to a registry and a git server on loopback.
package tests

import (
	"os"
	"strings"
	"testing"

	"github.com/pingvas/pingvas-ci/tests/internal/harness"
)

// The one service that most tests are about, and a shape with a server.
const (
	service   = harness.UserService
	manifests = harness.Manifests
	plain     = "plain-service"
	atPlain   = "services/" + plain
)

// words are the arguments of a call, none of which has a space in it.
func words(text string) []string { return strings.Fields(text) }

// must is the value, where there is nobody to tell of an error.
func must[T any](value T, err error) T {
	if err != nil {
		panic(err)
	}
	return value
}

// long leaves a test out of make test, where others have a sample of what it
// proves. make whole has all.
func long(t *testing.T, sample string) {
	t.Helper()
	if testing.Short() {
		t.Skip("make test has a sample of it: " + sample)
	}
}

// TestMain has the same files be the same commit in every test: what is built
// from them for one is not built anew for another.
func TestMain(m *testing.M) {
	for _, of := range []string{"GIT_AUTHOR_DATE", "GIT_COMMITTER_DATE"} {
		must(0, os.Setenv(of, "2026-01-01T00:00:00Z"))
	}
	os.Exit(m.Run())
}
