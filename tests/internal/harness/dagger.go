// Package harness is what the tests of whole deliveries are written with:
// calls of the module by the real CLI, the repositories that they are about,
// and stand-ins for the services that they reach.
package harness

import (
	"bytes"
	"context"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// Paths as the tests see them.
const (
	module   = ".."
	examples = "../examples"
)

// Result is what came of a call of the CLI.
type Result struct {
	// Stdout is what the function returned.
	Stdout string
	// Output is everything that was printed.
	Output string
	// Err is whether it failed.
	Err error

	stderr string
}

// Must is what the function returned, which must not have failed.
func (r Result) Must(t *testing.T) string {
	t.Helper()
	if r.Err != nil {
		t.Fatalf("the call failed: %v\n%s", r.Err, r.end())
	}
	return r.Stdout
}

// Refused has the call have failed, saying all of the texts.
func (r Result) Refused(t *testing.T, says ...string) {
	t.Helper()
	if r.Err == nil {
		t.Fatalf("the call succeeded, and ought to say %q:\n%s", says, r.end())
	}
	for _, text := range says {
		if !strings.Contains(r.Output, text) {
			t.Errorf("the call does not say %q, but:\n%s", text, r.end())
		}
	}
}

// end is what of the output tells of errors, and its end.
func (r Result) end() string {
	const shown = 3000
	var errors strings.Builder
	for line := range strings.Lines(r.Output) {
		if strings.Contains(line, ": ! ") || strings.Contains(line, "┆ ! ") {
			errors.WriteString(line)
		}
	}
	return errors.String() + "...\n" + r.Output[max(0, len(r.Output)-shown):]
}

// JSON is what the function returned, read.
func JSON[T any](t *testing.T, r Result) (value T) {
	t.Helper()
	require.NoError(t, json.Unmarshal([]byte(r.Must(t)), &value), r.Stdout)
	return value
}

// Call calls this project's module.
func Call(ctx context.Context, args []string, env ...string) Result {
	return Dagger(ctx, append([]string{"--mod", module, "call"}, args...), env...)
}

// CallFrom calls it from a directory.
func CallFrom(t *testing.T, dir string, args ...string) Result {
	t.Helper()
	at, err := filepath.Abs(module)
	require.NoError(t, err)
	return dagger(t.Context(), dir, append([]string{"--mod", at, "call"}, args...))
}

// Core calls what the engine itself can do.
func Core(t *testing.T, args ...string) {
	t.Helper()
	Dagger(t.Context(), append([]string{"core"}, args...)).Must(t)
}

// Dagger runs the CLI.
func Dagger(ctx context.Context, args []string, env ...string) Result {
	return dagger(ctx, "", args, env...)
}

func dagger(ctx context.Context, dir string, args []string, env ...string) Result {
	command := exec.CommandContext(ctx, "dagger", append([]string{"--progress=plain"}, args...)...)
	command.Dir, command.Env = dir, append(os.Environ(), append(env, "NO_COLOR=1")...)
	var stdout, stderr bytes.Buffer
	command.Stdout, command.Stderr = &stdout, &stderr
	err := command.Run()
	return Result{Stdout: stdout.String(), Output: stdout.String() + stderr.String(), Err: err, stderr: stderr.String()}
}

// Source are the constructor's arguments.
func Source(dir string) []string {
	args := []string{"--source", dir}
	if lock := os.Getenv("PINGVAS_IMAGE_LOCK"); lock != "" {
		args = append(args, "--image-lock", lock)
	}
	return args
}
