package main

import (
	"bufio"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"regexp"
	"strings"

	"github.com/pingvas/pingvas-ci/internal/lab"
)

// deliver makes the one call that a person or a CI runner would make.
func deliver(ctx context.Context, studio, environment string, registry, repositories *lab.Server) error {
	_, port, _ := strings.Cut(registry.Address, ":")
	args := []string{"--progress=plain", "call", "--source", studio}
	if lock := os.Getenv("PINGVAS_IMAGE_LOCK"); lock != "" {
		args = append(args, "--image-lock", lock)
	}
	args = append(args,
		"with-registry", "--address", "localhost:"+port, "--service", "tcp://"+registry.Address,
		"--username", registry.Username, "--password", "env:DEMO_REGISTRY_PASSWORD",
		"with-gitops", "--repository", "http://"+repositories.Address+"/pingvas-gitops.git", "--service", "tcp://"+repositories.Address,
		"--username", repositories.Username, "--token", "env:DEMO_GIT_PASSWORD",
		"deliver", "--environment", environment, "report")
	call := exec.CommandContext(ctx, "dagger", args...)
	call.Env = append(os.Environ(), "NO_COLOR=1", "DEMO_REGISTRY_PASSWORD="+registry.Password, "DEMO_GIT_PASSWORD="+repositories.Password)
	call.Stdout = os.Stdout
	progress, err := call.StderrPipe()
	if err != nil {
		return err
	}
	if err := call.Start(); err != nil {
		return fmt.Errorf("start the dagger CLI: %w. Install it, or run: make demo", err)
	}
	reason := show(progress)
	if err := call.Wait(); err != nil {
		return errors.New(cmp.Or(reason, err.Error()))
	}
	return nil
}

// A step line of the module in the CLI's plain progress.
var stepLine = regexp.MustCompile(`\| ([✔✘] .*)$`)

// show prints the module's own lines as they come, and returns what the CLI
// says last of a failure.
func show(progress io.Reader) string {
	var reason []string
	lines := bufio.NewScanner(progress)
	lines.Buffer(nil, 16<<20)
	for lines.Scan() {
		line := lines.Text()
		if step := stepLine.FindStringSubmatch(line); step != nil {
			fmt.Println("  " + step[1])
		}
		if len(reason) > 0 || strings.HasPrefix(line, "Error: ") {
			reason = append(reason, traceID.ReplaceAllString(strings.TrimPrefix(line, "Error: "), ""))
		}
	}
	return strings.Join(reason, "\n")
}

var traceID = regexp.MustCompile(` \[traceparent:[0-9a-f-]+\]$`)
