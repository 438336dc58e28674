package tests

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pingvas/pingvas-ci/internal/lab"
	"github.com/pingvas/pingvas-ci/internal/registryserver"
)

const commit = "0123456789abcdef0123456789abcdef01234567"

// workshop is one small service that is published again and again.
type workshop struct {
	t     *testing.T
	files string
	key   string // the signing key, in PEM; unsigned without one
}

func newWorkshop(t *testing.T) *workshop {
	t.Helper()
	w := &workshop{t: t, files: t.TempDir()}
	at := filepath.Join(w.files, service)
	require.NoError(t, os.CopyFS(at, os.DirFS(filepath.Join("../examples/studio", service))))
	settings := filepath.Join(at, "pyproject.toml")
	text, err := os.ReadFile(settings)
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(settings, append(text, "\n[tool.pingvas-ci]\nplatforms = [\"linux/amd64\"]\n"...), 0o644))
	w.key = run(t, "openssl", "ecparam", "-name", "prime256v1", "-genkey", "-noout")
	return w
}

// outcome is what came of a call.
type outcome struct {
	published struct {
		Digest, Repository string
		Tags, Also         []string
		Size               int
		Kept               bool
	}
	output string // everything that was printed
	err    error
}

// publish publishes the service to registries, signed.
func (w *workshop) publish(ctx context.Context, registries ...*lab.Server) outcome {
	w.t.Helper()
	var to, env []string
	for i, registry := range registries {
		variable := fmt.Sprintf("REGISTRY_PASSWORD_%d", i)
		to = append(to, "with-registry", "--address", "localhost:"+port(registry), "--service", "tcp://"+registry.Address,
			"--username", registry.Username, "--password", "env:"+variable)
		env = append(env, variable+"="+registry.Password)
	}
	return w.publishTo(ctx, to, env)
}

func (w *workshop) publishTo(ctx context.Context, to, env []string) (o outcome) {
	w.t.Helper()
	var signing []string
	if w.key != "" {
		signing = []string{"with-signing", "--key", "env:SIGNING_KEY"}
	}
	args := slices.Concat(source(w.files), to, signing,
		[]string{"service", "--name", "user-service", "publish", "--commit", commit, "json"})
	var stdout string
	stdout, o.output, o.err = call(ctx, args, append(env, "SIGNING_KEY="+w.key)...)
	if o.err == nil {
		require.NoError(w.t, json.Unmarshal([]byte(stdout), &o.published), stdout)
	}
	return o
}

func port(s *lab.Server) string {
	_, port, _ := strings.Cut(s.Address, ":")
	return port
}

// call calls the module and keeps everything that it prints.
func call(ctx context.Context, args []string, env ...string) (stdout, all string, err error) {
	command := exec.CommandContext(ctx, "dagger", append([]string{"--progress=plain", "--mod", module, "call"}, args...)...)
	command.Env = append(os.Environ(), append(env, "NO_COLOR=1")...)
	var out, errors bytes.Buffer
	command.Stdout, command.Stderr = &out, &errors
	err = command.Run()
	return out.String(), out.String() + errors.String(), err
}

func run(t *testing.T, name string, args ...string) string {
	t.Helper()
	output, err := exec.Command(name, args...).Output()
	require.NoError(t, err)
	return string(output)
}

func start(t *testing.T, dir string, port int, options ...registryserver.Option) *lab.Server {
	t.Helper()
	server, err := lab.Registry(dir, port, options...)
	require.NoError(t, err)
	t.Cleanup(func() { _ = server.Close() })
	return server
}

// TestPublishThroughTrouble publishes to registries that are as bad as they
// come. The end is the same, and published again nothing is sent.
func TestPublishThroughTrouble(t *testing.T) {
	t.Parallel()
	w := newWorkshop(t)
	var sent atomic.Int64
	watched := registryserver.Observe(func(r *http.Request) {
		if r.Method != http.MethodGet && r.Method != http.MethodHead {
			sent.Add(1)
		}
	})
	flaky := start(t, t.TempDir(), 0, registryserver.WithTrouble(20), registryserver.Immutable(), watched)
	forgetful := start(t, t.TempDir(), 0, registryserver.WithTokens("pingvas", "expiring", 20), registryserver.WithBasicAuth("", "", false), watched)
	forgetful.Password = "expiring"

	first := w.publish(t.Context(), flaky, forgetful)
	require.NoError(t, first.err, first.output)
	once := sent.Load()
	assert.Equal(t, []string{"localhost:" + port(forgetful) + "/user-service"}, first.published.Also)
	assert.Positive(t, first.published.Size)

	again := w.publish(t.Context(), flaky, forgetful)
	require.NoError(t, again.err, again.output)
	assert.True(t, again.published.Kept)
	again.published.Kept = false
	assert.Equal(t, first.published, again.published)
	assert.Equal(t, once, sent.Load(), "the second publish sent something")
	assert.Len(t, blobs(t, flaky.Dir), len(blobs(t, forgetful.Dir)), "the registries hold the same")
}

