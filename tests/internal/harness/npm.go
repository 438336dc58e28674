package harness

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"crypto/sha512"
	"encoding/base64"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// NpmRegistry has one package, @acme/greet, for those who know the token.
type NpmRegistry struct {
	// Address is host:port on loopback.
	Address string
	// Integrity is the package's, as lock files have it.
	Integrity string
	// Served is how often the package was fetched.
	Served int
}

// NewNpmRegistry starts the registry until the test ends. The package may have more
// files.
func NewNpmRegistry(t *testing.T, token string, more ...map[string]string) *NpmRegistry {
	t.Helper()
	archive := greeting(t, more)
	sum := sha512.Sum512(archive)
	r := &NpmRegistry{Integrity: "sha512-" + base64.StdEncoding.EncodeToString(sum[:])}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, request *http.Request) {
		switch {
		case request.Header.Get("Authorization") != "Bearer "+token:
			w.WriteHeader(http.StatusUnauthorized)
		case strings.HasSuffix(request.URL.Path, ".tgz"):
			r.Served++
			_, _ = w.Write(archive)
		default:
			_, _ = fmt.Fprintf(w, `{"name": "@acme/greet", "dist-tags": {"latest": "1.0.0"}, "versions": {"1.0.0": {"name": "@acme/greet", "version": "1.0.0",
				"dist": {"integrity": %q, "tarball": "http://%s/@acme/greet/-/greet-1.0.0.tgz"}}}}`, r.Integrity, request.Host)
		}
	}))
	t.Cleanup(server.Close)
	r.Address = server.Listener.Addr().String()
	return r
}

// Port is the port that it listens at.
func (r *NpmRegistry) Port() string {
	_, port, _ := strings.Cut(r.Address, ":")
	return port
}

// Lock is a pnpm-lock.yaml of a project that needs the package alone, with what else
// the lock says. Where the registry is, no such file says.
func (r *NpmRegistry) Lock(also string) string {
	return "lockfileVersion: '9.0'\n\nsettings:\n  autoInstallPeers: true\n  excludeLinksFromLockfile: false\n\n" + also +
		"importers:\n\n  .:\n    dependencies:\n      '@acme/greet':\n        specifier: 1.0.0\n        version: 1.0.0\n\n" +
		"packages:\n\n  '@acme/greet@1.0.0':\n    resolution: {integrity: " + r.Integrity + "}\n\nsnapshots:\n\n  '@acme/greet@1.0.0': {}\n"
}

// greeting is the package's archive. It is another for each run, so that no
// store has it yet.
func greeting(t *testing.T, more []map[string]string) []byte {
	t.Helper()
	var archive bytes.Buffer
	zipped := gzip.NewWriter(&archive)
	files := tar.NewWriter(zipped)
	texts := map[string]string{
		"package.json": `{"name": "@acme/greet", "version": "1.0.0"}`,
		"index.js":     "module.exports = \"hello from acme\"; // " + t.TempDir() + "\n",
	}
	for _, of := range more {
		maps.Copy(texts, of)
	}
	for name, text := range texts {
		require.NoError(t, files.WriteHeader(&tar.Header{Name: "package/" + name, Mode: 0o644, Size: int64(len(text))}))
		_, err := files.Write([]byte(text))
		require.NoError(t, err)
	}
	require.NoError(t, files.Close())
	require.NoError(t, zipped.Close())
	return archive.Bytes()
}
