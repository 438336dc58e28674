package cli

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pingvas/pingvas-ci/airgap/internal/state"
)

func TestNeedPlatform(t *testing.T) {
	const overlay = "nodev\tproc\n\text4\nnodev\toverlay\n"
	const cgroups = "proc /proc proc rw 0 0\ncgroup2 /sys/fs/cgroup cgroup2 rw 0 0\n"
	tests := map[string]struct {
		goos, goarch string
		uid          int
		filesystems  string
		want         []string
	}{
		"root on Linux":           {"linux", "amd64", 0, overlay, nil},
		"the other architecture":  {"linux", "arm64", 0, overlay, nil},
		"another system":          {"darwin", "arm64", 0, overlay, []string{"darwin", "start Docker or Podman"}},
		"another architecture":    {"linux", "riscv64", 0, overlay, []string{"riscv64", "_EXPERIMENTAL_DAGGER_RUNNER_HOST"}},
		"not root":                {"linux", "amd64", 1000, overlay, []string{"user 1000", "run as root"}},
		"a kernel without it":     {"linux", "amd64", 0, "\text4\n", []string{"no overlayfs", "modprobe overlay"}},
		"a name that contains it": {"linux", "amd64", 0, "nodev\tfuse-overlay\n", []string{"no overlayfs"}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			err := needPlatform(test.goos, test.goarch, test.uid, test.filesystems, cgroups)
			if test.want == nil {
				assert.NoError(t, err)
			}
			for _, want := range test.want {
				assert.ErrorContains(t, err, want)
			}
		})
	}
}

func TestNeedCgroups(t *testing.T) {
	for _, mounted := range []string{"cgroup2 /sys/fs/cgroup cgroup2 rw 0 0\n", "cgroup /sys/fs/cgroup/cpu cgroup rw,cpu 0 0\n"} {
		assert.NoError(t, needPlatform("linux", "amd64", 0, "\toverlay\n", mounted))
	}
	assert.ErrorContains(t, needPlatform("linux", "amd64", 0, "\toverlay\n", "sysfs /sys sysfs rw 0 0\n"), "nsenter --net=")
}

func TestPathWith(t *testing.T) {
	assert.Equal(t, "/cli:/usr/bin:/bin", pathWith("/cli", "/usr/bin:/bin"))
	assert.Equal(t, "/cli:/usr/bin:/bin", pathWith("/cli", "/usr/bin:/cli:/bin"), "evaluating twice changes nothing")
}

func TestRepository(t *testing.T) {
	root := t.TempDir()
	mark := filepath.Join(root, "airgap/tools/engine/go.mod")
	require.NoError(t, os.MkdirAll(filepath.Dir(mark), 0o755))
	require.NoError(t, os.WriteFile(mark, nil, 0o644))
	below := filepath.Join(root, "airgap", "tools")

	t.Chdir(below)
	got, err := (&options{}).repository()
	require.NoError(t, err)
	assert.Equal(t, root, got)

	t.Chdir(t.TempDir())
	_, err = (&options{}).repository()
	assert.ErrorContains(t, err, "name it with --repo")
	got, err = (&options{repo: root}).repository()
	require.NoError(t, err)
	assert.Equal(t, root, got)
	_, err = (&options{repo: below}).repository()
	assert.ErrorContains(t, err, "--repo")
}

func TestOutdated(t *testing.T) {
	repo := t.TempDir()
	for _, name := range []string{"airgap/tools/engine/go.mod", "ci/go.mod", "ci/go.sum"} {
		path := filepath.Join(repo, name)
		require.NoError(t, os.MkdirAll(filepath.Dir(path), 0o755))
		require.NoError(t, os.WriteFile(path, nil, 0o644))
	}
	dir, err := state.Open(t.TempDir())
	require.NoError(t, err)
	o := &options{repo: repo, state: dir}
	assert.False(t, o.outdated(), "nothing runs")

	require.NoError(t, o.keepRequirements(repo))
	later := time.Now().Add(time.Minute)
	require.NoError(t, os.Chtimes(filepath.Join(repo, "ci/go.sum"), later, later))
	assert.False(t, o.outdated(), "another checkout of the same")

	require.NoError(t, os.WriteFile(filepath.Join(repo, "ci/go.sum"), []byte("a v1 h1:x\n"), 0o644))
	assert.True(t, o.outdated())
	require.NoError(t, os.Remove(filepath.Join(repo, "ci/go.mod")))
	assert.False(t, o.outdated(), "a repository without a module")
}

func TestUnknownCommandFails(t *testing.T) {
	assert.Equal(t, 1, Main(t.Context(), []string{"--state", t.TempDir(), "sideways"}))
}
