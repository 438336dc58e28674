package engine

import (
	"bytes"
	"context"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"

	"github.com/pingvas/pingvas-ci/airgap/internal/nsroot"
	"github.com/pingvas/pingvas-ci/airgap/internal/state"
)

func TestMain(m *testing.M) {
	nsroot.Main()
	os.Exit(m.Run())
}

// The whole life of an engine, in a network of its own without a way out: it is
// started, killed, started again, and leaves nothing when it is stopped. What
// is built is taken from the default state directory where it is there.
func TestEngineLeavesNothing(t *testing.T) {
	if os.Getenv("PINGVAS_AIRGAP_E2E") == "" {
		t.Skip("set PINGVAS_AIRGAP_E2E=1, as root; without anything built it takes ten minutes")
	}
	dir := onlyDirectory(t)
	k := newKit(t, filepath.Join(dir, "first"))
	k.run(t, "build")
	// From here on this thread, and what it starts, has an empty network.
	runtime.LockOSThread()
	require.NoError(t, unix.Unshare(unix.CLONE_NEWNET))
	k.tool(t, "ip", "link", "set", "lo", "up")
	before := k.look(t)

	env := k.run(t, "up")
	assert.Equal(t, env, k.run(t, "up"), "up is idempotent")
	assert.Contains(t, k.dagger(t, env, "core", "version"), "v0.21.8")
	assert.NotEqual(t, before, k.look(t), "the looks see an engine")
	if !testing.Short() { // What make test does later, by an engine that works.
		k.loadModule(t, env)
	}
	second := newKit(t, filepath.Join(dir, "second"))
	second.port = "5097"
	running := k.look(t)
	assert.Error(t, second.command(t.Context(), "up").Run(), "a network has room for one engine")
	assert.Equal(t, running, k.look(t), "a start that fails leaves no mirror behind")

	process, runs := Process(k.state)
	require.True(t, runs)
	require.NoError(t, syscall.Kill(process.PID, syscall.SIGKILL))
	env = k.run(t, "up")
	assert.Contains(t, k.dagger(t, env, "core", "version"), "v0.21.8", "a killed engine is replaced")

	k.run(t, "down")
	assert.Equal(t, before, k.look(t), "after down")

	kills := []time.Duration{200 * time.Millisecond, time.Second, 2 * time.Second}
	if testing.Short() {
		kills = kills[1:2]
	}
	for _, after := range kills {
		k.kill(t, after, "up")
	}
	k.run(t, "up")
	process, runs = Process(k.state)
	require.True(t, runs)
	require.NoError(t, syscall.Kill(process.PID, syscall.SIGKILL))
	k.run(t, "down")
	assert.Equal(t, before, k.look(t), "after kill and down")
}

// onlyDirectory is a directory that is this test's for as long as it runs, and
// always the same: what runs there was left by a test that was killed.
func onlyDirectory(t *testing.T) string {
	caches, err := os.UserCacheDir()
	require.NoError(t, err)
	dir := filepath.Join(caches, "pingvas-ci", "airgap-e2e")
	require.NoError(t, os.MkdirAll(dir, 0o755))
	lock, err := os.Open(dir)
	require.NoError(t, err)
	require.NoError(t, unix.Flock(int(lock.Fd()), unix.LOCK_EX))
	t.Cleanup(func() {
		_ = os.RemoveAll(dir)
		_ = lock.Close()
	})
	return dir
}

// kit is the command line with a state directory of its own.
type kit struct {
	binary string
	port   string
	state  state.Dir
	root   []string
}

func newKit(t *testing.T, dir string) *kit {
	require.NoError(t, os.MkdirAll(dir, 0o755))
	built, err := state.Default()
	require.NoError(t, err)
	for _, part := range []string{"cache", "bin"} {
		if _, err := os.Stat(filepath.Join(built, part)); err == nil {
			err := os.Symlink(filepath.Join(built, part), filepath.Join(dir, part))
			require.True(t, err == nil || os.IsExist(err), err)
		}
	}
	k := &kit{binary: filepath.Join(dir, "airgap"), port: "5098"}
	k.state, err = state.Open(dir)
	require.NoError(t, err)
	out, err := exec.Command("go", "build", "-o", k.binary, "github.com/pingvas/pingvas-ci/airgap").CombinedOutput()
	require.NoError(t, err, string(out))
	k.run(t, "down")
	return k
}

func (k *kit) command(ctx context.Context, name string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, k.binary, name, "--state", k.state.Path(), "--port", k.port)
	cmd.Env = append(os.Environ(), "_EXPERIMENTAL_DAGGER_RUNNER_HOST=", "PATH="+pathWithout("docker", "podman", "nerdctl", "finch"))
	return cmd
}

