// Package cli is the kit's command line.
package cli

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"github.com/pingvas/pingvas-ci/airgap/internal/engine"
	"github.com/pingvas/pingvas-ci/airgap/internal/netcheck"
	"github.com/pingvas/pingvas-ci/airgap/internal/progress"
	"github.com/pingvas/pingvas-ci/airgap/internal/state"
)

// Main runs the command line and returns the exit code.
func Main(ctx context.Context, args []string) int {
	root := command()
	root.SetArgs(args)
	if err := root.ExecuteContext(ctx); err != nil {
		fmt.Fprintf(os.Stderr, "airgap: %v\n", err)
		return 1
	}
	return 0
}

// options are what the flags say.
type options struct {
	stateDir  string
	repo      string
	port      int
	network   netcheck.Network
	plainHTTP []string
	limits    engine.Limits
	// everyImage has images of all versions made, and not of the usual ones alone.
	everyImage bool
	// builtTrivy has the scanner built, in the version of the module's table.
	builtTrivy bool

	log   *progress.Log
	state state.Dir
}

// defaultPort is the mirror's. It is fixed, because it is a part of the engine's
// configuration and so of what the shells of a user have been told.
const defaultPort = 5099

func command() *cobra.Command {
	o := &options{}
	root := &cobra.Command{
		Use:   "airgap",
		Short: "A Dagger engine and base images from package registries alone",
		Long: `Airgap gives a Linux machine without container registries a Dagger engine and
the base images that pipelines start from, made from package registries alone.

    eval "$(go run ./airgap up)"
    dagger call ...
    go run ./airgap down`,
		SilenceUsage:      true,
		SilenceErrors:     true,
		PersistentPreRunE: func(cmd *cobra.Command, _ []string) error { return o.open(cmd.Flags().Changed("port")) },
	}
	flags := root.PersistentFlags()
	flags.StringVar(&o.stateDir, "state", os.Getenv("PINGVAS_AIRGAP_STATE"),
		"directory for all that is built and kept (default pingvas-ci/airgap in the user's cache; env PINGVAS_AIRGAP_STATE)")
	flags.StringVar(&o.repo, "repo", "", "directory of this repository (default found from the working directory)")
	flags.IntVar(&o.port, "port", envPort(), "loopback port of the mirror of Docker Hub (env PINGVAS_AIRGAP_PORT)")
	flags.BoolVar(&o.everyImage, "every-image", os.Getenv("PINGVAS_AIRGAP_EVERY_IMAGE") != "",
		"make the images of all versions of Python and Node.js, and not those alone that most repositories and the tests take (env PINGVAS_AIRGAP_EVERY_IMAGE)")
	flags.BoolVar(&o.builtTrivy, "built-trivy", os.Getenv("PINGVAS_AIRGAP_BUILT_TRIVY") != "",
		"build Trivy in the version of the module's table, which takes twenty minutes of a processor, and not take an older one from the Python index (env PINGVAS_AIRGAP_BUILT_TRIVY)")
	flags.StringVar(&o.network.Name, "network-name", "dagger", "name of the engine's network; its bridge is called NAME0")
	flags.StringVar(&o.network.CIDR, "network-cidr", "10.87.0.0/16", "addresses of the engine's network")
	root.AddCommand(upCommand(o), buildCommand(o), downCommand(o), statusCommand(o), mirrorCommand(o), cleanCommand(o), serveCommand(), advisoriesCommand())
	return root
}

func envPort() int {
	if port, err := strconv.Atoi(os.Getenv("PINGVAS_AIRGAP_PORT")); err == nil {
		return port
	}
	return defaultPort
}

// open opens the state directory.
func (o *options) open(portNamed bool) (err error) {
	o.log = progress.New(os.Stderr)
	if o.stateDir == "" {
		if o.stateDir, err = state.Default(); err != nil {
			return err
		}
	}
	if o.state, err = state.Open(o.stateDir); err != nil {
		return err
	}
	return o.keepPort(portNamed)
}

// repository returns the root of this repository, whose modules pin the tools.
func (o *options) repository() (string, error) {
	const mark = "airgap/tools/engine/go.mod"
	if o.repo != "" {
		if _, err := os.Stat(filepath.Join(o.repo, mark)); err != nil {
			return "", fmt.Errorf("find %s below --repo: %w", mark, err)
		}
		return filepath.Abs(o.repo)
	}
	dir, err := os.Getwd()
	if err != nil {
		return "", fmt.Errorf("find working directory: %w", err)
	}
	for ; ; dir = filepath.Dir(dir) {
		if _, err := os.Stat(filepath.Join(dir, mark)); err == nil {
			return dir, nil
		}
		if dir == filepath.Dir(dir) {
			return "", errors.New("the working directory is not in the pingvas-ci repository, which pins what is built; go there, or name it with --repo")
		}
	}
}

// needPlatform fails on a machine that cannot run an engine of its own.
func needPlatform(goos, goarch string, uid int, filesystems, mounts string) error {
	switch {
	case goos != "linux":
		return fmt.Errorf("an engine of the kit's own runs on Linux, not on %s; start Docker or Podman, and use their engine", goos)
	case goarch != "amd64" && goarch != "arm64":
		return fmt.Errorf("an engine of the kit's own runs on amd64 and arm64, not on %s; name an engine elsewhere in _EXPERIMENTAL_DAGGER_RUNNER_HOST", goarch)
	case uid != 0:
		return fmt.Errorf("an engine of the kit's own mounts file systems and makes networks, which user %d may not; run as root (`sudo -E`), or start Docker or Podman", uid)
	case !hasOverlay(filesystems):
		return errors.New("the kernel has no overlayfs in /proc/filesystems; load it with `modprobe overlay`, or use a kernel that has it")
	case !strings.Contains(mounts, " cgroup"):
		return errors.New("no cgroups are mounted here, and no container runs without; mount them at /sys/fs/cgroup, and enter a network namespace by `nsenter --net=/run/netns/NAME`: `ip netns exec` hides them")
	}
	return nil
}

func thisPlatform() error {
	var read [2]string
	for i, file := range []string{"/proc/filesystems", "/proc/self/mounts"} {
		text, err := os.ReadFile(file)
		if err != nil {
			text = nil
		}
		read[i] = string(text)
	}
	return needPlatform(runtime.GOOS, runtime.GOARCH, os.Getuid(), read[0], read[1])
}

func hasOverlay(filesystems string) bool {
	for field := range strings.FieldsSeq(filesystems) {
		if field == "overlay" {
			return true
		}
	}
	return false
}
