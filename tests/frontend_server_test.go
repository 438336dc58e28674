package tests

import (
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pingvas/pingvas-ci/tests/internal/harness"
)

// counter is an application of a workspace that renders on a server, of Node.js alone.
var counter = map[string]string{
	"pnpm-workspace.yaml": "packages: ['apps/*', 'packages/*']\n",
	"package.json":        `{"name": "counter", "private": true, "packageManager": "pnpm@10.34.9"}`,
	".dockerignore":       "**/node_modules\n.git\n",
	"apps/web/package.json": `{
		"name": "web", "version": "1.0.0", "type": "module", "files": ["dist"], "dependencies": {"ui": "workspace:*"},
		"scripts": {"build": "node build.js"}, "pingvas-ci": {"context": ".", "platforms": ["linux/amd64"]}
	}`,
	"apps/web/build.js":        "import { cpSync } from \"node:fs\";\n\ncpSync(\"entry.mjs\", \"dist/server/entry.mjs\");\n",
	"apps/web/entry.mjs":       "import { title } from \"ui\";\n\nconsole.log(title(\"rendered\"));\n",
	"packages/ui/package.json": `{"name": "ui", "version": "1.0.0", "type": "module", "exports": "./index.js"}`,
	"packages/ui/index.js":     "export const title = (name) => \"Counter: \" + name;\n",
}

// TestServerRendered: an application that renders on a server is told from a site, and
// built by the Dockerfile of docs/frontend.md.
func TestServerRendered(t *testing.T) {
	long(t, "ci/internal/frontend: what renders on a server")
	t.Parallel()
	r := harness.NewRepository(t, counter)
	r.LockWithPnpm("10.34.9", ".")
	with := r.Copied(t)
	docs, err := os.ReadFile("../docs/frontend.md")
	require.NoError(t, err)
	_, after, has := strings.Cut(string(docs), "```dockerfile\n")
	require.True(t, has)
	text, _, _ := strings.Cut(after, "```\n")
	with.Write("apps/web/Dockerfile", text)
	came := harness.Batch(t, nil,
		append(harness.Source(r.Dir), words("frontend image user")...),
		append(harness.Source(with.Dir), words("frontend image with-exec --use-entrypoint --args node,dist/server/entry.mjs stdout")...),
		append(harness.Source(with.Dir), words("frontend image user")...))
	came[0].Refused(t, "web image linux/amd64: it renders on a server (Astro: the build wrote apps/web/dist/server/entry.mjs)", "Add a Dockerfile in apps/web")
	assert.Equal(t, "Counter: rendered\n", came[1].Must(t))
	assert.Equal(t, "1000", came[2].Must(t))
}
