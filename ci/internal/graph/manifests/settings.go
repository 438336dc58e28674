package manifests

import (
	"context"
	"slices"

	"github.com/pingvas/pingvas-ci/ci/internal/dagger"
	"github.com/pingvas/pingvas-ci/ci/internal/gitrepo"
	"github.com/pingvas/pingvas-ci/ci/internal/graph/ground"
	"github.com/pingvas/pingvas-ci/ci/internal/names"
)

// Settings say how a remote GitOps repository is committed to.
type Settings struct {
	// Key is for an ssh address, and KnownHosts are the lines of a known_hosts
	// file that name its server. No other server is believed.
	Key        *dagger.Secret
	KnownHosts string
	// AuthorName and AuthorEmail are those of the commits; both may be empty.
	AuthorName  string
	AuthorEmail string
	// SigningKey is a private SSH key that signs the commits.
	SigningKey *dagger.Secret
	// Run is the address of the run that makes the commits, for a trailer.
	Run string
	// Review is nil where prod alone is reviewed, on the repository's own GitHub
	// and with its token.
	Review *Review
}

// Review says which environments are changed by pull request, and where.
type Review struct {
	// Environments are those that are changed by pull request.
	Environments []string
	// Repository is on GitHub, as OWNER/NAME; read from its URL when empty.
	Repository string
	// API is the address of GitHub's interface.
	API string
	// Token may open pull requests, when it is not the repository's own.
	Token *dagger.Secret
	// Service is the API's server, where the engine cannot reach it by itself.
	Service *dagger.Service
	// Direct writes every environment directly.
	Direct bool
}

// Check refuses environments that cannot be.
func (r *Review) Check() error {
	for _, environment := range r.Environments {
		if err := names.Environment(environment); err != nil {
			return err
		}
	}
	return nil
}

// reviews are the environments that are changed by pull request.
func (s Settings) reviews() []string {
	switch {
	case s.Review == nil:
		return []string{"prod"}
	case s.Review.Direct:
		return nil
	}
	return s.Review.Environments
}

// reviewed tells whether an environment is changed by pull request.
func (s Settings) reviewed(environment string) bool {
	return slices.Contains(s.reviews(), environment)
}

// options are how a commit is made.
func (s Settings) options(ctx context.Context) (gitrepo.Options, error) {
	// All of the history: it tells which of two images is the newer.
	options := gitrepo.Options{Depth: -1}
	if s.AuthorName != "" || s.AuthorEmail != "" {
		options.Author = gitrepo.Author{Name: s.AuthorName, Email: s.AuthorEmail}
	}
	var err error
	options.SigningKey, err = ground.Plaintext(ctx, s.SigningKey, "the key that signs commits")
	return options, err
}
