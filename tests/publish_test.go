package tests

import (
	"context"
	"math/rand/v2"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pingvas/pingvas-ci/internal/registryserver"
	"github.com/pingvas/pingvas-ci/tests/internal/harness"
)

// TestPublishThroughTrouble publishes to registries that are as bad as they
// come. The end is the same, and published again nothing is sent.
func TestPublishThroughTrouble(t *testing.T) {
	long(t, "TestPublishKilled")
	t.Parallel()
	w := harness.NewWorkshop(t)
	var sent atomic.Int64
	watched := registryserver.Observe(func(r *http.Request) {
		if r.Method != http.MethodGet && r.Method != http.MethodHead {
			sent.Add(1)
		}
	})
	flaky := harness.NewRegistry(t, registryserver.WithTrouble(20), registryserver.Immutable(), watched)
	forgetful := harness.NewRegistry(t, registryserver.WithTokens("pingvas", "expiring", 20), registryserver.WithBasicAuth("", "", false), watched)
	forgetful.Password = "expiring"

	first := w.Publish(t.Context(), flaky, forgetful)
	first.Must(t)
	once := sent.Load()
	assert.Equal(t, []string{forgetful.Host() + "/user-service"}, first.Image.Also)
	assert.Positive(t, first.Image.Size)

	again := w.Publish(t.Context(), flaky, forgetful)
	again.Must(t)
	assert.True(t, again.Image.Kept)
	again.Image.Kept = false
	assert.Equal(t, first.Image, again.Image)
	assert.Equal(t, once, sent.Load(), "the second publish sent something")
	assert.Len(t, flaky.Held(t), len(forgetful.Held(t)), "the registries hold the same")
}

// TestPublishKilled kills a publish at random requests, each time on an empty
// registry, and starts it again. All end in the state of one never killed.
func TestPublishKilled(t *testing.T) {
	t.Parallel()
	kills := kills(t)
	w := harness.NewWorkshop(t)
	var requests, last atomic.Int64
	var kill atomic.Value
	watched := registryserver.Observe(func(*http.Request) {
		if requests.Add(1) == last.Load() {
			kill.Load().(context.CancelFunc)()
			time.Sleep(100 * time.Millisecond) // The call is dead before it is answered.
		}
	})
	whole := harness.NewRegistry(t, watched)
	want := w.Publish(t.Context(), whole)
	want.Must(t)
	total := requests.Load()
	require.NoError(t, whole.Close())
	port := must(strconv.Atoi(whole.Port()))

	for i := range kills {
		dir := filepath.Join(t.TempDir(), strconv.Itoa(i))
		registry := harness.NewRegistryAt(t, dir, port, watched)
		at := 1 + rand.Int64N(total)
		ctx, cancel := context.WithCancel(t.Context())
		kill.Store(cancel)
		requests.Store(0)
		last.Store(at)
		killed := w.Publish(ctx, registry)
		last.Store(0)
		cancel()
		held := len(registry.Held(t))

		again := w.Publish(t.Context(), registry)
		again.Must(t)
		t.Logf("killed at request %d of %d with %d files held (killed: %t)", at, total, held, killed.Err != nil)
		again.Image.Kept = false // It is where the tag was set already.
		assert.Equal(t, want.Image, again.Image)
		assert.Equal(t, whole.Held(t), registry.Held(t))
		require.NoError(t, registry.Close())
	}
}

// kills is how often a publish is killed: PINGVAS_KILLS says.
func kills(t *testing.T) int {
	t.Helper()
	text := os.Getenv("PINGVAS_KILLS")
	if text == "" {
		return 1
	}
	kills, err := strconv.Atoi(text)
	require.NoError(t, err)
	return kills
}
