package kinds

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/pingvas/pingvas-ci/ci/internal/dagger"
	"github.com/pingvas/pingvas-ci/ci/internal/graph/ground"
	"github.com/pingvas/pingvas-ci/ci/internal/shell"
)

// began is where a run of tests notes when it did, in seconds.
const began = "/tmp/.pingvas-ci-began"

// attempts is how often a failure that an earlier run had is looked past at most.
const attempts = 100

// Tested is the workspace after a command that runs the component's tests, with what
// they left. It is there where they failed, too, beside the error: the command is let
// fail. The engine keeps what becomes of such a command, so a failure that an earlier
// run had is none of this one's: there the tests are run anew, under another number,
// and no more than once.
func (p Project) Tested(ctx context.Context, workspace *dagger.Container, command []string) (*dagger.Container, error) {
	since := p.running().Began
	noting := slices.Concat([]string{"sh", "-c", p.withoutTraces() + "date +%s >" + began + ` && exec "$@"`, "sh"}, p.besideServices(), p.prepared(command))
	for attempt := 1; ; attempt++ {
		tried := workspace.WithExec(noting, dagger.ContainerWithExecOpts{Expect: dagger.ReturnTypeAny})
		code, err := tried.ExitCode(ctx)
		if err != nil || code == 0 {
			return tried, err
		}
		fresh, err := beganAfter(ctx, tried, since)
		if err != nil {
			return nil, err
		}
		if fresh || attempt == attempts {
			return tried, failed(ctx, tried, command, code)
		}
		workspace = workspace.WithEnvVariable("PINGVAS_CI_ATTEMPT", strconv.Itoa(attempt+1))
	}
}

// prepared is a command behind what runs before the tests: where one of that fails, so do they.
func (p Project) prepared(command []string) []string {
	var before strings.Builder
	for _, tool := range p.Spec.Tools {
		for _, line := range tool.Before {
			if tool.Gate == "test" {
				fmt.Fprintf(&before, "%s || { echo %s >&2; exit 1; }; ", line, shell.Quoted("what runs before the tests failed: "+line))
			}
		}
	}
	if before.Len() == 0 {
		return command
	}
	return slices.Concat([]string{"sh", "-c", before.String() + `exec "$@"`, "sh"}, command)
}

// withoutTraces are a shell's commands that take the variables by which the engine has a
// program tell it of its work: an application with OpenTelemetry, under test, would.
func (p Project) withoutTraces() string {
	own := strings.Join(append([]string{"none"}, slices.Sorted(maps.Keys(p.Spec.Settings.Environment))...), "|")
	return `for name in $(env | sed -nE 's/^(OTEL_EXPORTER_OTLP_[A-Z_]*|TRACEPARENT|TRACESTATE|BAGGAGE)=.*/\1/p'); do case "$name" in ` + own + `) ;; *) unset "$name" ;; esac; done; `
}

// beganAfter tells whether a run of tests began after another time.
func beganAfter(ctx context.Context, tried *dagger.Container, since time.Time) (bool, error) {
	text, err := tried.File(began).Contents(ctx)
	if err != nil {
		return false, fmt.Errorf("read when the tests began: %w", err)
	}
	seconds, err := strconv.ParseInt(strings.TrimSpace(text), 10, 64)
	if err != nil {
		return false, fmt.Errorf("read when the tests began: %w", err)
	}
	return !time.Unix(seconds, 0).Before(since.Truncate(time.Second)), nil
}

// failed is what a command failed with.
func failed(ctx context.Context, tried *dagger.Container, command []string, code int) error {
	stdout, err := tried.Stdout(ctx)
	if err != nil {
		return fmt.Errorf("read what the tests printed: %w", err)
	}
	stderr, err := tried.Stderr(ctx)
	if err != nil {
		return fmt.Errorf("read what the tests printed: %w", err)
	}
	return &ground.Exit{Command: command, Code: code, Printed: stdout + "\n" + stderr}
}
