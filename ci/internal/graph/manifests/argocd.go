package manifests

import (
	"context"

	"github.com/pingvas/pingvas-ci/ci/internal/argocd"
	"github.com/pingvas/pingvas-ci/ci/internal/dagger"
	"github.com/pingvas/pingvas-ci/ci/internal/graph/ground"
)

// Argo is the Argo CD that deploys the GitOps repository.
type Argo struct {
	// Address is the server's address.
	Address string
	// Token is of an account, or of a project's role.
	Token *dagger.Secret
	// Service is the server, where the engine cannot reach it by itself.
	Service *dagger.Service
}

// Status is what an application is doing. With a limit it waits until the
// application is synced and healthy, at the revision or at any.
func (a Argo) Status(ctx context.Context, application, revision, limit string) (argocd.Status, error) {
	server, err := a.connect(ctx)
	if err != nil {
		return argocd.Status{}, err
	}
	if limit == "" {
		return server.Status(ctx, application, true)
	}
	patience, err := argocd.Patience(limit)
	if err != nil {
		return argocd.Status{}, err
	}
	return server.Wait(ctx, application, revision, patience)
}

// Rollback has Argo CD deploy an earlier entry of an application's history.
func (a Argo) Rollback(ctx context.Context, application string, number int) (argocd.Status, error) {
	server, err := a.connect(ctx)
	if err != nil {
		return argocd.Status{}, err
	}
	if err := server.Rollback(ctx, application, int64(number)); err != nil {
		return argocd.Status{}, err
	}
	return server.Status(ctx, application, false)
}

func (a Argo) connect(ctx context.Context) (argocd.Server, error) {
	token, err := ground.Plaintext(ctx, a.Token, "the token of Argo CD")
	if err != nil {
		return argocd.Server{}, err
	}
	address, err := ground.Through(ctx, a.Address, a.Service)
	if err != nil {
		return argocd.Server{}, err
	}
	var options []argocd.Option
	if a.Service != nil {
		options = append(options, argocd.WithPlainHTTP())
	}
	return argocd.Connect(address, token, options...)
}