// TestPublishKilled kills a publish at random requests, each time on an empty
// registry, and starts it again. All end in the state of one never killed.
// PINGVAS_KILLS says how many times.
func TestPublishKilled(t *testing.T) {
	t.Parallel()
	kills := 3
	if text := os.Getenv("PINGVAS_KILLS"); text != "" {
		var err error
		kills, err = strconv.Atoi(text)
		require.NoError(t, err)
	}
	w := newWorkshop(t)
	var requests, last atomic.Int64
	var kill atomic.Value
	watched := registryserver.Observe(func(*http.Request) {
		if requests.Add(1) == last.Load() {
			kill.Load().(context.CancelFunc)()
			time.Sleep(100 * time.Millisecond) // The call is dead before it is answered.
		}
	})
	whole := start(t, filepath.Join(t.TempDir(), "whole"), 0, watched)
	want := w.publish(t.Context(), whole)
	require.NoError(t, want.err, want.output)
	total := requests.Load()
	require.NoError(t, whole.Close())
	fixed, err := strconv.Atoi(port(whole))
	require.NoError(t, err)

	for i := range kills {
		dir := filepath.Join(t.TempDir(), strconv.Itoa(i))
		registry := start(t, dir, fixed, watched)
		at := 1 + rand.Int64N(total)
		ctx, cancel := context.WithCancel(t.Context())
		kill.Store(cancel)
		requests.Store(0)
		last.Store(at)
		killed := w.publish(ctx, registry)
		last.Store(0)
		cancel()
		held := len(blobs(t, dir))

		again := w.publish(t.Context(), registry)
		require.NoError(t, again.err, again.output)
		t.Logf("killed at request %d of %d with %d files held (killed: %v)", at, total, held, killed.err)
		again.published.Kept = false // It is where the tag was set already.
		assert.Equal(t, want.published, again.published)
		assert.Equal(t, names(t, whole.Dir), names(t, dir))
		require.NoError(t, registry.Close())
	}
}

// names lists what a registry holds: blobs and manifests by their digests.
func names(t *testing.T, dir string) []string {
	t.Helper()
	var list []string
	for _, file := range blobs(t, dir) {
		name, err := filepath.Rel(dir, file)
		require.NoError(t, err)
		list = append(list, name)
	}
	return list
}

// TestKept publishes a commit again whose build comes out otherwise: the image
// of the earlier run is kept, scanned anew and not built, where it is proven to
// be of the same source. Where it is not, the tag is never moved.
func TestKept(t *testing.T) {
	t.Parallel()
	w := newWorkshop(t)
	key := w.key
	registry := start(t, t.TempDir(), 0)
	// Where it was cloned from is in the image, and not in the source's files.
	require.NoError(t, lab.Commit(w.files, w.files, "Source"))
	run(t, "git", "-C", w.files, "remote", "add", "origin", "https://one.example/studio.git")
	first := w.publish(t.Context(), registry)
	require.NoError(t, first.err, first.output)
	assert.False(t, first.published.Kept)
	held := names(t, registry.Dir)
	run(t, "git", "-C", w.files, "remote", "set-url", "origin", "https://two.example/studio.git")

	exclusive := func() outcome {
		return w.publishTo(t.Context(), []string{
			"with-registry", "--address", "localhost:" + port(registry), "--service", "tcp://" + registry.Address,
			"--username", registry.Username, "--password", "env:REGISTRY_PASSWORD", "--exclusive",
		}, []string{"REGISTRY_PASSWORD=" + registry.Password})
	}
	signed := func() outcome { return w.publish(t.Context(), registry) }
	source := filepath.Join(w.files, service, "user_service/users.py")
	text, err := os.ReadFile(source)
	require.NoError(t, err)
	for _, again := range []struct {
		what    string
		key     string
		changed string
		publish func() outcome
		says    string
		kept    bool
	}{
		{"by the same key", key, "", signed, "already published by an earlier run of this commit: kept", true},
		{"where nobody else can push", "", "", exclusive, "already published by an earlier run of this commit: kept", true},
		{"by another key", newWorkshop(t).key, "", signed, "no signature by this key among 1", false},
		{"unsigned", "", "", signed, "sign with with-signing, or say with --exclusive", false},
		{"other content", key, "\n\nCHANGED = 1\n", signed, "its label io.github.pingvas.pingvas-ci.content is", false},
	} {
		t.Run(again.what, func(t *testing.T) {
			w.key = again.key
			require.NoError(t, os.WriteFile(source, append(slices.Clone(text), again.changed...), 0o644))
			second := again.publish()
			assert.Contains(t, second.output, again.says)
			assert.Equal(t, held, names(t, registry.Dir), "what the registry holds has changed")
			if !again.kept {
				require.Error(t, second.err)
				assert.Contains(t, second.output, "a tag is never moved")
				return
			}
			require.NoError(t, second.err, second.output)
			assert.True(t, second.published.Kept)
			assert.Equal(t, first.published.Digest, second.published.Digest)
			assert.NotContains(t, second.output, "image linux/amd64", "it was built again")
			assert.Contains(t, second.output, "scan linux/amd64")
			assert.Regexp(t, `user-service +test `, second.output, "the gates did not run")
		})
	}
}