func (k *kit) run(t *testing.T, name string) (stdout string) {
	var out, log bytes.Buffer
	cmd := k.command(t.Context(), name)
	cmd.Stdout, cmd.Stderr = &out, &log
	require.NoError(t, cmd.Run(), "%s: %s", name, &log)
	return out.String()
}

func (k *kit) kill(t *testing.T, after time.Duration, name string) {
	ctx, cancel := context.WithTimeout(t.Context(), after)
	defer cancel()
	_ = k.command(ctx, name).Run() // Killed, or just done.
}

// dagger runs the CLI in a shell that has evaluated env.
func (k *kit) dagger(t *testing.T, env string, args ...string) string {
	cmd := exec.CommandContext(t.Context(), "sh", append([]string{"-euc", env + `exec dagger "$@"`, "sh"}, args...)...)
	cmd.Dir = t.TempDir()
	out, err := cmd.CombinedOutput()
	require.NoError(t, err, string(out))
	return string(out)
}

// loadModule makes a module and calls it, where no registry can be reached.
func (k *kit) loadModule(t *testing.T, env string) {
	dir := t.TempDir()
	script := env + `cd "$1" && git init --quiet . && dagger init --sdk=go --source=. --name=hello && dagger call container-echo --help`
	out, err := exec.CommandContext(t.Context(), "sh", "-euc", script, "sh", dir).CombinedOutput()
	require.NoError(t, err, string(out))
	assert.Contains(t, string(out), "--string-arg")
}

// tool runs a tool of the engine's root.
func (k *kit) tool(t *testing.T, args ...string) string {
	if k.root == nil {
		for _, layer := range []string{"debian-engine", "debian-trixie"} {
			found, err := filepath.Glob(filepath.Join(k.state.Cache(), layer+"@*", "root"))
			require.NoError(t, err)
			require.Len(t, found, 1, layer)
			k.root = append(k.root, found[0])
		}
	}
	out, err := footprint{Root: k.root}.tool(t.Context(), k.state, args...)
	require.NoError(t, err)
	return string(out)
}

// look is what of an engine can be seen from outside.
type look struct {
	Processes, Mounts, Links, Namespaces, Rules []string
}

func (k *kit) look(t *testing.T) look {
	var seen look
	links, err := net.Interfaces()
	require.NoError(t, err)
	for _, link := range links {
		seen.Links = append(seen.Links, link.Name)
	}
	for _, command := range [][]string{
		{"iptables-legacy-save"}, {"ip6tables-legacy-save"}, {"nft", "list", "ruleset"},
	} {
		for line := range strings.Lines(k.tool(t, command...)) {
			// Tables come into being when they are looked at; counters count.
			if regexp.MustCompile(`^(-A|\t| *chain)`).MatchString(line) {
				seen.Rules = append(seen.Rules, line)
			}
		}
	}
	for _, dir := range []string{"/run/netns", "/var/run/netns", "/var/run/containers/cni"} {
		entries, _ := os.ReadDir(dir)
		for _, entry := range entries {
			seen.Namespaces = append(seen.Namespaces, entry.Name())
		}
	}
	mounts, err := os.ReadFile("/proc/self/mounts")
	require.NoError(t, err)
	for line := range strings.Lines(string(mounts)) {
		if strings.Contains(line, k.state.Path()) || strings.Contains(line, "dagger") {
			seen.Mounts = append(seen.Mounts, line)
		}
	}
	seen.Processes = k.processes(t)
	return seen
}

// processes are those in this thread's network, other than this one.
func (k *kit) processes(t *testing.T) []string {
	here, err := os.Readlink("/proc/thread-self/ns/net")
	require.NoError(t, err)
	networks, err := filepath.Glob("/proc/[0-9]*/ns/net")
	require.NoError(t, err)
	var found []string
	for _, path := range networks {
		if there, err := os.Readlink(path); err == nil && there == here {
			name, _ := os.ReadFile(filepath.Join(filepath.Dir(path), "..", "comm"))
			found = append(found, string(name))
		}
	}
	slices.Sort(found)
	return found
}

// pathWithout is the search path without the directories that have any of names.
func pathWithout(names ...string) string {
	var kept []string
	for _, dir := range filepath.SplitList(os.Getenv("PATH")) {
		hides := slices.ContainsFunc(names, func(name string) bool {
			_, err := os.Stat(filepath.Join(dir, name))
			return err == nil
		})
		if !hides {
			kept = append(kept, dir)
		}
	}
	return strings.Join(kept, string(filepath.ListSeparator))
}
