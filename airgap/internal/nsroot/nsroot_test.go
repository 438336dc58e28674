package nsroot_test

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pingvas/pingvas-ci/airgap/internal/nsroot"
)

func TestMain(m *testing.M) {
	nsroot.Main()
	os.Exit(m.Run())
}

func TestCommandSeesItsRootOnly(t *testing.T) {
	c := machine(t)
	require.NoError(t, os.WriteFile(filepath.Join(c.Lower[0], "lower"), []byte("below"), 0o644))
	require.NoError(t, os.WriteFile(filepath.Join(c.Upper, "upper"), []byte("above"), 0o644))
	shared := t.TempDir()
	c.Binds = append(c.Binds, nsroot.Bind{Source: shared, Target: "/shared"})
	c.Env = []string{"GREETING=hello"}
	c.Dir = "/shared"

	out, err := run(t, c, `cat /lower /upper; echo; echo "$GREETING from $$ in $(pwd)"; cat /proc/1/comm; echo new > file; echo written > /made`)

	require.NoError(t, err)
	assert.Equal(t, "belowabove\nhello from 1 in /shared\nsh\n", string(out), "its shell is process 1")
	assert.FileExists(t, filepath.Join(shared, "file"))
	assert.FileExists(t, filepath.Join(c.Upper, "made"))
	assert.NoFileExists(t, filepath.Join(c.Lower[0], "made"))
	assert.Empty(t, mounts(t, filepath.Dir(c.Mountpoint)), "no mount is left")
}

func TestFailureTellsOutput(t *testing.T) {
	_, err := run(t, machine(t), "echo the reason; exit 3")
	assert.ErrorContains(t, err, "exit status 3")
	assert.ErrorContains(t, err, "the reason")
}

func TestMissingBindIsNamed(t *testing.T) {
	c := machine(t)
	c.Binds = append(c.Binds, nsroot.Bind{Source: "/no/such/file", Target: "/x"})
	_, err := run(t, c, "true")
	assert.ErrorContains(t, err, "/no/such/file")
}

func TestChildrenEndWithTheCommand(t *testing.T) {
	c := machine(t)
	shared := t.TempDir()
	c.Binds = append(c.Binds, nsroot.Bind{Source: shared, Target: "/shared"})

	_, err := run(t, c, "(while :; do date > /shared/tick; sleep 0.05; done) >/dev/null 2>&1 & sleep 0.2")

	require.NoError(t, err)
	tick := filepath.Join(shared, "tick")
	require.FileExists(t, tick)
	require.NoError(t, os.Remove(tick))
	assert.Never(t, func() bool { _, err := os.Stat(tick); return err == nil }, 300e6, 50e6)
}

// machine is a root with the machine's own programs.
func machine(t *testing.T) nsroot.Command {
	if os.Getuid() != 0 {
		t.Skip("only root can mount")
	}
	dir := t.TempDir()
	c := nsroot.Command{
		Lower: []string{filepath.Join(dir, "lower")},
		Upper: filepath.Join(dir, "upper"), Work: filepath.Join(dir, "work"), Mountpoint: filepath.Join(dir, "root"),
	}
	for _, path := range []string{c.Lower[0], c.Upper, c.Work, c.Mountpoint} {
		require.NoError(t, os.Mkdir(path, 0o755))
	}
	for _, shared := range []string{"/usr", "/bin", "/lib", "/lib64"} {
		if _, err := os.Stat(shared); err == nil {
			c.Binds = append(c.Binds, nsroot.Bind{Source: shared, Target: shared})
		}
	}
	return c
}

func run(t *testing.T, c nsroot.Command, script string) ([]byte, error) {
	c.Args = []string{"/bin/sh", "-c", script}
	return c.Run(t.Context())
}

// mounts are those of a directory. Others work on this machine.
func mounts(t *testing.T, dir string) []string {
	data, err := os.ReadFile("/proc/self/mounts")
	require.NoError(t, err)
	return slices.DeleteFunc(strings.Split(string(data), "\n"), func(line string) bool { return !strings.Contains(line, dir) })
}
