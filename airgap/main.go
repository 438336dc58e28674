// Airgap gives a Linux machine without container registries a Dagger engine and
// base images, made from package registries alone.
//
//	eval "$(go run ./airgap up)"
package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"

	"github.com/pingvas/pingvas-ci/airgap/internal/cli"
	"github.com/pingvas/pingvas-ci/airgap/internal/daemon"
	"github.com/pingvas/pingvas-ci/airgap/internal/nsroot"
)

func main() {
	// The program also starts itself, to become the engine or the mirror.
	daemon.Gate()
	nsroot.Main()

	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	code := cli.Main(ctx, os.Args[1:])
	stop()
	os.Exit(code)
}
