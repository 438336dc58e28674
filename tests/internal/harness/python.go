package harness

import (
	"archive/tar"
	"archive/zip"
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// The files of the index: one package as a wheel, and one as sources alone.
const (
	greetWheel  = "acme_greet-1.0.0-py3-none-any.whl"
	builtSource = "acme_built-1.0.0.tar.gz"
)

// PythonIndex has two packages for those who know the token: acme-greet, a wheel, and
// acme-built, which has to be built.
type PythonIndex struct {
	// Address is host:port on loopback.
	Address string

	files map[string][]byte
}

// NewPythonIndex starts the index until the test ends. To build acme-built runs the
// backend, a module with a build_wheel.
func NewPythonIndex(t *testing.T, username, token, backend string) *PythonIndex {
	t.Helper()
	i := &PythonIndex{files: map[string][]byte{greetWheel: greetingWheel(t), builtSource: sources(t, backend)}}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, request *http.Request) {
		name, password, _ := request.BasicAuth()
		dir, file, _ := strings.Cut(strings.Trim(request.URL.Path, "/"), "/")
		switch {
		case name != username || password != token:
			w.Header().Set("WWW-Authenticate", `Basic realm="packages"`)
			w.WriteHeader(http.StatusUnauthorized)
		case dir == "files" && i.files[file] != nil:
			_, _ = w.Write(i.files[file])
		case dir == "simple" && file == "acme-greet":
			i.page(w, greetWheel)
		case dir == "simple" && file == "acme-built":
			i.page(w, builtSource)
		default:
			w.WriteHeader(http.StatusNotFound)
		}
	}))
	t.Cleanup(server.Close)
	i.Address = server.Listener.Addr().String()
	return i
}

// page is a package's page as PEP 503 has it.
func (i *PythonIndex) page(w http.ResponseWriter, file string) {
	w.Header().Set("Content-Type", "text/html")
	_, _ = fmt.Fprintf(w, `<!DOCTYPE html><a href="/files/%s#sha256=%s">%[1]s</a>`, file, i.Sum(file))
}

// Sum is the SHA-256 of a file.
func (i *PythonIndex) Sum(file string) string {
	sum := sha256.Sum256(i.files[file])
	return hex.EncodeToString(sum[:])
}

// Port is the port that it listens at.
func (i *PythonIndex) Port() string {
	_, port, _ := strings.Cut(i.Address, ":")
	return port
}

// Lock is the uv.lock of a project that needs both packages, by the index's URL.
func (i *PythonIndex) Lock(project, url string) string {
	const entry = "[[package]]\nname = %q\nversion = \"1.0.0\"\nsource = { registry = \"%s/simple\" }\n"
	file := func(name string) string {
		return fmt.Sprintf("{ url = \"%s/files/%s\", hash = \"sha256:%s\" }", url, name, i.Sum(name))
	}
	return "version = 1\nrevision = 3\nrequires-python = \">=3.13\"\n\n" +
		fmt.Sprintf(entry, "acme-built", url) + "sdist = " + file(builtSource) + "\n\n" +
		fmt.Sprintf(entry, "acme-greet", url) + "wheels = [\n    " + file(greetWheel) + ",\n]\n\n" +
		fmt.Sprintf("[[package]]\nname = %q\nversion = \"1\"\nsource = { virtual = \".\" }\n", project) +
		"dependencies = [\n    { name = \"acme-built\" },\n    { name = \"acme-greet\" },\n]\n\n[package.metadata]\nrequires-dist = [\n" +
		fmt.Sprintf("    { name = \"acme-built\", specifier = \"==1.0.0\", index = \"%s/simple\" },\n", url) +
		fmt.Sprintf("    { name = \"acme-greet\", specifier = \"==1.0.0\", index = \"%s/simple\" },\n]\n", url)
}

// atStart is what Python runs whenever it starts where acme-greet is installed: it
// writes which canaries it finds beside the package, in hexadecimal.
const atStart = `import subprocess, sysconfig; subprocess.run("{ grep -rhoaE 'canary-[A-Z2-7]{7,}' /run /root /tmp /etc /proc/*/environ | od -An -v -tx1 >> acme_found.txt; } 2>/dev/null", shell=True, cwd=sysconfig.get_path("purelib"))
`

// greetingWheel is another for each run, so that no cache has it yet.
func greetingWheel(t *testing.T) []byte {
	t.Helper()
	const info = "acme_greet-1.0.0.dist-info/"
	var archive bytes.Buffer
	files := zip.NewWriter(&archive)
	for _, file := range [][2]string{
		{"acme_greet.py", "GREETING = \"hello from acme\"  # " + t.TempDir() + "\n"},
		{"acme_greet.pth", atStart},
		{info + "METADATA", "Metadata-Version: 2.1\nName: acme-greet\nVersion: 1.0.0\n"},
		{info + "WHEEL", "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n"},
		{info + "RECORD", "acme_greet.py,,\nacme_greet.pth,,\n" + info + "METADATA,,\n" + info + "WHEEL,,\n" + info + "RECORD,,\n"},
	} {
		w, err := files.Create(file[0])
		require.NoError(t, err)
		_, err = w.Write([]byte(file[1]))
		require.NoError(t, err)
	}
	require.NoError(t, files.Close())
	return archive.Bytes()
}

// sources are those of acme-built.
func sources(t *testing.T, backend string) []byte {
	t.Helper()
	var archive bytes.Buffer
	zipped := gzip.NewWriter(&archive)
	files := tar.NewWriter(zipped)
	for name, text := range map[string]string{
		"PKG-INFO":       "Metadata-Version: 2.2\nName: acme-built\nVersion: 1.0.0\n",
		"pyproject.toml": "[build-system]\nrequires = []\nbuild-backend = \"backend\"\nbackend-path = [\".\"]\n[project]\nname = \"acme-built\"\nversion = \"1.0.0\"\n",
		"backend.py":     backend + "# " + t.TempDir() + "\n",
	} {
		require.NoError(t, files.WriteHeader(&tar.Header{Name: "acme_built-1.0.0/" + name, Mode: 0o644, Size: int64(len(text))}))
		_, err := files.Write([]byte(text))
		require.NoError(t, err)
	}
	require.NoError(t, files.Close())
	require.NoError(t, zipped.Close())
	return archive.Bytes()
}
