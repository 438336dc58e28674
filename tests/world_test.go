// Package tests delivers the example for real: by the Dagger engine that the
// environment names, to a registry and a git server on loopback.
package tests

import (
	"bytes"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/pingvas/pingvas-ci/internal/lab"
)

const (
	module    = ".."
	manifests = "apps/overlays/dev/kustomization.yaml"
)

// world is one application repository, one registry and one GitOps repository.
type world struct {
	t        *testing.T
	files    string // the application's files, to be edited
	studio   string // the git repository made of them
	bare     string // the GitOps repository on the server
	registry *lab.Server
	git      *lab.Server
}

// report is what is read of a delivery's JSON.
type report struct {
	Environment string
	Commit      string
	Affected    []struct {
		Name    string
		Reasons []string
	}
	Components []struct {
		Component, Repository, Digest, Scan string
		Tags, Platforms                     []string
	}
	Steps []struct {
		Component, Name string
		Passed          bool
		Seconds         float64
	}
	Change *struct {
		Commit      string
		PullRequest string
		Files       []string
		Diff        string
	}
}

// newWorld copies the named parts of the example, or all of it.
func newWorld(t *testing.T, parts ...string) *world {
	t.Helper()
	dir := t.TempDir()
	w := &world{
		t:      t,
		files:  filepath.Join(dir, "files"),
		studio: filepath.Join(dir, "pingvas-studio"),
		bare:   filepath.Join(dir, "git", "pingvas-gitops.git"),
	}
	if len(parts) == 0 {
		parts = []string{"."}
	}
	for _, part := range parts {
		require.NoError(t, os.CopyFS(filepath.Join(w.files, part), os.DirFS(filepath.Join("../examples/studio", part))))
	}
	require.NoError(t, os.MkdirAll(w.studio, 0o755))
	require.NoError(t, lab.Publish(w.bare, "../examples/gitops"))
	var err error
	w.registry, err = lab.Registry(filepath.Join(dir, "registry"), 0)
	require.NoError(t, err)
	w.git, err = lab.Git(filepath.Dir(w.bare), 0)
	require.NoError(t, err)
	t.Cleanup(func() {
		_ = w.registry.Close()
		_ = w.git.Close()
	})
	return w
}

// write puts a file into the application.
func (w *world) write(path, text string) {
	w.t.Helper()
	full := filepath.Join(w.files, path)
	require.NoError(w.t, os.MkdirAll(filepath.Dir(full), 0o755))
	require.NoError(w.t, os.WriteFile(full, []byte(text), 0o644))
}

// deliver commits the application's files and delivers them to dev.
func (w *world) deliver() (report, error) {
	w.t.Helper()
	require.NoError(w.t, lab.Commit(w.studio, w.files, "Change"))
	_, port, _ := strings.Cut(w.registry.Address, ":")
	text, err := w.call(
		"with-registry", "--address", "localhost:"+port, "--service", "tcp://"+w.registry.Address,
		"--username", w.registry.Username, "--password", "env:REGISTRY_PASSWORD",
		"with-gitops", "--repository", "http://"+w.git.Address+"/pingvas-gitops.git", "--service", "tcp://"+w.git.Address,
		"--username", w.git.Username, "--token", "env:GIT_PASSWORD",
		"deliver", "json")
	var r report
	if err == nil {
		require.NoError(w.t, json.Unmarshal([]byte(text), &r))
	}
	return r, err
}

// call calls the module on the application repository.
func (w *world) call(args ...string) (string, error) {
	w.t.Helper()
	return dagger(w.t, append(source(w.studio), args...),
		"REGISTRY_PASSWORD="+w.registry.Password, "GIT_PASSWORD="+w.git.Password)
}

// source are the constructor's arguments.
func source(dir string) []string {
	args := []string{"--source", dir}
	if lock := os.Getenv("PINGVAS_IMAGE_LOCK"); lock != "" {
		args = append(args, "--image-lock", lock)
	}
	return args
}

// callError is a failed call, with everything that it printed.
type callError struct{ output string }

func (e *callError) Error() string { return e.output }

// dagger calls this project's module.
func dagger(t *testing.T, args []string, env ...string) (string, error) {
	t.Helper()
	return daggerModule(t, module, args, env...)
}

func daggerModule(t *testing.T, of string, args []string, env ...string) (string, error) {
	t.Helper()
	call := exec.CommandContext(t.Context(), "dagger", append([]string{"--progress=plain", "--mod", of, "call"}, args...)...)
	call.Env = append(os.Environ(), append(env, "NO_COLOR=1")...)
	var stdout, stderr bytes.Buffer
	call.Stdout, call.Stderr = &stdout, &stderr
	if err := call.Run(); err != nil {
		return "", &callError{stderr.String()}
	}
	return stdout.String(), nil
}

// gitops runs git in the GitOps repository on the server.
func (w *world) gitops(args ...string) string {
	w.t.Helper()
	command := exec.Command("git", append([]string{"-C", w.bare}, args...)...)
	output, err := command.CombinedOutput()
	require.NoError(w.t, err, string(output))
	return strings.TrimSpace(string(output))
}

func (w *world) commits() int {
	return len(strings.Split(w.gitops("rev-list", "main"), "\n"))
}
