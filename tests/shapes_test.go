package tests

import (
	"archive/tar"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/layout"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/stretchr/testify/require"
)

// shapes is a copy of the services in shapes/, to be edited.
type shapes struct {
	t   *testing.T
	dir string
}

func newShapes(t *testing.T, only ...string) shapes {
	t.Helper()
	s := shapes{t, t.TempDir()}
	if len(only) == 0 {
		require.NoError(t, os.CopyFS(s.dir, os.DirFS("shapes")))
	}
	for _, name := range only {
		require.NoError(t, os.CopyFS(filepath.Join(s.dir, "services", name), os.DirFS(filepath.Join("shapes/services", name))))
	}
	return s
}

func (s shapes) path(service, file string) string {
	return filepath.Join(s.dir, "services", service, file)
}

// write writes a file of the shape with a server.
func (s shapes) write(file, text string) {
	s.t.Helper()
	s.writeTo(plain, file, text)
}

// writeTo writes a file of a service.
func (s shapes) writeTo(service, file, text string) {
	s.t.Helper()
	at := s.path(service, file)
	require.NoError(s.t, os.MkdirAll(filepath.Dir(at), 0o755))
	require.NoError(s.t, os.WriteFile(at, []byte(text), 0o644))
}

// append adds to a file of the shape with a server.
func (s shapes) append(file, text string) {
	s.t.Helper()
	s.write(file, s.read(plain, file)+text)
}

// read reads a file of a service.
func (s shapes) read(service, file string) string {
	s.t.Helper()
	text, err := os.ReadFile(s.path(service, file))
	require.NoError(s.t, err)
	return string(text)
}

// set adds a setting to those of the shape with a server.
func (s shapes) set(setting string) {
	s.t.Helper()
	s.write("pyproject.toml", strings.Replace(s.read(plain, "pyproject.toml"), "[tool.pingvas-ci]\n", "[tool.pingvas-ci]\n"+setting+"\n", 1))
}

func (s shapes) call(args ...string) (string, error) {
	s.t.Helper()
	return dagger(s.t, append(source(s.dir), args...))
}

func (s shapes) image(service, platform string, args ...string) (string, error) {
	s.t.Helper()
	return s.call(append([]string{"service", "--name", service, "image", "--platform", platform}, args...)...)
}

// log calls the module for what the engine says that it does.
func (s shapes) log(args ...string) (string, error) {
	s.t.Helper()
	call := exec.CommandContext(s.t.Context(), "dagger", append([]string{"--progress=plain", "--mod", module, "call"}, append(source(s.dir), args...)...)...)
	call.Env = append(os.Environ(), "NO_COLOR=1")
	output, err := call.CombinedOutput()
	return string(output), err
}

// export writes the recipe's image for the foreign platform to a file.
func (s shapes) export(t *testing.T, file string) {
	t.Helper()
	_, err := s.image(plain, "linux/arm64", "as-tarball", "export", "--path", file)
	require.NoError(t, err)
}

// lockWithUv makes the uv.lock of a service. It names the hosts of the index,
// so it is made where it is used.
func (s shapes) lockWithUv(service string) {
	s.t.Helper()
	s.lockDirectory(filepath.Dir(s.path(service, "x")))
}

func (s shapes) lockDirectory(dir string) {
	s.t.Helper()
	call := exec.CommandContext(s.t.Context(), "dagger", "--progress=plain", "core",
		"container", "from", "--address", pinned(s.t, "python:3.13-slim"), "with-exec", "--args", "pip,install,--quiet,uv==0.13.9",
		"with-directory", "--path", "/p", "--source", dir, "with-workdir", "--path", "/p",
		"with-exec", "--args", "uv,lock,--quiet", "file", "--path", "uv.lock", "export", "--path", filepath.Join(dir, "uv.lock"))
	output, err := call.CombinedOutput()
	require.NoError(s.t, err, string(output))
}

// serve starts the image of the shape with a server and returns what its health endpoint answers.
func (s shapes) serve(t *testing.T) string {
	t.Helper()
	port := freePort(t)
	ctx, stop := context.WithCancel(t.Context())
	var output bytes.Buffer
	up := exec.CommandContext(ctx, "dagger", append([]string{"--progress=plain", "--mod", module, "call"}, append(source(s.dir),
		"service", "--name", plain, "image", "--platform", "linux/amd64",
		"as-service", "--use-entrypoint", "up", "--ports", fmt.Sprintf("%d:8000", port))...)...)
	up.Stdout, up.Stderr = &output, &output
	up.Cancel = func() error { return up.Process.Signal(os.Interrupt) }
	up.WaitDelay = 20 * time.Second
	require.NoError(t, up.Start())
	ended := make(chan struct{})
	go func() {
		_ = up.Wait() // It is interrupted.
		close(ended)
	}()
	defer func() { stop(); <-ended }()

	var answer string
	require.Eventually(t, func() bool {
		text, err := get(fmt.Sprintf("http://127.0.0.1:%d/healthz", port))
		answer = text
		return err == nil
	}, time.Minute, 200*time.Millisecond, "the service never answered")
	return answer
}

