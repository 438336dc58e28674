// Command demo delivers the example monorepo for real: to a registry and a
// GitOps repository on loopback, by the Dagger engine that the environment
// names. Both are kept, so a second run with nothing changed has nothing to do.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"

	"github.com/pingvas/pingvas-ci/internal/lab"
)

func main() {
	state := flag.String("state", defaultState(), "directory of the registry and the repositories, kept between runs")
	port := flag.Int("port", 5080, "loopback port of the registry; it is part of the image names in the manifests")
	environment := flag.String("environment", "dev", "environment to deliver to")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	err := run(ctx, *state, *port, *environment)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "demo:", err)
		os.Exit(1)
	}
}

// run prepares the two repositories, starts the two servers, and delivers.
func run(ctx context.Context, state string, port int, environment string) error {
	studio, gitops := filepath.Join(state, "pingvas-studio"), filepath.Join(state, "git")
	for _, dir := range []string{studio, gitops, filepath.Join(state, "registry")} {
		if err := os.MkdirAll(dir, 0o755); err != nil {
			return err
		}
	}
	if err := lab.Commit(studio, "examples/studio", "The example monorepo"); err != nil {
		return err
	}
	if err := lab.Publish(filepath.Join(gitops, "pingvas-gitops.git"), "examples/gitops"); err != nil {
		return err
	}
	registry, err := lab.Registry(filepath.Join(state, "registry"), port)
	if err != nil {
		return err
	}
	defer func() { _ = registry.Close() }()
	repositories, err := lab.Git(gitops, 0)
	if err != nil {
		return err
	}
	defer func() { _ = repositories.Close() }()
	fmt.Printf("Application repository  %s\nRegistry                %s\nGitOps repository       http://%s/pingvas-gitops.git\n\n",
		studio, registry.Address, repositories.Address)
	return deliver(ctx, studio, environment, registry, repositories)
}

func defaultState() string {
	cache, err := os.UserCacheDir()
	if err != nil {
		cache = os.TempDir()
	}
	return filepath.Join(cache, "pingvas-ci", "demo")
}
