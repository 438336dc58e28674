package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/pingvas/pingvas-ci/internal/lab"
)

// unchanged delivers one service to a registry and a GitOps repository that stay, and then
// again with nothing changed, next to a call of this module that does nothing.
func unchanged(ctx context.Context, work string) ([]row, error) {
	studio, gitops := filepath.Join(work, "unchanged"), filepath.Join(work, "git")
	if err := copyTo(filepath.Join("examples/studio", service), filepath.Join(work, "files", service)); err != nil {
		return nil, err
	}
	if err := lab.Commit(studio, filepath.Join(work, "files"), "One service"); err != nil {
		return nil, err
	}
	if err := lab.Publish(filepath.Join(gitops, "pingvas-gitops.git"), "examples/gitops"); err != nil {
		return nil, err
	}
	registry, err := lab.Registry(filepath.Join(work, "stays"), 0)
	if err != nil {
		return nil, err
	}
	defer func() { _ = registry.Close() }()
	git, err := lab.Git(gitops, 0)
	if err != nil {
		return nil, err
	}
	defer func() { _ = git.Close() }()
	if err := os.Setenv("BENCH_PASSWORD", registry.Password); err != nil {
		return nil, err
	}
	if err := os.Setenv("BENCH_TOKEN", git.Password); err != nil {
		return nil, err
	}
	_, port, _ := strings.Cut(registry.Address, ":")
	delivery := append(append([]string{"call", "--source", studio}, lockArgs()...),
		"with-registry", "--address", "localhost:"+port, "--service", "tcp://"+registry.Address, "--username", registry.Username, "--password", "env:BENCH_PASSWORD",
		"with-gitops", "--repository", "http://"+git.Address+"/pingvas-gitops.git", "--service", "tcp://"+git.Address, "--username", git.Username, "--token", "env:BENCH_TOKEN",
		"deliver", "report")
	if _, err := timed(ctx, ".", delivery...); err != nil {
		return nil, err
	}
	var rows []row
	for _, of := range []struct {
		what string
		call []string
	}{{"an empty call of this module", []string{"call", "images"}}, {"a delivery with nothing changed", delivery}} {
		var took []time.Duration
		for range rounds {
			once, err := timed(ctx, ".", of.call...)
			if err != nil {
				return rows, err
			}
			took = append(took, once)
		}
		r := row{what: of.what, took: median(took), note: fmt.Sprintf("the median of %d", rounds)}
		if len(rows) > 0 {
			r.note += fmt.Sprintf(", %.1f times an empty call", r.took.Seconds()/rows[0].took.Seconds())
		}
		rows = append(rows, r)
	}
	return rows, nil
}
