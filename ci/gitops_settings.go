package main

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/pingvas/pingvas-ci/ci/internal/dagger"
	"github.com/pingvas/pingvas-ci/ci/internal/gitrepo"
	"github.com/pingvas/pingvas-ci/ci/internal/names"
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
		for _, environment := range environments {
			if err := names.Environment(environment); err != nil {
				return err
			}
		}
		s.Review = &GitopsReview{Environments: environments, Direct: direct, Repository: repository, API: api, Token: token, Service: service}
		return nil
	})
}

// withGitopsSettings changes a copy of the settings.
func (m *PingvasCi) withGitopsSettings(set func(*GitopsSettings) error) (*PingvasCi, error) {
	if m.Repository == nil {
		return nil, errors.New("no GitOps repository is known. Name it with with-gitops --repository first")
	}
	settings := *m.Repository.settings()
	if err := set(&settings); err != nil {
		return nil, fmt.Errorf("GitOps repository: %w", err)
	}
	with, repository := *m, *m.Repository
	repository.Settings = &settings
	with.Repository = &repository
	return &with, nil
}

func (g *Gitops) settings() *GitopsSettings {
	if g.Settings == nil {
		return &GitopsSettings{}
	}
	return g.Settings
}

// reviewed tells whether an environment is changed by pull request.
func (s *GitopsSettings) reviewed(environment string) bool {
	review := s.Review
	if review == nil {
		return environment == "prod"
	}
	if review.Direct {
		return false
	}
	for _, e := range review.Environments {
		if e == environment {
			return true
		}
	}
	return false
}

// options are how a commit is made.
func (s *GitopsSettings) options(ctx context.Context) (gitrepo.Options, error) {
	// All of the history: it tells which of two images is the newer.
	options := gitrepo.Options{Depth: -1}
	if s.AuthorName != "" || s.AuthorEmail != "" {
		options.Author = gitrepo.Author{Name: s.AuthorName, Email: s.AuthorEmail}
	}
	var err error
	options.SigningKey, err = plaintext(ctx, s.SigningKey, "the key that signs commits")
	return options, err
}

// plaintext reads a secret, or nothing when there is none.
func plaintext(ctx context.Context, secret *dagger.Secret, what string) (string, error) {
	if secret == nil {
		return "", nil
	}
	text, err := secret.Plaintext(ctx)
	if err != nil {
		return "", fmt.Errorf("read %s: %w", what, err)
	}
	if strings.TrimSpace(text) == "" {
		return "", fmt.Errorf("%s is empty. Give it, or leave the option out", what)
	}
	return text, nil
}
