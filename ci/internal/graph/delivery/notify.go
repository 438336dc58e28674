package delivery

import (
	"context"
	"encoding/json"
	"fmt"
	"path"

	"github.com/pingvas/pingvas-ci/ci/internal/dagger"
	"github.com/pingvas/pingvas-ci/ci/internal/graph/ground"
	"github.com/pingvas/pingvas-ci/ci/internal/notify"
	"github.com/pingvas/pingvas-ci/ci/internal/record"
)

// Slack is a channel that is told of runs.
type Slack struct {
	API     string
	Service *dagger.Service
	Token   *dagger.Secret
	Channel string
}

// Tell sends a message about a run, whose files say what it did, or says why it does
// not.
func (s Slack) Tell(ctx context.Context, run notify.Run, message func(notify.Run, string) notify.Payload, files *dagger.Directory) (string, error) {
	token, err := ground.Optional(ctx, s.Token, "the Slack token")
	if err != nil {
		return "", err
	}
	if token == "" {
		return "skipped: there is no Slack token. Give it with --token", nil
	}
	if run.Delivery, err = reported(ctx, files); err != nil {
		return "", err
	}
	at, err := ground.Through(ctx, s.API, s.Service)
	if err != nil {
		return "", err
	}
	return "told " + s.Channel, notify.Send(ctx, at, token, message(run, s.Channel))
}

// reported is what a directory of files says that a run did; nothing where there is
// none, as of a run that was cut off. A check is a delivery that ended with the gates, and
// several are the parts of one.
func reported(ctx context.Context, files *dagger.Directory) (d record.Delivery, err error) {
	if files == nil {
		return d, nil
	}
	found, err := files.Glob(ctx, "**/*.json")
	if err != nil {
		return d, fmt.Errorf("list the files of the report: %w", err)
	}
	var parts []record.Delivery
	for _, name := range found {
		if base := path.Base(name); base != "delivery.json" && base != "check.json" {
			continue
		}
		text, err := files.File(name).Contents(ctx)
		if err != nil {
			return d, fmt.Errorf("read %s of the report: %w", name, err)
		}
		var part record.Delivery
		if err := json.Unmarshal([]byte(text), &part); err != nil {
			return d, fmt.Errorf("read %s of the report: %w. Give the files of a run", name, err)
		}
		parts = append(parts, part)
	}
	return notify.Whole(parts), nil
}
