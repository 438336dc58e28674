package tests

import (
	"bufio"
	"context"
	"encoding/json"
	"net/http"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/google/go-containerregistry/pkg/crane"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pingvas/pingvas-ci/internal/registryserver"
	"github.com/pingvas/pingvas-ci/tests/internal/harness"
)

// TestTwoEngines has two engines at once deliver four services by a shard each. One
// shard is killed while it pushes, and run again, by the other engine: it all ends in
// one commit, with every image once. PINGVAS_SECOND_ENGINE names a file of what
// `airgap up` printed of the second engine.
func TestTwoEngines(t *testing.T) {
	file := os.Getenv("PINGVAS_SECOND_ENGINE")
	if file == "" {
		t.Skip("make engines has it: it takes a second engine")
	}
	engines := [][]string{nil, exported(t, file)}
	services := []string{"gallery-service", "generation-service", "payment-service", "user-service"}
	w := harness.NewWorld(t, "libs", "services/gallery-service", "services/generation-service", "services/payment-service", "services/user-service")
	for i, name := range services {
		if i == 0 || i == 3 {
			w.BuiltFor("services/"+name, "linux/arm64")
			continue
		}
		w.Replace("services/"+name+"/pyproject.toml", "[tool.pingvas-ci]\n", "[tool.pingvas-ci]\nplatforms = [\"linux/arm64\"]\n")
	}
	w.Commit(t)
	var victim, kill atomic.Value
	var pushed atomic.Int64
	w.Registry = harness.NewRegistry(t, registryserver.Observe(func(r *http.Request) {
		if name, _ := victim.Load().(string); name != "" && r.Method != http.MethodGet && strings.Contains(r.URL.Path, "/"+name+"/") && pushed.Add(1) == 3 {
			kill.Load().(context.CancelFunc)()
		}
	}))

	var shards []struct {
		Shard      string
		Components []string
	}
	planned := w.Call(append(w.WithGitops(), words("plan --environment dev shards --count 4")...)...).Must(t)
	require.NoError(t, json.Unmarshal([]byte(planned), &shards))
	require.Len(t, shards, 4)
	records := harness.NewFiles(t, nil)
	shard := func(ctx context.Context, i, engine int) harness.Result {
		args := append(w.Ends(), "deliver", "--shard", shards[i].Shard, "record", "export", "--path", records.At(shards[i].Components[0]+".json"))
		return on(ctx, w, engines[engine], args)
	}

	doomed, cancel := context.WithCancel(t.Context())
	defer cancel()
	kill.Store(cancel)
	victim.Store(shards[3].Components[0])
	came := make([]harness.Result, len(shards))
	var running sync.WaitGroup
	for engine := range engines {
		running.Go(func() {
			for i := engine; i < len(shards); i += len(engines) {
				ctx := t.Context()
				if i == 3 {
					ctx = doomed
				}
				came[i] = shard(ctx, i, engine)
			}
		})
	}
	running.Wait()
	for _, result := range came[:3] {
		result.Must(t)
	}
	require.Error(t, came[3].Err, "it was not killed")
	whole := append(w.Ends(), "deliver", "--records", records.Dir, "json")
	on(t.Context(), w, nil, whole).Refused(t, "no record has "+shards[3].Components[0])
	require.Equal(t, 1, w.Commits())

	victim.Store("")
	shard(t.Context(), 3, 0).Must(t)
	done := harness.JSON[harness.Report](t, on(t.Context(), w, engines[1], whole))
	assert.Equal(t, 2, w.Commits())
	require.Len(t, done.Components, 4)
	for i, c := range done.Components {
		assert.Equal(t, services[i], c.Component)
		assert.Equal(t, c.Digest, must(crane.Digest(c.Repository+":"+c.Tags[0])))
		assert.Equal(t, []string{done.Commit}, must(crane.ListTags(c.Repository)))
	}
}

// on calls the module on an application by an engine; the environment's where none
// is named.
func on(ctx context.Context, w *harness.World, engine, args []string) harness.Result {
	source := harness.Source(w.Dir)
	for _, variable := range engine {
		if lock, is := strings.CutPrefix(variable, "PINGVAS_IMAGE_LOCK="); is {
			source = []string{"--source", w.Dir, "--image-lock", lock}
		}
	}
	return harness.Call(ctx, append(source, args...), append(w.Environment(), engine...)...)
}

// exported are the variables that a file of a shell's exports sets, the path aside.
func exported(t *testing.T, file string) (env []string) {
	t.Helper()
	open, err := os.Open(file)
	require.NoError(t, err)
	defer open.Close() //nolint:errcheck // It is only read.
	for lines := bufio.NewScanner(open); lines.Scan(); {
		variable, is := strings.CutPrefix(lines.Text(), "export ")
		name, value, _ := strings.Cut(variable, "=")
		if is && name != "PATH" {
			env = append(env, name+"="+strings.Trim(value, `'"`))
		}
	}
	require.NotEmpty(t, env, "%s exports nothing", file)
	return env
}
