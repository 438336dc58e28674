package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"
)

// compiles compares compiling this module with compiling one that has a single
// function, with nothing compiled before: what a runner that keeps nothing pays, in
// seconds of one processor.
func compiles(ctx context.Context, work string) ([]row, error) {
	hello := filepath.Join(work, "compiled")
	if err := os.Mkdir(hello, 0o755); err != nil {
		return nil, err
	}
	if _, err := timed(ctx, hello, "init", "--sdk=go", "--name=hello", "--source=."); err != nil {
		return nil, err
	}
	var rows []row
	for _, module := range []struct{ name, dir string }{{"hello world", hello}, {"pingvas-ci", "ci"}} {
		took, err := compiled(ctx, module.dir, work)
		if err != nil {
			return rows, err
		}
		packages, err := goTool(ctx, module.dir, nil, "list", "-deps", ".").Output()
		if err != nil {
			return rows, err
		}
		rows = append(rows, row{what: module.name, took: took, note: fmt.Sprintf("%d packages", strings.Count(string(packages), "\n"))})
	}
	return rows, nil
}

func compiled(ctx context.Context, dir, work string) (time.Duration, error) {
	cache, err := os.MkdirTemp(work, "cache-")
	if err != nil {
		return 0, err
	}
	defer func() { _ = os.RemoveAll(cache) }()
	build := goTool(ctx, dir, []string{"GOCACHE=" + cache}, "build", "-ldflags", "-s -w", "-o", filepath.Join(cache, "module"), ".")
	if output, err := build.CombinedOutput(); err != nil {
		return 0, fmt.Errorf("compile %s: %w\n%s", dir, err, lastPart(output))
	}
	return build.ProcessState.UserTime() + build.ProcessState.SystemTime(), nil
}

func goTool(ctx context.Context, dir string, env []string, args ...string) *exec.Cmd {
	command := exec.CommandContext(ctx, "go", args...)
	command.Dir, command.Env = dir, append(os.Environ(), env...)
	return command
}
