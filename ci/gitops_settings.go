package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/pingvas/pingvas-ci/ci/internal/dagger"
	"github.com/pingvas/pingvas-ci/ci/internal/graph/manifests"
)

// GitopsSettings say how a remote GitOps repository is committed to.
type GitopsSettings struct {
	// +private
	Key *dagger.Secret
	// +private
	KnownHosts string
	// +private
	AuthorName string
	// +private
	AuthorEmail string
	// +private
	SigningKey *dagger.Secret
	// +private
	Run string
	// +private
	Review *GitopsReview
}

// GitopsReview says which environments are changed by pull request, and where.
type GitopsReview struct {
	// +private
	Environments []string
	// +private
	Repository string
	// +private
	API string
	// +private
	Token *dagger.Secret
	// +private
	Service *dagger.Service
	// +private
	Direct bool
}

// WithGitopsKey gives the key for a GitOps repository with an ssh address.
//
// A deploy key that may write is one. Give the repository first, with
// with-gitops.
func (m *PingvasCi) WithGitopsKey(
	// The private key, as ssh-keygen writes it.
	key *dagger.Secret,
	// The lines of a known_hosts file that name the server, from a source that
	// you trust. No other server is believed.
	knownHosts string,
) (*PingvasCi, error) {
	return m.withGitopsSettings(func(s *GitopsSettings) error {
		s.Key, s.KnownHosts = key, knownHosts
		return nil
	})
}

// WithGitopsCommits says how commits in the GitOps repository look.
//
// Give the repository first, with with-gitops.
func (m *PingvasCi) WithGitopsCommits(
	// The author's name.
	// +default="GitHub Actions"
	author string,
	// The author's e-mail address.
	// +default="actions@github.com"
	email string,
	// A private SSH key that signs the commits.
	// +optional
	signingKey *dagger.Secret,
	// The address of the run that makes them, for a trailer.
	// +optional
	run string,
) (*PingvasCi, error) {
	return m.withGitopsSettings(func(s *GitopsSettings) error {
		s.AuthorName, s.AuthorEmail, s.SigningKey, s.Run = author, email, signingKey, run
		return nil
	})
}

// WithGitopsReview says which environments are changed by pull request.
//
// A person approves it. Without this function that is prod, on the GitOps
// repository's own GitHub, with its token. All that waits for an environment is
// in one pull request, in a commit for each run, on the branch
// pingvas-ci/ENVIRONMENT; what a closed one held is not proposed again by itself.
// Give the repository first, with with-gitops.
func (m *PingvasCi) WithGitopsReview(
	// The environments that are changed by pull request.
	// +default=["prod"]
	environments []string,
	// Write every environment directly, without a pull request.
	// +optional
	direct bool,
	// The repository on GitHub, as owner/name; read from its URL when absent.
	// +optional
	repository string,
	// The address of GitHub's API, for a company's own GitHub.
	// +default="https://api.github.com"
	api string,
	// A token that may open pull requests, when it is not the repository's own.
	// +optional
	token *dagger.Secret,
	// The API as a service, where the engine cannot reach it by itself.
	// +optional
	service *dagger.Service,
) (*PingvasCi, error) {
	return m.withGitopsSettings(func(s *GitopsSettings) error {
		s.Review = &GitopsReview{Environments: environments, Direct: direct, Repository: repository, API: api, Token: token, Service: service}
		return s.settings().Review.Check()
	})
}

// withGitopsSettings changes a copy of the settings.
func (m *PingvasCi) withGitopsSettings(set func(*GitopsSettings) error) (*PingvasCi, error) {
	if m.Repository == nil {
		return nil, errors.New("no GitOps repository is known. Name it with with-gitops --repository first")
	}
	settings := GitopsSettings{}
	if known := m.Repository.Settings; known != nil {
		settings = *known
	}
	if err := set(&settings); err != nil {
		return nil, fmt.Errorf("GitOps repository: %w", err)
	}
	with, repository := *m, *m.Repository
	repository.Settings = &settings
	with.Repository = &repository
	return &with, nil
}

// settings are the wing's own; those of a directory, which has none, are empty.
func (s *GitopsSettings) settings() manifests.Settings {
	if s == nil {
		return manifests.Settings{}
	}
	return manifests.Settings{
		Key: s.Key, KnownHosts: s.KnownHosts, AuthorName: s.AuthorName, AuthorEmail: s.AuthorEmail,
		SigningKey: s.SigningKey, Run: s.Run, Review: (*manifests.Review)(s.Review),
	}
}

// OverlayLayout is how the overlays of an environment are laid out.
type OverlayLayout string

const (
	// OverlayLayoutShared is one overlay for all components.
	OverlayLayoutShared OverlayLayout = "SHARED"
	// OverlayLayoutFolders is an overlay folder, and an application, for each component.
	OverlayLayoutFolders OverlayLayout = "FOLDERS"
)

// Scaffold writes a GitOps repository for the source's components, as a change.
//
// It is laid out as in the guide: a base for each component, overlays for dev
// and prod, Argo CD's objects, and the infrastructure. In a repository that is
// there it adds what is missing, in the layout of what is there, and leaves
// every byte of the rest as people have edited it.
func (m *PingvasCi) Scaffold(
	ctx context.Context,
	// The GitOps repository to add to; a new one when absent.
	// +optional
	directory *dagger.Directory,
	// How the overlays are laid out: as those that are there when absent, or else
	// one for all components.
	// +optional
	layout OverlayLayout,
) (*dagger.Changeset, error) {
	found, err := m.source().Components(ctx)
	if err != nil {
		return nil, err
	}
	return manifests.Scaffold(ctx, directory, found, string(layout))
}
