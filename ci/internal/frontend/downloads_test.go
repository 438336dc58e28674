package frontend_test

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/pingvas/pingvas-ci/ci/internal/frontend"
)

func TestUnreached(t *testing.T) {
	for _, test := range []struct{ name, printed, said string }{
		{
			"one whose variable is known",
			".../cypress@13.9.0/node_modules/cypress postinstall: Error: getaddrinfo ENOTFOUND download.example\n", `"environment": {"CYPRESS_INSTALL_BINARY": "0"}`,
		},
		{
			"in a scope",
			".../node_modules/@sentry/cli install: Error: connect ECONNREFUSED 10.0.0.1:443\n", "10.0.0.1:443",
		},
		{
			"one that nobody knows",
			"node_modules/fetching postinstall: curl: (6) Could not resolve host: binaries.example\n", "its documentation names the variable",
		},
		{"a failure of its own", ".../node_modules/thing postinstall: Error: no such file\n", ""},
		{"pnpm's own fetch", "ERR_PNPM_META_FETCH_FAIL request to https://registry.example failed, reason: getaddrinfo ENOTFOUND registry.example\n", ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			lacks, is := frontend.Unreached(test.printed)
			assert.Equal(t, test.said != "", is)
			assert.Contains(t, lacks.Explain("package.json"), test.said)
		})
	}
}
