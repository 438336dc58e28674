package harness

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// Serve starts a service of the module on a free port of this machine, until
// the test ends, and returns its URL when it answers at the path.
func (r *Repository) Serve(t *testing.T, port int, path string, args ...string) string {
	t.Helper()
	here := freePort(t)
	command := append([]string{"--progress=plain", "--mod", module, "call"}, Source(r.Dir)...)
	command = append(append(command, args...), "up", "--ports", fmt.Sprintf("%d:%d", here, port))
	up := exec.Command("dagger", command...)
	up.Env = append(os.Environ(), "NO_COLOR=1")
	var output strings.Builder
	up.Stdout, up.Stderr = &output, &output
	require.NoError(t, up.Start())
	ended := make(chan error, 1)
	go func() { ended <- up.Wait() }()
	t.Cleanup(func() {
		_ = up.Process.Signal(os.Interrupt)
		t.Log("the service ended:", <-ended)
	})
	at := fmt.Sprintf("http://127.0.0.1:%d", here)
	deadline := time.After(3 * time.Minute)
	for {
		if _, err := Get(t.Context(), at+path); err == nil {
			return at
		}
		select {
		case err := <-ended:
			ended <- err
			require.Fail(t, "the service ended", output.String())
		case <-deadline:
			require.Fail(t, "the service did not start", "It does not answer at %s.", path)
		case <-time.After(200 * time.Millisecond):
		}
	}
}

// Get returns the body of a page that is there.
func Get(ctx context.Context, url string) (string, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, http.NoBody)
	if err != nil {
		return "", err
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return "", err
	}
	defer func() { _ = response.Body.Close() }()
	body, err := io.ReadAll(response.Body)
	if response.StatusCode != http.StatusOK {
		err = errors.Join(err, errors.New(response.Status))
	}
	return string(body), err
}

// freePort is a port of loopback that nobody listens at.
func freePort(t *testing.T) int {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0") //nolint:noctx // At once.
	require.NoError(t, err)
	defer func() { _ = listener.Close() }()
	return listener.Addr().(*net.TCPAddr).Port
}
