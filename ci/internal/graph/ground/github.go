package ground

import (
	"context"

	"github.com/pingvas/pingvas-ci/ci/internal/dagger"
	"github.com/pingvas/pingvas-ci/ci/internal/github"
)

// GitHub is a repository on GitHub, or on what answers for it.
func GitHub(ctx context.Context, repository, token, api string, service *dagger.Service) (github.Repository, error) {
	at, err := Through(ctx, api, service)
	if err != nil {
		return github.Repository{}, err
	}
	options := []github.Option{github.WithBase(at)}
	if service != nil {
		options = append(options, github.WithPlainHTTP())
	}
	return github.Open(repository, token, options...)
}
