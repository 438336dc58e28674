package toolbuild

import (
	"context"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pingvas/pingvas-ci/airgap/internal/cache"
)

// hello is a tool without dependencies, made for real in these tests.
var hello = Tool{Name: "hello", Module: "tools/hello", Package: "example.test/hello", LDFlags: []string{"-X", "main.word=hi"}}

func TestBuildSkipsWhatDidNotChange(t *testing.T) {
	repo, out := helloRepo(t), t.TempDir()
	var steps []string
	build := func() error {
		steps = nil
		return buildAll(context.Background(), []Tool{hello}, repo, out, func(step string, fn func() error) error {
			steps = append(steps, step)
			return fn()
		})
	}

	require.NoError(t, build())
	assert.Equal(t, []string{"build hello"}, steps)
	said, err := exec.Command(filepath.Join(out, "hello")).CombinedOutput()
	require.NoError(t, err)
	assert.Equal(t, "hi\n", string(said))

	require.NoError(t, build())
	assert.Empty(t, steps, "nothing changed")

	require.NoError(t, os.Remove(filepath.Join(out, "hello")))
	require.NoError(t, build())
	assert.Equal(t, []string{"build hello"}, steps, "the binary was gone")

	left, err := filepath.Glob(filepath.Join(out, ".build-*"))
	require.NoError(t, err)
	assert.Empty(t, left, "working directories are removed")
}

// TestOneBuildAtOnce: who asks for what another process builds has what that one made.
func TestOneBuildAtOnce(t *testing.T) {
	repo, out := helloRepo(t), t.TempDir()
	toolchain, err := goToolchain(t.Context())
	require.NoError(t, err)
	key, err := hello.key(repo, toolchain)
	require.NoError(t, err)
	unlock, err := cache.Lock(filepath.Join(out, ".hello.lock"))
	require.NoError(t, err)
	second := make(chan error, 1)
	begun := make(chan struct{})
	go func() {
		second <- buildAll(t.Context(), []Tool{hello}, repo, out, func(_ string, fn func() error) error {
			close(begun)
			return fn()
		})
	}()
	<-begun
	require.NoError(t, hello.build(t.Context(), repo, out, key))
	made, err := os.Stat(filepath.Join(out, "hello"))
	require.NoError(t, err)
	unlock()
	require.NoError(t, <-second)
	stands, err := os.Stat(filepath.Join(out, "hello"))
	require.NoError(t, err)
	assert.True(t, os.SameFile(made, stands), "it was built again")
}

func TestFailedBuildKeepsTheOldBinary(t *testing.T) {
	repo, out := helloRepo(t), t.TempDir()
	write(t, repo, "tools/hello/main.go", "package main\n\nfunc main() { undefined() }\n")
	write(t, out, "hello", "old binary")

	err := buildAll(context.Background(), []Tool{hello}, repo, out, func(_ string, fn func() error) error { return fn() })

	require.ErrorContains(t, err, "undefined: undefined")
	kept, err := os.ReadFile(filepath.Join(out, "hello"))
	require.NoError(t, err)
	assert.Equal(t, "old binary", string(kept))
}

func TestRefusedModuleIsNamed(t *testing.T) {
	proxy := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		http.Error(w, "This module version is not available.", http.StatusForbidden)
	}))
	defer proxy.Close()
	t.Setenv("GOPROXY", proxy.URL)
	t.Setenv("GOMODCACHE", t.TempDir())
	repo := helloRepo(t)
	const sum = "h1:B2auBalZOhrgk6LCEum2GiCM4r69HUMrGF1R/RqIC4g=\n"
	write(t, repo, "tools/hello/go.mod", "module example.test/hello\n\ngo 1.24\n\nrequire example.test/refused v1.2.3\n")
	write(t, repo, "tools/hello/go.sum", "example.test/refused v1.2.3 "+sum+"example.test/refused v1.2.3/go.mod "+sum)
	write(t, repo, "tools/hello/main.go", "package main\n\nimport _ \"example.test/refused\"\n\nfunc main() {}\n")

	err := buildAll(context.Background(), []Tool{hello}, repo, t.TempDir(), func(_ string, fn func() error) error { return fn() })

	require.EqualError(t, err, "build hello: the module proxy refuses example.test/refused@v1.2.3 "+
		"(403 Forbidden: This module version is not available). "+
		"Require a version that it serves in tools/hello/go.mod, or replace the module there with a stand-in as those in airgap/standins")
}

func TestCanceledBuildSaysSo(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	err := buildAll(ctx, []Tool{hello}, helloRepo(t), t.TempDir(), func(_ string, fn func() error) error {
		cancel()
		return fn()
	})
	require.ErrorIs(t, err, context.Canceled)
	assert.ErrorContains(t, err, "build hello")
}

// helloRepo writes a repository with the module of the tool hello.
func helloRepo(t *testing.T) string {
	repo := t.TempDir()
	write(t, repo, "tools/hello/go.mod", "module example.test/hello\n\ngo 1.24\n")
	write(t, repo, "tools/hello/go.sum", "")
	write(t, repo, "tools/hello/main.go", "package main\n\nvar word string\n\nfunc main() { println(word) }\n")
	return repo
}

func write(t *testing.T, root, path, content string) {
	t.Helper()
	path = filepath.Join(root, path)
	require.NoError(t, os.MkdirAll(filepath.Dir(path), 0o755))
	require.NoError(t, os.WriteFile(path, []byte(content), 0o644))
}
