// Command enginestate keeps the state of a Dagger engine between runs whose
// machines keep nothing: in a directory that the CI caches, or in a repository
// of an OCI registry. See docs/scaling.md.
package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"

	"github.com/pingvas/pingvas-ci/enginestate/internal/cli"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	code := cli.Main(ctx, os.Args[1:])
	stop()
	os.Exit(code)
}
