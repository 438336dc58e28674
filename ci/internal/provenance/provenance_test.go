package provenance_test

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/pingvas/pingvas-ci/ci/internal/provenance"
)

func TestSource(t *testing.T) {
	for remote, want := range map[string]string{
		"https://github.com/pingvas/pingvas-studio.git":           "https://github.com/pingvas/pingvas-studio",
		"https://x-access-token:s3cret@github.com/pingvas/studio": "https://github.com/pingvas/studio",
		"git@github.com:pingvas/pingvas-studio.git":               "https://github.com/pingvas/pingvas-studio",
		"ssh://git@git.example:2222/pingvas/pingvas-studio.git":   "https://git.example/pingvas/pingvas-studio",
		"http://127.0.0.1:3000/studio.git?token=s3cret#frag":      "http://127.0.0.1:3000/studio",
		"/srv/git/studio.git":                                     "",
		"file:///srv/git/studio.git":                              "",
		"https://%zz":                                             "",
		"":                                                        "",
	} {
		assert.Equal(t, want, provenance.Source(remote), remote)
	}
}
