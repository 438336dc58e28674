package frontend_test

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/pingvas/pingvas-ci/ci/internal/frontend"
)

// TestRunsSources tells what the authors of a package start from a server.
func TestRunsSources(t *testing.T) {
	for command, want := range map[string]bool{
		"ts-node example.ts": true, "cross-env X=1 ts-node example.ts": true, "dotenv -- tsx src/index.ts": true, "dotenv -e .env -- tsx src/index.ts": true, "yarn tsx src/index.ts": true, "bun run src/index.ts": true,
		"node --import tsx src/index.ts": true, "node --loader ts-node/esm src/index.ts": true, "node -r ts-node/register src/index.ts": true, "node examples/basic.js": true, "nodemon src/index.ts": true,
		"vite": true, "vite --host": true, "vite dev": true, "webpack serve": true, "storybook dev -p 6006": true, "parcel example/index.html": true, "tsc -w": true, "tsup --watch": true, "tsdx watch": true, "pnpm --filter example start": true,
		"rimraf dist && vite": true, "rollup -c && cd ./app && pnpm install && pnpm run dev": true, "cd app && node server.js": true, "rollup -c && node dist/server.js": false,
		"node dist/server.js": false, "node .": false, "node index.js": false, "nodemon dist/server.js": false, "tsx src/server.ts": false, "ts-node src/main.ts": false, "vite preview": false, "vite build": false, "next start": false, "parcel build": false,
		"node --enable-source-maps dist/index.js": false, "node -r dotenv/config dist/server.js": false, "": false, "nodemon": false,
	} {
		assert.Equal(t, want, frontend.RunsSources(map[string]string{"start": command}, "start"), command)
	}
	assert.True(t, frontend.RunsSources(map[string]string{"start": "npm run example memory", "example": "ts-node src/index.ts"}, "start"))
}
