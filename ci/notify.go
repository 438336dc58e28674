package main

import (
	"context"

	"github.com/pingvas/pingvas-ci/ci/internal/dagger"
	"github.com/pingvas/pingvas-ci/ci/internal/graph/ground"
	"github.com/pingvas/pingvas-ci/ci/internal/notify"
)

// NotifyFailure tells a Slack channel that a run failed.
//
// The message says in which repository and workflow, on which branch, and who
// started it.
// +cache="never"
func (m *PingvasCi) NotifyFailure(
	ctx context.Context,
	// The channel's id, such as C0123456789.
	channel string,
	// The Slack bot's token, with the scope chat:write.
	token *dagger.Secret,
	// The repository, such as pingvas/pingvas-studio.
	repository string,
	// The workflow that failed.
	workflow string,
	// The branch or tag.
	ref string,
	// Who started it.
	actor string,
) error {
	plain, err := ground.Plaintext(ctx, token, "the Slack token")
	if err != nil {
		return err
	}
	return notify.Send(ctx, notify.Slack, plain, notify.SlackFailure(repository, workflow, ref, actor, channel))
}
