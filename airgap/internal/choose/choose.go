// Package choose decides which Dagger engine to use: one that is named, one
// that a container runtime can run, or the kit's own.
package choose

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"os/exec"
	"strings"
	"time"
)

// RunnerHost is the variable by which Dagger's clients are told of an engine.
const RunnerHost = "_EXPERIMENTAL_DAGGER_RUNNER_HOST"

// Kind is the origin of an engine.
type Kind int

// The origins, in the order in which they are preferred.
const (
	// Named is an engine that the environment names.
	Named Kind = iota
	// Container is an engine that the dagger CLI starts in a container.
	Container
	// Own is the engine that the kit builds and starts itself.
	Own
)

// Choice is a decision and the reason for it.
type Choice struct {
	Kind Kind
	// CLI is the path of the dagger CLI that was found, empty when there is none.
	CLI string
	// Why is one sentence for people.
	Why string
}

// runtimes are the container runtimes that the dagger CLI knows.
var runtimes = []string{"docker", "podman", "nerdctl", "finch"}

// patience is how long an engine or a runtime may take to answer.
const patience = 5 * time.Second

// Engine decides. It takes the value of RunnerHost, which may be empty, and the
// address of the kit's own engine, which is never taken for a named one.
func Engine(ctx context.Context, runnerHost, own string) (Choice, error) {
	cli, err := exec.LookPath("dagger")
	if err != nil {
		cli = ""
	}
	if runnerHost != "" && runnerHost != own {
		if err := Answers(ctx, runnerHost); err != nil {
			return Choice{}, fmt.Errorf("%s names the engine %s: %w; start it, or unset the variable to have an engine chosen",
				RunnerHost, runnerHost, err)
		}
		return Choice{Named, cli, "the environment names the engine " + runnerHost}, nil
	}
	if runnerHost == own {
		return Choice{Own, cli, "the environment names the kit's own engine"}, nil
	}
	runtime, problems := workingRuntime(ctx)
	switch {
	case cli != "" && runtime != "":
		return Choice{Container, cli, fmt.Sprintf("%s and a working %s are installed", cli, runtime)}, nil
	case runtime != "":
		problems = append(problems, runtime+" works, but there is no dagger CLI beside it")
	}
	return Choice{Own, cli, "no engine is named, and no container runtime can run one: " + strings.Join(problems, "; ")}, nil
}

// workingRuntime returns the first runtime that answers, else what is the
// matter with each.
func workingRuntime(ctx context.Context) (name string, problems []string) {
	for _, name := range runtimes {
		path, err := exec.LookPath(name)
		if err != nil {
			continue
		}
		ctx, cancel := context.WithTimeout(ctx, patience)
		// The client alone answers `version`; `info` needs the engine behind it,
		// and docker's exit code is 0 even without one unless a field is asked for.
		_, err = exec.CommandContext(ctx, path, "info", "--format", "{{.}}").Output()
		cancel()
		if err == nil {
			return name, nil
		}
		problems = append(problems, fmt.Sprintf("%s is installed but does not answer (%s)", name, complaint(err)))
	}
	if len(problems) == 0 {
		problems = []string{"none of " + strings.Join(runtimes, ", ") + " is installed"}
	}
	return "", problems
}

// Answers fails unless a server replies at a runner host's address. Any reply
// will do, but a connection would not: a process that is being killed still
// gets them. Addresses that name a container instead of a socket are left to
// the CLI, which has its own check. Without this, the CLI would try for more
// than a minute.
func Answers(ctx context.Context, runnerHost string) error {
	address, err := url.Parse(runnerHost)
	if err != nil {
		return fmt.Errorf("read address: %w", err)
	}
	network, target := address.Scheme, address.Host
	switch network {
	case "unix":
		target = address.Path
	case "tcp":
	case "":
		return errors.New("the address has no scheme such as unix:// or tcp://")
	default:
		return nil
	}
	client := http.Client{Timeout: patience, Transport: &http.Transport{
		DisableKeepAlives: true,
		DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
			return (&net.Dialer{}).DialContext(ctx, network, target)
		},
	}}
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://engine/", nil)
	if err != nil {
		return fmt.Errorf("ask: %w", err)
	}
	response, err := client.Do(request)
	if err != nil {
		return fmt.Errorf("nothing answers: %w", err)
	}
	return response.Body.Close()
}

// complaint is what a failed command has said, else how it failed.
func complaint(err error) string {
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		for line := range strings.Lines(string(exit.Stderr)) {
			if line = strings.TrimSpace(line); line != "" {
				return line
			}
		}
	}
	return err.Error()
}
