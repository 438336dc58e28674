package main

import (
	"context"

	"github.com/pingvas/pingvas-ci/ci/internal/codecov"
	"github.com/pingvas/pingvas-ci/ci/internal/dagger"
	"github.com/pingvas/pingvas-ci/ci/internal/graph/delivery"
)

// Codecov uploads the coverage of a run, by Codecov's own CLI.
//
// Each component is a flag. It takes what the run measured, and runs no tests again.
// Without a token, for a fork's pull request or where nothing was measured, it does
// nothing, and returns "skipped: " and the reason.
// +cache="never"
func (m *PingvasCi) Codecov(
	ctx context.Context,
	// The files of the delivery, or of what was checked.
	report *dagger.Directory,
	// The application's repository on GitHub, as OWNER/NAME.
	repository string,
	// The commit, all forty digits.
	commit string,
	// The branch.
	// +optional
	branch string,
	// The pull request's number.
	// +optional
	pullRequest int,
	// Whether this is for a pull request from a fork.
	// +optional
	fork bool,
	// Codecov's token for uploads. Only the CLI sees it.
	// +optional
	token *dagger.Secret,
	// Upload without a token, as Codecov takes it of public repositories that say so.
	// +optional
	tokenless bool,
	// Where Codecov takes uploads.
	// +default="https://ingest.codecov.io"
	api string,
	// It as a service, where the engine cannot reach its address by itself.
	// +optional
	service *dagger.Service,
) ([]string, error) {
	return delivery.Codecov{
		Upload:  codecov.Upload{Repository: repository, Commit: commit, Branch: branch, PullRequest: pullRequest, API: api},
		Service: service, Token: token, Tokenless: tokenless, Fork: fork,
	}.Send(ctx, m.caller(), report)
}
