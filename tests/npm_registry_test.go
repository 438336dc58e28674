package tests

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/pingvas/pingvas-ci/tests/internal/harness"
)

// TestPrivateNpmRegistry installs a package of a registry that wants a token:
// the one command that fetches has it, and nothing else.
func TestPrivateNpmRegistry(t *testing.T) {
	long(t, "TestPrivatePythonIndex; ci/internal/frontend")
	t.Parallel()
	const right, wrong = "s3cret-npm", "an0ther-npm"
	registry := harness.NewNpmRegistry(t, right)
	host := "npm.internal:" + registry.Port()
	p := harness.NewRepository(t, map[string]string{
		"frontend/web/package.json": `{"name": "web", "packageManager": "pnpm@10.34.9", "dependencies": {"@acme/greet": "1.0.0"},
			"pingvas-ci": {"gates": {"test": {"none": "there is nothing to test"}}},
			"scripts": {"lint": "test -z \"$NPM_TOKEN\"", "typecheck": "node -e \"console.log(require('@acme/greet'))\"",
			"build": "mkdir -p dist && node -p \"require('@acme/greet')\" > dist/index.html && env > dist/env.txt"}}`,
		"frontend/web/.npmrc":         "@acme:registry=http://" + host + "/\n",
		"frontend/web/pnpm-lock.yaml": registry.Lock(""),
	})
	p.Env = []string{"RIGHT=" + right, "WRONG=" + wrong}
	with := func(token string, call string) []string {
		return words("with-npm-registry --address " + host + " --token env:" + token + " --service tcp://" + registry.Address + " " + call)
	}

	refused := p.Call(with("WRONG", "frontend typecheck")...)
	refused.Refused(t, "Error: frontend typecheck: the npm registry "+host+" answers 401 for /@acme/greet",
		"Give the right token: with-npm-registry --address "+host)
	assert.NotContains(t, refused.Output, wrong)

	dist := harness.NewFiles(t, nil)
	came := p.Batch(t,
		with("RIGHT", "frontend dist export --path "+dist.Dir),
		with("RIGHT", "frontend check"),
		words("with-npm-registry --address https://npm.example --token env:RIGHT frontend path"),
	)
	came[0].Must(t)
	assert.Equal(t, "hello from acme", strings.TrimSpace(dist.Read("index.html")))
	variables := dist.Read("env.txt")
	assert.Contains(t, variables, "PATH=")
	assert.NotContains(t, variables, "NPM_TOKEN")
	assert.NotContains(t, variables, right)
	came[1].Must(t)
	assert.Positive(t, registry.Served, "the package came from there")
	came[2].Refused(t, "without https://")
}
