package harness

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/stretchr/testify/require"
)

// confine runs a program in a root that is read-only but for shared memory, as a
// user whom nothing there knows, without any capability.
const confine = `set -e
mount --make-rprivate /
mount --bind "$1" "$1" && cd "$1"
mount -t tmpfs -o mode=755 none dev && touch dev/null && mount --bind /dev/null dev/null
mkdir dev/shm && mount -t tmpfs -o mode=1777 none dev/shm
ln -s /proc/self/fd dev/fd && ln -s /proc/self/fd/1 dev/stdout && ln -s /proc/self/fd/2 dev/stderr
mkdir -p proc && mount --rbind /proc proc
mount -o remount,ro,bind "$1" && mount -o remount,ro dev
touch tmp/anything 2>/dev/null && exit 9
shift
exec setpriv --no-new-privs --inh-caps=-all --bounding-set=-all,+sys_chroot,+setuid,+setgid \
	chroot --userspec=54321:54321 . "$@"
`

// Confined is a server that runs as in a hardened cluster.
type Confined struct {
	URL  string
	said *lines
}

// Said is what it has printed.
func (c Confined) Said() string { return c.said.String() }

// lines are written by one and read by another.
type lines struct {
	sync.Mutex
	text bytes.Buffer
}

func (l *lines) Write(p []byte) (int, error) {
	l.Lock()
	defer l.Unlock()
	return l.text.Write(p)
}

func (l *lines) String() string {
	l.Lock()
	defer l.Unlock()
	return l.text.String()
}

// Port is one of loopback that is free.
func Port(t *testing.T) int { return freePort(t) }

// Confine runs the server of a frontend's image, of a tarball, at a port, until what
// it returns is called or the test ends. It takes root, to take it away.
func Confine(t *testing.T, tarball string, port int) (server Confined, stop func()) {
	t.Helper()
	if os.Geteuid() != 0 {
		t.Skip("it takes root to make a root read-only")
	}
	root := NewFiles(t, nil)
	flat := mutate.Extract(open(t, tarball))
	defer func() { _ = flat.Close() }()
	unpack := exec.CommandContext(t.Context(), "tar", "-x", "--numeric-owner", "-C", root.Dir)
	unpack.Stdin = flat
	output, err := unpack.CombinedOutput()
	require.NoError(t, err, string(output))
	require.NoError(t, os.Chmod(root.Dir, 0o755))
	root.Replace("etc/nginx/listen.conf", "listen 8080;\nlisten [::]:8080;", fmt.Sprintf("listen %d;\nlisten [::]:%d;", port, port))

	// A pipe is of who opened it: in a container, of who runs there.
	said := &lines{}
	pipe := func() (*os.File, *os.File) {
		from, to, err := os.Pipe()
		require.NoError(t, err)
		require.NoError(t, to.Chown(54321, 54321))
		return from, to
	}
	from, to := pipe()
	run := exec.Command("unshare", "--mount", "sh", "-c", confine, "sh", root.Dir, "sh", "/etc/nginx/start.sh") //nolint:noctx // See stop.
	run.Stdout, run.Stderr = to, to
	run.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	require.NoError(t, run.Start())
	_ = to.Close()
	go func() { _, _ = io.Copy(said, from) }()
	stop = sync.OnceFunc(func() {
		_ = syscall.Kill(run.Process.Pid, syscall.SIGQUIT)
		_ = run.Wait()
	})
	t.Cleanup(stop)
	server = Confined{fmt.Sprintf("http://127.0.0.1:%d", port), said}
	require.Eventually(t, func() bool { _, err := Get(t.Context(), server.URL+"/healthz"); return err == nil }, 30*time.Second, 100*time.Millisecond,
		"the server does not answer in %s", filepath.Base(root.Dir))
	t.Cleanup(func() {
		if t.Failed() {
			t.Log(server.Said())
		}
	})
	return server, stop
}