// get returns the body of a page that is there.
func get(url string) (string, error) {
	response, err := http.Get(url) //nolint:gosec,noctx // A test's own server.
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

func freePort(t *testing.T) int {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0") //nolint:noctx // At once.
	require.NoError(t, err)
	defer func() { _ = listener.Close() }()
	return listener.Addr().(*net.TCPAddr).Port
}

// ending is how a step of the engine ended: CACHED, or DONE. Its number ties
// the line that names it to the one that says so.
func ending(t *testing.T, log, step string) string {
	t.Helper()
	named := regexp.MustCompile(`(?m)^(\d+) +: [┆ ]*` + step).FindStringSubmatch(log)
	require.NotNil(t, named, "no step %q in:\n%s", step, log)
	ended := regexp.MustCompile(`(?m)^` + named[1] + ` +: .*(CACHED|DONE)`).FindStringSubmatch(log)
	require.NotNil(t, ended, "step %q has no end", step)
	return ended[1]
}

// built is what a test reads of an image.
type built struct {
	user   string
	health []string
	labels map[string]string
	layers []string
	newest []time.Time // of the files of each layer
	files  []string    // of all layers together
}

// readImage reads the image of a tarball as the engine exports it.
func readImage(t *testing.T, file string) built {
	t.Helper()
	dir := t.TempDir()
	output, err := exec.Command("tar", "-xf", file, "-C", dir).CombinedOutput()
	require.NoError(t, err, string(output))
	index, err := layout.ImageIndexFromPath(dir)
	require.NoError(t, err)
	manifest, err := index.IndexManifest()
	require.NoError(t, err)
	image, err := index.Image(manifest.Manifests[0].Digest)
	require.NoError(t, err)
	config, err := image.ConfigFile()
	require.NoError(t, err)
	b := built{user: config.Config.User, labels: config.Config.Labels}
	if config.Config.Healthcheck != nil {
		b.health = config.Config.Healthcheck.Test
	}
	layers, err := image.Layers()
	require.NoError(t, err)
	for _, layer := range layers {
		digest, err := layer.Digest()
		require.NoError(t, err)
		b.layers = append(b.layers, digest.String())
		b.newest = append(b.newest, newest(t, layer))
	}
	flat := mutate.Extract(image)
	defer func() { _ = flat.Close() }()
	b.files = slices.Collect(maps.Keys(files(t, flat)))
	return b
}

// ours are the layers that the recipe adds to the base image's: dependencies and
// sources. In which bytes an engine keeps the base is its own affair: one with
// an older cache may have the same files from another pull.
func ours(t *testing.T, file string) []string {
	t.Helper()
	layers := readImage(t, file).layers
	require.Greater(t, len(layers), 2)
	return layers[len(layers)-2:]
}

// newest is the latest time that a file of the layer bears.
func newest(t *testing.T, layer v1.Layer) time.Time {
	t.Helper()
	text, err := layer.Uncompressed()
	require.NoError(t, err)
	defer func() { _ = text.Close() }()
	latest := time.Time{}
	for _, modified := range files(t, text) {
		if modified.After(latest) {
			latest = modified
		}
	}
	return latest.UTC()
}

// files are the times of a tarball's files, by their names.
func files(t *testing.T, text io.Reader) map[string]time.Time {
	t.Helper()
	all := map[string]time.Time{}
	for entries := tar.NewReader(text); ; {
		header, err := entries.Next()
		if errors.Is(err, io.EOF) {
			return all
		}
		require.NoError(t, err)
		all[header.Name] = header.ModTime
	}
}

// ociLabels are an image's labels of the OCI's names.
func ociLabels(image built) map[string]string {
	labels := maps.Clone(image.labels)
	maps.DeleteFunc(labels, func(name, _ string) bool { return !strings.HasPrefix(name, "org.opencontainers.image.") })
	return labels
}

// requireTimeless: what the recipe put into the image bears no time at which it
// was made, so that made anew, with nothing cached, it is the same layer.
func requireTimeless(t *testing.T, image built, layers int) {
	t.Helper()
	require.Greater(t, len(image.newest), layers)
	for _, latest := range image.newest[len(image.newest)-layers:] {
		require.Equal(t, time.Unix(0, 0).UTC(), latest)
	}
	require.NotEqual(t, time.Unix(0, 0).UTC(), image.newest[0], "the base image's files have theirs")
}
