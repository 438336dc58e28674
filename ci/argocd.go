package main

import (
	"context"
	"time"

	"github.com/pingvas/pingvas-ci/ci/internal/argocd"
	"github.com/pingvas/pingvas-ci/ci/internal/dagger"
	"github.com/pingvas/pingvas-ci/ci/internal/graph/manifests"
)

// ArgoServer is the Argo CD that deploys the GitOps repository.
type ArgoServer struct {
	// Address is the server's address.
	Address string
	// +private
	Token *dagger.Secret
	// +private
	Service *dagger.Service
}

// ArgoStatus is what an application is doing.
type ArgoStatus struct {
	// Application is its name.
	Application string
	// Sync is Synced, OutOfSync or Unknown.
	Sync string
	// Health is Healthy, Progressing, Degraded, Suspended, Missing or Unknown.
	Health string
	// Revision is the commit that the sync state is of.
	Revision string
	// Phase is that of the last operation: Running, Succeeded, Failed, Error or
	// Terminating; empty when there was none.
	Phase string
	// Message is what the last operation said.
	Message string
	// Automated tells whether Argo CD syncs each commit by itself.
	Automated bool
	// Deployments are the application's history, oldest first.
	Deployments []*ArgoDeployment
	// Report returns the status for people: one line, and the history below it.
	Report string
}

// ArgoDeployment is one entry of an application's history.
type ArgoDeployment struct {
	// Number is what a rollback names it by.
	Number int
	// Revision is the commit that was deployed.
	Revision string
	// Time is when, in RFC 3339.
	Time string
	// By is who started it: a user, or automated.
	By string
}

// ArgoCd leads to the Argo CD that deploys the GitOps repository.
func (m *PingvasCi) ArgoCd(
	// The server's address, such as https://argocd.example.com.
	address string,
	// A token of an account, or of a project's role.
	token *dagger.Secret,
	// The server as a service, where the engine cannot reach it by itself.
	// +optional
	service *dagger.Service,
) *ArgoServer {
	return &ArgoServer{Address: address, Token: token, Service: service}
}

// Status tells what an application is doing.
//
// That is its sync, its health, the last operation and the history. With a limit
// it waits until the application is synced and healthy, and fails when a sync
// failed or the time is over.
// +cache="never"
func (a *ArgoServer) Status(
	ctx context.Context,
	// The application, such as pingvas-prod.
	application string,
	// How long to wait for synced and healthy, such as 10m; no waiting when absent.
	// +optional
	limit string,
	// The commit of the GitOps repository to wait for, or its beginning; any when
	// absent.
	// +optional
	revision string,
) (*ArgoStatus, error) {
	status, err := a.argo().Status(ctx, application, revision, limit)
	return argoStatus(status), err
}

// Rollback has Argo CD deploy an earlier entry of an application's history.
//
// Under automated sync it is refused, because Argo CD would undo it at once: roll
// back in the repository then, with gitops rollback.
// +cache="never"
func (a *ArgoServer) Rollback(
	ctx context.Context,
	// The application, such as pingvas-prod.
	application string,
	// The entry, by the number that status shows.
	number int,
) (*ArgoStatus, error) {
	status, err := a.argo().Rollback(ctx, application, number)
	return argoStatus(status), err
}

func (a *ArgoServer) argo() manifests.Argo {
	return manifests.Argo{Address: a.Address, Token: a.Token, Service: a.Service}
}

func argoStatus(s argocd.Status) *ArgoStatus {
	status := &ArgoStatus{
		Application: s.Application, Sync: s.Sync, Health: s.Health, Revision: s.Revision,
		Phase: s.Phase, Message: s.Message, Automated: s.Automated, Report: s.Report(),
	}
	for _, d := range s.History {
		status.Deployments = append(status.Deployments, &ArgoDeployment{
			Number: int(d.ID), Revision: d.Revision, Time: d.At.Format(time.RFC3339), By: d.By,
		})
	}
	return status
}
