package tests

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/pingvas/pingvas-ci/tests/internal/harness"
)

// inABrowser is a project whose tests run in Vitest's browser mode.
var inABrowser = map[string]string{
	".node-version": "22\n",
	"package.json": `{
  "name": "counter", "private": true, "type": "module", "packageManager": "pnpm@10.34.9",
  "scripts": {"build": "vite build", "test": "vitest run"},
  "devDependencies": {"vite": "8.4.0", "vitest": "5.1.2", "@vitest/browser-playwright": "5.1.2", "playwright": "1.65.1"},
  "pingvas-ci": {"browsers": ["chromium"]}
}
`,
	"index.html":     "<!doctype html><title>Counter</title>\n",
	"vite.config.js": "import { playwright } from '@vitest/browser-playwright'\nexport default { test: { browser: { enabled: true, headless: true, provider: playwright(), instances: [{ browser: 'chromium' }] } } }\n",
	"counter.test.js": `import { expect, test } from "vitest";

test("a browser lays out", () => {
  document.body.innerHTML = "<button style='width: 120px'>more</button>";
  expect(document.querySelector("button").getBoundingClientRect().width).toBe(120);
});
`,
}

// TestTestsInABrowser run in Chromium, and their verdict is the gate's.
func TestTestsInABrowser(t *testing.T) {
	t.Parallel()
	long(t, "TestAgreement has frontends, and TestFrontendGates their tests")
	r := harness.NewRepository(t, inABrowser)
	r.LockWithPnpm("10.34.9", ".")
	r.Commit(t)
	passed := r.Call(words("frontend test")...)
	passed.Must(t)
	if strings.Contains(passed.Output, "cannot be fetched") { // As on a machine that reaches package registries alone.
		assert.Regexp(t, `! counter: Playwright's own browser cannot be fetched .*: Chromium \d+\S* .*stands in its place`, passed.Output)
	}
	r.Replace("counter.test.js", "toBe(120)", "toBe(121)")
	assert.Contains(t, r.Call(words("frontend test")...).Output, "expected 120 to be 121")
}
