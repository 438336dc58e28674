package tests

import (
	"maps"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pingvas/pingvas-ci/internal/lab"
)

// TestTwoFrontends: two packages of one pnpm workspace are two frontends, each
// with its image, and each affected by what is its own and what both share.
func TestTwoFrontends(t *testing.T) {
	t.Parallel()
	files := maps.Clone(shop)
	files["apps/admin/package.json"] = `{"name": "@shop/admin", "version": "1.0.0", "type": "module",
		"scripts": {"lint": "node --check build.js", "typecheck": "true", "test": "true", "build": "node build.js"}}`
	files["apps/admin/.node-version"] = "22\n"
	files["apps/admin/build.js"] = "import { mkdirSync, writeFileSync } from \"node:fs\";\n\nmkdirSync(\"dist\");\nwriteFileSync(\"dist/index.html\", \"the back office\");\n"
	p := newPages(t, files)
	p.lock("10.34.9", ".")

	table := p.must("components")
	assert.Regexp(t, `admin +frontend +apps/admin +node 22 \(\.node-version\)`, table)
	assert.Regexp(t, `web +frontend +apps/web `, table)
	assert.Contains(t, p.must("frontends", "summary"), "admin: frontend in apps/admin, node 22 (.node-version), pnpm 10.34.9 (packageManager)\nweb: frontend in apps/web, ")
	p.must("check")
	page := func(name string) string {
		return p.must("frontend", "--name", name, "image", "--platform", "linux/arm64", "file", "--path", siteRoot+"/index.html", "contents")
	}
	assert.Equal(t, "the back office", page("admin"))
	assert.Contains(t, page("web"), "Shop: anywhere")

	t.Run("a change of one leaves the other", func(t *testing.T) {
		commit := func() string {
			copied := filepath.Join(t.TempDir(), "files")
			require.NoError(t, os.CopyFS(copied, os.DirFS(p.dir)))
			require.NoError(t, os.RemoveAll(filepath.Join(copied, ".git")))
			require.NoError(t, lab.Commit(p.dir, copied, "Change"))
			return head(t, p.dir)[:40]
		}
		affected := func(file, text string) string {
			base := commit()
			p.write(file, text)
			commit()
			return p.must("plan", "--base", base, "json")
		}
		assert.Regexp(t, `^\[\{"name":"admin",[^}]*\}\]$`, affected("apps/admin/build.js", files["apps/admin/build.js"]+"\n"))
		assert.Regexp(t, `^\[\{"name":"web",[^}]*\}\]$`, affected("packages/ui/index.js", files["packages/ui/index.js"]+"\n"))
		assert.Regexp(t, `"admin".*"web"`, affected("pnpm-workspace.yaml", "packages: ['packages/*', 'apps/*']\n"))
	})
	t.Run("the image says when it is not well", func(t *testing.T) {
		file := filepath.Join(t.TempDir(), "admin.tar")
		p.must("frontend", "--name", "admin", "image", "--platform", "linux/amd64", "as-tarball", "export", "--path", file)
		image := readImage(t, file)
		requireTimeless(t, image, 2)
		health := image.health
		require.Len(t, health, 2)
		require.Equal(t, "CMD-SHELL", health[0])
		asked := p.must("frontend", "--name", "admin", "image", "--platform", "linux/amd64", "with-new-file", "--path", "/tmp/ask.sh",
			"--contents", "ask() { "+health[1]+"; }\nask 2>/dev/null && echo well before; nginx -g 'daemon off;' & until ask 2>/dev/null; do :; done; echo well\n",
			"with-exec", "--args", "sh,/tmp/ask.sh", "stdout")
		assert.Equal(t, "well\n", asked)
	})
}
