package tests

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"crypto/sha512"
	"encoding/base64"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// TestPrivateNpmRegistry installs a package of a registry that wants a token:
// the one command that fetches has it, and nothing else.
func TestPrivateNpmRegistry(t *testing.T) {
	t.Parallel()
	registry := newNpmRegistry(t, "s3cret-npm")
	_, port, _ := strings.Cut(registry.address, ":")
	host := "npm.internal:" + port
	p := newPages(t, map[string]string{
		"frontend/web/package.json": `{"name": "web", "packageManager": "pnpm@10.34.9", "dependencies": {"@acme/greet": "1.0.0"},
			"scripts": {"lint": "test -z \"$NPM_TOKEN\"", "typecheck": "node -e \"console.log(require('@acme/greet'))\"", "test": "true",
			"build": "mkdir -p dist && node -p \"require('@acme/greet')\" > dist/index.html && env > dist/env.txt"}}`,
		"frontend/web/.npmrc": "@acme:registry=http://" + host + "/\n",
		"frontend/web/pnpm-lock.yaml": "lockfileVersion: '9.0'\n\nsettings:\n  autoInstallPeers: true\n  excludeLinksFromLockfile: false\n\n" +
			"importers:\n\n  .:\n    dependencies:\n      '@acme/greet':\n        specifier: 1.0.0\n        version: 1.0.0\n\n" +
			"packages:\n\n  '@acme/greet@1.0.0':\n    resolution: {integrity: " + registry.integrity + "}\n\nsnapshots:\n\n  '@acme/greet@1.0.0': {}\n",
	})
	p.env = []string{"RIGHT=s3cret-npm", "WRONG=an0ther-npm"}
	with := func(token string, call ...string) []string {
		return append([]string{"with-npm-registry", "--address", host, "--token", "env:" + token, "--service", "tcp://" + registry.address}, call...)
	}

	_, err := p.call(with("WRONG", "frontend", "typecheck")...)
	require.ErrorContains(t, err, "Error: frontend typecheck: the npm registry "+host+" answers 401 for /@acme/greet")
	require.ErrorContains(t, err, "Give the right token: with-npm-registry --address "+host)
	require.NotContains(t, err.Error(), "an0ther-npm")

	page := p.must(with("RIGHT", "frontend", "dist", "file", "--path", "index.html", "contents")...)
	assert.Equal(t, "hello from acme", strings.TrimSpace(page))
	variables := p.must(with("RIGHT", "frontend", "dist", "file", "--path", "env.txt", "contents")...)
	assert.Contains(t, variables, "PATH=")
	assert.NotContains(t, variables, "NPM_TOKEN")
	assert.NotContains(t, variables, "s3cret-npm")
	p.must(with("RIGHT", "frontend", "check")...)
	assert.Positive(t, registry.served, "the package came from there")

	_, err = p.call("with-npm-registry", "--address", "https://npm.example", "--token", "env:RIGHT", "frontend", "path")
	require.ErrorContains(t, err, "without https://")
}

// npmRegistry has one package, for those who know the token.
type npmRegistry struct {
	address, integrity string
	served             int
}

func newNpmRegistry(t *testing.T, token string) *npmRegistry {
	t.Helper()
	// Another package for each run: no store has it yet.
	var archive bytes.Buffer
	zipped := gzip.NewWriter(&archive)
	files := tar.NewWriter(zipped)
	for name, text := range map[string]string{
		"package/package.json": `{"name": "@acme/greet", "version": "1.0.0"}`,
		"package/index.js":     "module.exports = \"hello from acme\"; // " + t.TempDir() + "\n",
	} {
		require.NoError(t, files.WriteHeader(&tar.Header{Name: name, Mode: 0o644, Size: int64(len(text))}))
		_, err := files.Write([]byte(text))
		require.NoError(t, err)
	}
	require.NoError(t, files.Close())
	require.NoError(t, zipped.Close())
	sum := sha512.Sum512(archive.Bytes())
	r := &npmRegistry{integrity: "sha512-" + base64.StdEncoding.EncodeToString(sum[:])}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, request *http.Request) {
		switch {
		case request.Header.Get("Authorization") != "Bearer "+token:
			w.WriteHeader(http.StatusUnauthorized)
		case strings.HasSuffix(request.URL.Path, ".tgz"):
			r.served++
			_, _ = w.Write(archive.Bytes())
		default:
			_, _ = fmt.Fprintf(w, `{"name": "@acme/greet", "dist-tags": {"latest": "1.0.0"}, "versions": {"1.0.0": {"name": "@acme/greet", "version": "1.0.0",
				"dist": {"integrity": %q, "tarball": "http://%s/@acme/greet/-/greet-1.0.0.tgz"}}}}`, r.integrity, request.Host)
		}
	}))
	t.Cleanup(server.Close)
	r.address = server.Listener.Addr().String()
	return r
}
