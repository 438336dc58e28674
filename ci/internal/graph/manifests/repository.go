package manifests

import (
	"context"
	"errors"
	"net/url"
	"strings"

	"github.com/pingvas/pingvas-ci/ci/internal/dagger"
	"github.com/pingvas/pingvas-ci/ci/internal/gitops"
	"github.com/pingvas/pingvas-ci/ci/internal/gitrepo"
	"github.com/pingvas/pingvas-ci/ci/internal/graph/ground"
	"github.com/pingvas/pingvas-ci/ci/internal/graph/publishing"
	"github.com/pingvas/pingvas-ci/ci/internal/graph/scanning"
	"github.com/pingvas/pingvas-ci/ci/internal/graph/source"
	"github.com/pingvas/pingvas-ci/ci/internal/plain"
)

var dag = dagger.Connect()

// Repository is the repository of manifests that Argo CD deploys from: a remote
// one, which is committed to, or a directory, of which changes come back.
type Repository struct {
	// URL of the remote repository; empty when it is a directory.
	URL string
	// Branch that Argo CD follows.
	Branch string
	// Username and Token are for HTTP; a token is sent in a header only.
	Username string
	Token    *dagger.Secret
	// Service is the repository's server, where the engine cannot reach it by
	// itself.
	Service *dagger.Service
	// Directory is the repository, when it is none that is remote.
	Directory *dagger.Directory
	// Settings say how a remote repository is committed to.
	Settings Settings

	// Source is the application repository, whose history tells which of two
	// builds is the newer; nil where it is not known.
	Source *source.Repository
	// Registry opens the registry that manifests name; nil where none is known.
	// A call that needs it more than once is given one that remembers.
	Registry func(ctx context.Context) (*publishing.Registry, error)
	// Rehearsed are the platforms of images that are not in the registry, by their
	// digests: nothing is pushed to the repository then. Nil pushes.
	Rehearsed map[string][]string
	// Scanner looks again at what a rollback brings back; nil does not.
	Scanner *scanning.Scanner
}

// New is a remote repository, spoken to by a URL without credentials.
func New(repository, branch, username string, token *dagger.Secret, service *dagger.Service) (*Repository, error) {
	if err := gitops.CheckAddress(repository, branch); err != nil {
		return nil, err
	}
	return &Repository{URL: repository, Branch: branch, Username: username, Token: token, Service: service}, nil
}

// CanChange finds out whether the credentials may change the environment, before
// anything is published that a refused push would leave without a manifest.
func (r *Repository) CanChange(ctx context.Context, environment string) error {
	if r.Directory != nil {
		return nil
	}
	remote, err := r.remote(ctx)
	if err != nil {
		return err
	}
	failures := []error{gitrepo.CanPush(ctx, remote)}
	if r.Settings.reviewed(environment) {
		failures = append(failures, r.canPropose(ctx, environment))
	}
	return errors.Join(failures...)
}

// read calls use with a checkout of the repository.
func (r *Repository) read(ctx context.Context, use func(dir string) error) error {
	return r.checkedOut(ctx, 1, use)
}

// readHistory calls use with a checkout that has all of its history.
func (r *Repository) readHistory(ctx context.Context, use func(dir string) error) error {
	return r.checkedOut(ctx, -1, use)
}

func (r *Repository) checkedOut(ctx context.Context, depth int, use func(dir string) error) error {
	if r.Directory != nil {
		return ground.Exported(ctx, r.Directory, use)
	}
	remote, err := r.remote(ctx)
	if err != nil {
		return err
	}
	_, err = gitrepo.Update(ctx, remote, gitrepo.Options{Depth: depth}, func(_ context.Context, dir string) (gitrepo.Change, error) {
		return gitrepo.Change{}, plain.Error(use(dir))
	})
	return err
}

// remote is the repository as git reaches it from this process: by the
// service's endpoint where there is one.
func (r *Repository) remote(ctx context.Context) (gitrepo.Remote, error) {
	remote := gitrepo.Remote{URL: r.URL, Branch: r.Branch, Username: r.Username, KnownHosts: r.Settings.KnownHosts}
	var err error
	if remote.URL, err = ground.Through(ctx, r.URL, r.Service); err != nil {
		return remote, err
	}
	if at, err := url.Parse(r.URL); err == nil && r.Service != nil {
		remote.KnownAs = at.Host
	}
	if remote.Key, err = ground.Plaintext(ctx, r.Settings.Key, "the key of "+r.URL); err != nil {
		return remote, err
	}
	if remote.Token, err = ground.Plaintext(ctx, r.Token, "the token of "+r.URL); err != nil {
		return remote, err
	}
	if strings.ContainsAny(remote.Token, "\r\n") {
		return remote, errors.New("the GitOps token has a line break in it. Give it without")
	}
	return remote, nil
}
