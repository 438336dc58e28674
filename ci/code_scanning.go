package main

import (
	"context"

	"github.com/pingvas/pingvas-ci/ci/internal/dagger"
	"github.com/pingvas/pingvas-ci/ci/internal/graph/delivery"
	"github.com/pingvas/pingvas-ci/ci/internal/graph/scanning"
)

// CodeScanning is where findings are shown: GitHub's code scanning.
type CodeScanning struct {
	// Repository is the application's, as OWNER/NAME.
	Repository string
	// Ref is the branch or tag that is scanned, such as refs/heads/main.
	Ref string
	// +private
	Token *dagger.Secret
	// +private
	API string
	// +private
	Service *dagger.Service
}

// WithCodeScanning shows in GitHub's code scanning what scans find.
//
// A delivery uploads the SARIF of each component and platform before its gate
// decides, so that what stopped it is there to see. Without a token, as a fork's
// pull request is given none, uploading is skipped, and the report says so.
func (m *PingvasCi) WithCodeScanning(
	// The application's repository on GitHub, as OWNER/NAME.
	repository string,
	// The branch or tag that is scanned, whole: refs/heads/main.
	ref string,
	// GitHub's token; the job needs the permission security-events: write.
	// +optional
	token *dagger.Secret,
	// GitHub's interface.
	// +default="https://api.github.com"
	api string,
	// The interface as a service, where the engine cannot reach its address by
	// itself.
	// +optional
	service *dagger.Service,
) *PingvasCi {
	with := *m
	with.CodeScanning = &CodeScanning{Repository: repository, Ref: ref, Token: token, API: api, Service: service}
	return &with
}

// Upload gives the findings to GitHub's code scanning.
//
// To the repository of with-code-scanning: one category for each platform, so
// that none replaces another's. It returns a line a platform, "skipped: " and
// the reason where there is no token.
// +cache="never"
func (s *Scan) Upload(
	ctx context.Context,
	// The commit that was scanned, all forty digits; the source's HEAD when absent.
	// +optional
	commit string,
) ([]string, error) {
	return delivery.Upload(ctx, s.Ci.caller(), s.Component, commit, s.scans())
}

// codeScanning is where findings are shown; nil where they are shown nowhere.
func (m *PingvasCi) codeScanning() *scanning.CodeScanning {
	return (*scanning.CodeScanning)(m.CodeScanning)
}
