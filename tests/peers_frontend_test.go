package tests

import (
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func ofPython(dir string) bool { return strings.HasPrefix(filepath.Base(dir), "python-") }

// ofPnpm tells of an example whether pnpm locks it.
func ofPnpm(dir string) bool {
	_, err := os.Stat(filepath.Join(dir, "pnpm-lock.yaml"))
	return err == nil
}

// nodeInstead are the examples that ask for a Node.js which the kit has not.
var nodeInstead = map[string]string{"node-corepack": "22"}

// less are files of examples that a peer passes over, and that count here.
var less = map[string]string{"node-vite-react-router-spa": "Dockerfile", "node-vite-react-router-ssr": "Dockerfile"}

// needs are the examples of pnpm that no image is made of as they are, with what each
// is told.
var needs = map[string]string{
	"bun-pnpm":                          "or where it is a program and no site, a Dockerfile",
	"node-astro-server":                 "it renders on a server (Astro: the build wrote dist/server/entry.mjs)",
	"node-corepack":                     "the build has left no site",
	"node-latest-pnpm-mise-native-deps": "or where it is a program and no site, a Dockerfile",
	"node-nx-next":                      "it renders on a server (Next.js: the build wrote apps/web/.next/BUILD_ID)",
	"node-playwright":                   "or where it is a program and no site, a Dockerfile",
	"node-pnpm-11-engines":              "or where it is a program and no site, a Dockerfile",
	"node-pnpm-workspaces":              "or where it is a program and no site, a Dockerfile",
	"node-svelte-kit":                   "it renders on a server (SvelteKit, and no adapter anything else",
	"node-vite-react-router-ssr":        "it renders on a server (React Router or Remix: the build wrote build/server/index.js)",
}

// manifest is what an example is told that has none that others read.
const manifest = "its manifest is a package.json5, which pnpm alone reads. To have it be one, write it as package.json"

// tryFrontend is what came of an example of pnpm: its gates pass, and its site answers as expected, or what
// it needs is said.
func tryFrontend(t *testing.T, name, dir string) (said string) {
	r := scratch(t, dir)
	if version := nodeInstead[name]; version != "" {
		r.Write(".nvmrc", version+"\n")
		said = " (Node.js " + version + ")"
	}
	if file := less[name]; file != "" {
		r.Remove(file)
		said += " (less its " + file + ")"
	}
	r.Commit(t)
	if name == "node-pnpm-json5" {
		require.Contains(t, r.Must(t, "components"), manifest)
		return "told what it needs: " + manifest
	}
	r.Must(t, "check")
	if text := needs[name]; text != "" {
		r.Call("frontend", "image", "user").Refused(t, text)
		return "told what it needs: " + text + said
	}
	r.Must(t, "frontend", "image", "user") // Which takes longer than a service is waited for.
	at := ""
	for _, test := range expected(t, dir) {
		require.NotNil(t, test.HTTP)
		if at == "" {
			at = r.Serve(t, 8080, "/", "frontend", "serve")
		}
		assert.Equal(t, test.HTTP.Expected, get(t, at+test.HTTP.Path, http.Header{}).StatusCode)
	}
	return "as expected" + said
}
