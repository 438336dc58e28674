package harness

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"net"
	"net/http"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// Serve starts a service of the module on a free port of this machine, until
// the test ends, and returns its URL when it answers at the path.
func (r *Repository) Serve(t *testing.T, port int, path string, args ...string) string {
	t.Helper()
	command := append([]string{"--mod", module, "call"}, Source(r.Dir)...)
	address := up(t, freePort(t), port, append(command, args...), func(address string) error {
		_, err := Get(t.Context(), "http://"+address+path)
		return err
	})
	return "http://" + address
}

// Database starts the image of one, with variables of its environment, until the test
// ends, and returns the address at which it answers a client's first words. It has its
// own port on this machine as well, as who is bound to the address asks at that.
func Database(t *testing.T, image string, port int, greeting string, environment map[string]string) (address string) {
	t.Helper()
	command := []string{"core", "container", "from", "--address", Pinned(t, image)}
	for _, name := range slices.Sorted(maps.Keys(environment)) {
		command = append(command, "with-env-variable", "--name", name, "--value", environment[name])
	}
	command = append(command, "with-exposed-port", "--port", strconv.Itoa(port), "as-service", "--use-entrypoint")
	return up(t, port, port, command, func(address string) error {
		conn, err := net.DialTimeout("tcp", address, time.Second)
		if err != nil {
			return err
		}
		defer func() { _ = conn.Close() }()
		_, wrong := conn.Write([]byte(greeting))
		_, silent := conn.Read(make([]byte, 1))
		return errors.Join(wrong, silent)
	})
}

// up keeps a service up on a port of this machine until the test ends, and returns its
// address when it is ready.
func up(t *testing.T, here, port int, service []string, ready func(address string) error) (address string) {
	t.Helper()
	command := append(append([]string{"--progress=plain"}, service...), "up", "--ports", fmt.Sprintf("%d:%d", here, port))
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
	address = fmt.Sprintf("127.0.0.1:%d", here)
	deadline := time.After(3 * time.Minute)
	for {
		if ready(address) == nil {
			return address
		}
		select {
		case err := <-ended:
			ended <- err
			require.Fail(t, "the service ended", output.String())
		case <-deadline:
			require.Fail(t, "the service did not start", "It does not answer at %s.", address)
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
