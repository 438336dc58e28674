package codecov_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pingvas/pingvas-ci/ci/internal/codecov"
)

const head = "0123456789abcdef0123456789abcdef01234567"

var upload = codecov.Upload{Repository: "pingvas/pingvas-studio", Commit: head, Branch: "main", API: "https://ingest.codecov.io"}

func TestEachComponentIsAFlag(t *testing.T) {
	require.NoError(t, upload.Check())
	assert.Equal(t, []string{"frontend.lcov", "user-service.xml"}, codecov.Files([]string{"user-service.xml", "frontend.lcov", "a.txt", "-rf.xml", ".xml"}))
	assert.Subset(t, upload.Command("user-service.xml"), []string{"--flag", "user-service", "/codecov/reports/user-service.xml", "--branch", "main"})
	assert.NotContains(t, upload.Command("user-service.xml"), "--pr")
	of := upload
	of.PullRequest = 7
	assert.Contains(t, of.Command("user-service.xml"), "7")
}

func TestRefusals(t *testing.T) {
	for says, spoil := range map[string]func(*codecov.Upload){
		"write OWNER/NAME":        func(u *codecov.Upload) { u.Repository = "pingvas" },
		"give all forty digits":   func(u *codecov.Upload) { u.Commit = "main" },
		"is no URL":               func(u *codecov.Upload) { u.API = "ingest.codecov.io" },
		"or one with credentials": func(u *codecov.Upload) { u.API = "https://a:b@ingest.codecov.io" },
		"branch":                  func(u *codecov.Upload) { u.Branch = "--url" },
	} {
		of := upload
		spoil(&of)
		require.ErrorContains(t, of.Check(), says)
	}
	user := upload
	user.Repository = "octo-cat_corp/studio"
	require.NoError(t, user.Check(), "a user of an enterprise")
}
