package manifests

import (
	"cmp"
	"context"
	"strings"

	"github.com/pingvas/pingvas-ci/ci/internal/github"
	"github.com/pingvas/pingvas-ci/ci/internal/graph/ground"
	"github.com/pingvas/pingvas-ci/ci/internal/review"
)

// platform is where the repository's changes are reviewed: GitHub. It is decided
// here alone; whoever has a change reviewed knows review.Platform.
func (r *Repository) platform(ctx context.Context) (review.Platform, error) {
	settings := r.Settings.Review
	if settings == nil {
		settings = &Review{API: github.Public}
	}
	name := settings.Repository
	if name == "" {
		var err error
		if name, err = github.NameOf(r.URL, settings.API); err != nil {
			return nil, err
		}
	}
	token, err := ground.Plaintext(ctx, cmp.Or(settings.Token, r.Token), "the token for pull requests")
	if err != nil {
		return nil, err
	}
	return ground.GitHub(ctx, name, strings.TrimSpace(token), settings.API, settings.Service)
}
