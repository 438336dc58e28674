package delivery

import (
	"context"

	"github.com/pingvas/pingvas-ci/ci/internal/dagger"
	"github.com/pingvas/pingvas-ci/ci/internal/github"
	"github.com/pingvas/pingvas-ci/ci/internal/graph/ground"
	"github.com/pingvas/pingvas-ci/ci/internal/graph/manifests"
	"github.com/pingvas/pingvas-ci/ci/internal/graph/source"
	"github.com/pingvas/pingvas-ci/ci/internal/release"
)

// Release is a version that was given to what an environment runs.
type Release struct {
	manifests.Released
	// Since is what it is compared with; the version before where it is empty.
	Since string
}

// GitHub is the repository that a release is shown in.
type GitHub struct {
	Repository, API string
	Token           *dagger.Secret
	Service         *dagger.Service
}

// Notes are its notes, in Markdown.
func (r Release) Notes(ctx context.Context, of *source.Repository) (string, error) {
	notes, err := of.Notes(ctx, r.Version, r.Since)
	if err != nil {
		return "", err
	}
	notes.Images = r.Images
	return notes.Markdown()
}

// Show makes GitHub's release of it, with its notes and its files.
func (r Release) Show(ctx context.Context, c Caller, at GitHub) (string, error) {
	token, err := ground.Plaintext(ctx, at.Token, "GitHub's token")
	if err != nil {
		return "", err
	}
	repository, err := ground.GitHub(ctx, at.Repository, token, at.API, at.Service)
	if err != nil {
		return "", err
	}
	notes, err := r.Notes(ctx, c.Source)
	if err != nil {
		return "", err
	}
	papers, err := r.Papers(ctx, c.Targets)
	if err != nil {
		return "", err
	}
	shown := github.Release{Tag: r.Version, Body: notes, Prerelease: release.Tried(r.Version)}
	for _, p := range papers {
		shown.Assets = append(shown.Assets, github.Asset(p))
	}
	return repository.EnsureRelease(ctx, shown)
}
