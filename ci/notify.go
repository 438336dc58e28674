package main

import (
	"context"

	"github.com/pingvas/pingvas-ci/ci/internal/dagger"
	"github.com/pingvas/pingvas-ci/ci/internal/graph/delivery"
	"github.com/pingvas/pingvas-ci/ci/internal/notify"
)

// NotifyFailure tells a Slack channel that a run failed.
//
// The message says in which repository and workflow, on which branch, and who
// started it, leads to the run, and names what failed of which component. Without a
// token it does nothing, and returns "skipped: " and the reason.
// +cache="never"
func (m *PingvasCi) NotifyFailure(
	ctx context.Context,
	// The channel's id, such as C0123456789.
	channel string,
	// The Slack bot's token, with the scope chat:write.
	// +optional
	token *dagger.Secret,
	// The repository, such as pingvas/pingvas-studio.
	repository string,
	// The workflow that failed.
	workflow string,
	// The branch or tag.
	ref string,
	// Who started it.
	actor string,
	// The address of the run's page.
	// +optional
	run string,
	// The files of the delivery, or of what was checked, as far as there are any.
	// +optional
	report *dagger.Directory,
	// Slack's interface.
	// +default="https://slack.com/api"
	api string,
	// The interface as a service, where the engine cannot reach its address by
	// itself.
	// +optional
	service *dagger.Service,
) (string, error) {
	told := notify.Run{Repository: repository, Workflow: workflow, Ref: ref, Actor: actor, URL: run}
	return delivery.Slack{API: api, Service: service, Token: token, Channel: channel}.Tell(ctx, told, notify.Run.Failure, report)
}

// NotifySuccess tells a Slack channel that a run came through.
//
// As notify-failure, with what was delivered.
// +cache="never"
func (m *PingvasCi) NotifySuccess(
	ctx context.Context,
	// The channel's id, such as C0123456789.
	channel string,
	// The Slack bot's token, with the scope chat:write.
	// +optional
	token *dagger.Secret,
	// The repository, such as pingvas/pingvas-studio.
	repository string,
	// The workflow.
	workflow string,
	// The branch or tag.
	ref string,
	// Who started it.
	actor string,
	// The address of the run's page.
	// +optional
	run string,
	// The files of the delivery.
	// +optional
	report *dagger.Directory,
	// Slack's interface.
	// +default="https://slack.com/api"
	api string,
	// The interface as a service, where the engine cannot reach its address by
	// itself.
	// +optional
	service *dagger.Service,
) (string, error) {
	told := notify.Run{Repository: repository, Workflow: workflow, Ref: ref, Actor: actor, URL: run}
	return delivery.Slack{API: api, Service: service, Token: token, Channel: channel}.Tell(ctx, told, notify.Run.Success, report)
}
