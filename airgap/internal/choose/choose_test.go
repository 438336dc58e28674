package choose_test

import (
	"context"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pingvas/pingvas-ci/airgap/internal/choose"
)

const own = "unix:///state/run/socket/engine.sock"

// commands is a PATH of scripts, name to body.
type commands map[string]string

const (
	works     = "exit 0"
	hasNoHost = "echo 'Cannot connect to the Docker daemon.' >&2; exit 1"
)

func TestEngine(t *testing.T) {
	listening := listen(t)
	tests := map[string]struct {
		runnerHost string
		path       commands
		want       choose.Kind
		why        string
	}{
		"a named engine wins over a container": {
			listening, commands{"dagger": works, "docker": works}, choose.Named, "the environment names"},
		"the kit's own engine is not a named one": {
			own, commands{"dagger": works, "docker": works}, choose.Own, "kit's own"},
		"a container wins over the own engine": {
			"", commands{"dagger": works, "docker": works}, choose.Container, "a working docker"},
		"podman will do": {
			"", commands{"dagger": works, "docker": hasNoHost, "podman": works}, choose.Container, "a working podman"},
		"a client without its engine will not": {
			"", commands{"dagger": works, "docker": hasNoHost}, choose.Own, "docker is installed but does not answer (Cannot connect to the Docker daemon.)"},
		"a runtime without the CLI will not": {
			"", commands{"docker": works}, choose.Own, "docker works, but there is no dagger CLI"},
		"nothing is installed": {
			"", commands{}, choose.Own, "none of docker, podman, nerdctl, finch is installed"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			dir := test.path.install(t)

			got, err := choose.Engine(t.Context(), test.runnerHost, own)

			require.NoError(t, err)
			assert.Equal(t, test.want, got.Kind, got.Why)
			assert.Contains(t, got.Why, test.why)
			if _, installed := test.path["dagger"]; installed {
				assert.Equal(t, filepath.Join(dir, "dagger"), got.CLI)
			}
		})
	}
}

func TestNamedEngineMustAnswer(t *testing.T) {
	commands{"dagger": works, "docker": works}.install(t)

	_, err := choose.Engine(t.Context(), "unix:///nowhere/engine.sock", own)

	assert.ErrorContains(t, err, "nothing answers")
	assert.ErrorContains(t, err, "unset the variable")
}

func TestAddressNeedsAScheme(t *testing.T) {
	assert.ErrorContains(t, choose.Answers(t.Context(), "/run/engine.sock"), "no scheme")
}

func TestContainerAddressesAreLeftToTheCLI(t *testing.T) {
	assert.NoError(t, choose.Answers(t.Context(), "docker-container://engine"))
}

func (c commands) install(t *testing.T) (dir string) {
	dir = t.TempDir()
	for name, body := range c {
		require.NoError(t, os.WriteFile(filepath.Join(dir, name), []byte("#!/bin/sh\n"+body+"\n"), 0o755))
	}
	t.Setenv("PATH", dir)
	return dir
}

// A listener that nobody serves is what a dying process leaves.
func TestConnectionIsNoAnswer(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer func() { assert.NoError(t, listener.Close()) }()
	ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
	defer cancel()
	assert.ErrorContains(t, choose.Answers(ctx, "tcp://"+listener.Addr().String()), "nothing answers")
}

func listen(t *testing.T) (host string) {
	// The paths of temporary directories are too long for sockets on some systems.
	dir, err := os.MkdirTemp("", "choose")
	require.NoError(t, err)
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	path := filepath.Join(dir, "s")
	listener, err := net.Listen("unix", path)
	require.NoError(t, err)
	server := &http.Server{Handler: http.NotFoundHandler()}
	go func() { _ = server.Serve(listener) }()
	t.Cleanup(func() { _ = server.Close() })
	return "unix://" + path
}
