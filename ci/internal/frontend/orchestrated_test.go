package frontend_test

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/pingvas/pingvas-ci/ci/internal/frontend"
)

// TestOrchestrates tells scripts that run those of other packages from such as name what does:
// one that checks by itself is a gate.
func TestOrchestrates(t *testing.T) {
	for script, own := range map[string]bool{
		"eslint . --cache --cache-location .turbo/eslint": true, "eslint . --ignore-pattern .turbo": true, "eslint apps/nx packages": true, "pnpm exec oxlint --type-aware -r x": true, "pnpm exec node -r ./setup.cjs fail.mjs": true,
		"vitest run --workspace=vitest.workspace.ts": true, "gen && esbuild a.js && cp -r public dist": true, "turbo lint && eslint .": true, "npm exec eslint -- --workspace": true, "pnpm --dir . exec eslint": true,
		"turbo run lint": false, "pnpm turbo lint": false, "npx nx affected -t lint": false, "cross-env CI=1 turbo lint": false, "dotenv -e .env -- turbo lint": false, "pnpm -r test": false, "pnpm run -r test": false, "pnpm --filter ./apps/* lint": false,
		"pnpm --filter=web exec eslint .": false, "pnpm recursive run lint": false, "pnpm run --parallel -r lint": false, "npm run lint --workspaces": false, "npm run lint -w web": false, "yarn workspaces foreach run lint": false, "yarn workspace web lint": false,
		"pnpm -C apps/web lint": false, "npm --prefix web run lint": false, "cd apps/web && pnpm lint": false, `concurrently "turbo lint" 'pnpm -r types'`: false, "lerna run lint": false, "wireit": false,
	} {
		assert.Equal(t, own, frontend.Own(map[string]string{"lint": script}, "lint"), script)
	}
	assert.True(t, frontend.Builds(map[string]string{"build": "pnpm run bundle && cp -r public dist", "bundle": "vite build"}, "build"))
	assert.False(t, frontend.Builds(map[string]string{"build": "pnpm -r build"}, "build"))
}
