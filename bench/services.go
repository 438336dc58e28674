package main

import (
	"context"
	"fmt"
	"os/exec"
	"path/filepath"
	"time"
)

// sizes plans and checks one changed file in repositories of more and more services.
func sizes(ctx context.Context, work string) ([]row, error) {
	var rows []row
	for _, count := range []int{4, 64, 256} {
		dir := filepath.Join(work, fmt.Sprintf("%d-services", count))
		if err := manyServices(ctx, dir, count); err != nil {
			return rows, err
		}
		source := append([]string{"call", "--source", dir}, lockArgs()...)
		for _, call := range []struct {
			what string
			args []string
		}{
			{"plan, for the first time", []string{"plan", "--base", "HEAD~1", "table"}},
			{"plan, again", []string{"plan", "--base", "HEAD~1", "table"}},
			{"check of the one that changed", []string{"check", "--base", "HEAD~1"}},
			{"check of the one that changed, again", []string{"check", "--base", "HEAD~1"}},
		} {
			took, err := timed(ctx, ".", append(source, call.args...)...)
			if err != nil {
				return rows, err
			}
			rows = append(rows, row{what: fmt.Sprintf("%d services, %s", count, call.what), took: took})
		}
	}
	return rows, nil
}

// manyServices is a git repository of services with two commits: the second changes a
// file of the first service.
func manyServices(ctx context.Context, dir string, count int) error {
	stamp := time.Now().UnixNano()
	for i := range count {
		if err := copyTo("tests/shapes/services/plain-service", filepath.Join(dir, fmt.Sprintf("services/service-%03d", i))); err != nil {
			return err
		}
	}
	git := func(args ...string) error {
		command := exec.CommandContext(ctx, "git", append([]string{"-C", dir, "-c", "user.name=bench", "-c", "user.email=bench@localhost"}, args...)...)
		if output, err := command.CombinedOutput(); err != nil {
			return fmt.Errorf("git %v: %w\n%s", args, err, lastPart(output))
		}
		return nil
	}
	for _, args := range [][]string{{"init", "--quiet"}, {"add", "--all"}, {"commit", "--quiet", "--message", "first"}} {
		if err := git(args...); err != nil {
			return err
		}
	}
	if err := appendTo(filepath.Join(dir, "services/service-000/plain/greeting.py"), fmt.Sprintf("\n\n# %d\n", stamp)); err != nil {
		return err
	}
	if err := git("add", "--all"); err != nil {
		return err
	}
	return git("commit", "--quiet", "--message", "second")
}
