package cli

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"time"

	"github.com/spf13/cobra"

	"github.com/pingvas/pingvas-ci/airgap/internal/choose"
	"github.com/pingvas/pingvas-ci/airgap/internal/daemon"
	"github.com/pingvas/pingvas-ci/airgap/internal/engineroot"
	"github.com/pingvas/pingvas-ci/airgap/internal/mirror"
	"github.com/pingvas/pingvas-ci/airgap/internal/netcheck"
	"github.com/pingvas/pingvas-ci/airgap/internal/toolbuild"
)

func mirrorCommand(o *options) *cobra.Command {
	return &cobra.Command{
		Use:   "mirror",
		Short: "Build the base images only, and list them",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := thisPlatform(); err != nil {
				return err
			}
			unlock, err := o.state.Lock()
			if err != nil {
				return err
			}
			defer unlock()
			build := o.buildMirror
			if _, runs := daemon.Find(o.mirrorPID()); runs {
				build = o.startMirror // It is to serve the new images.
			}
			lock, err := build(cmd.Context())
			if err != nil {
				return err
			}
			return listImages(cmd.Context(), cmd.OutOrStdout(), lock)
		},
	}
}

// serveCommand is the mirror's own process.
func serveCommand() *cobra.Command {
	var dir, address string
	cmd := &cobra.Command{
		Use:    serveName,
		Hidden: true,
		Args:   cobra.NoArgs,
		// It needs no state directory.
		PersistentPreRunE: func(*cobra.Command, []string) error { return nil },
		RunE: func(cmd *cobra.Command, _ []string) error {
			handler, err := mirror.Serve(dir)
			if err != nil {
				return err
			}
			server := &http.Server{Addr: address, Handler: handler, ReadHeaderTimeout: 10 * time.Second}
			context.AfterFunc(cmd.Context(), func() { _ = server.Close() })
			if err := server.ListenAndServe(); !errors.Is(err, http.ErrServerClosed) {
				return err
			}
			return nil
		},
	}
	cmd.Flags().StringVar(&dir, "dir", "", "directory of the mirror")
	cmd.Flags().StringVar(&address, "address", "", "where to listen")
	return cmd
}

const serveName = "serve-mirror"

func (o *options) mirrorPID() string  { return o.state.RunFile("mirror.pid") }
func (o *options) mirrorLog() string  { return o.state.RunFile("mirror.log") }
func (o *options) mirrorPort() string { return o.state.RunFile("mirror.port") }
func (o *options) mirrorPin() string  { return o.state.RunFile("mirror") }

// keepPort takes the port of the running mirror, which the running engine knows,
// unless the caller has named one.
func (o *options) keepPort(named bool) error {
	if _, runs := daemon.Find(o.mirrorPID()); named || !runs {
		return nil
	}
	data, err := os.ReadFile(o.mirrorPort())
	if err != nil {
		return nil //nolint:nilerr // Started by nobody who has noted it.
	}
	if o.port, err = strconv.Atoi(string(data)); err != nil {
		return fmt.Errorf("read the mirror's port: %w; remove %s", err, o.mirrorPort())
	}
	return nil
}

// lockFile is where the image lock lies. The mirror's own directory has another
// name whenever its images change.
func (o *options) lockFile() string { return filepath.Join(o.state.Path(), "images.lock.json") }

// buildMirror builds the images that are missing and returns the path of the
// lock beside them.
func (o *options) buildMirror(ctx context.Context) (string, error) {
	choice := mirror.Choice{Every: o.everyImage}
	if o.builtTrivy {
		repo, err := o.repository()
		if err != nil {
			return "", err
		}
		if choice.Trivy, err = toolbuild.BuildTrivy(ctx, repo, o.tools(), o.log.Run); err != nil {
			return "", err
		}
	}
	lock, err := mirror.Build(ctx, o.state.Path(), choice, o.log)
	if err != nil {
		return "", err
	}
	data, err := os.ReadFile(lock)
	if err != nil {
		return "", fmt.Errorf("read image lock: %w", err)
	}
	if err := os.WriteFile(o.lockFile(), data, 0o644); err != nil {
		return "", fmt.Errorf("keep image lock: %w", err)
	}
	return lock, nil
}

// mirrorRuns tells whether the mirror runs and answers at the port.
func (o *options) mirrorRuns() bool {
	_, runs := daemon.Find(o.mirrorPID())
	return runs && o.mirrorAnswers(context.Background()) == nil
}

func (o *options) mirrorAddress() string {
	return net.JoinHostPort("127.0.0.1", strconv.Itoa(o.port))
}

func (o *options) mirrorAnswers(ctx context.Context) error {
	return choose.Answers(ctx, "tcp://"+o.mirrorAddress())
}

// portFree fails when somebody else holds the mirror's port.
func (o *options) portFree() error {
	if _, runs := daemon.Find(o.mirrorPID()); runs {
		return nil
	}
	return netcheck.FreePort(o.port, "--port")
}

// startMirror starts the mirror with the images as they are now, and returns
// the path of their lock.
func (o *options) startMirror(ctx context.Context) (lock string, err error) {
	if lock, err = o.buildMirror(ctx); err != nil {
		return "", err
	}
	if err := o.stopMirror(); err != nil {
		return "", err
	}
	if err := netcheck.FreePort(o.port, "--port"); err != nil {
		return "", err
	}
	if err := engineroot.Pin(ctx, filepath.Dir(lock), o.mirrorPin()); err != nil {
		return "", err
	}
	if err := os.WriteFile(o.mirrorPort(), []byte(strconv.Itoa(o.port)), 0o644); err != nil {
		return "", fmt.Errorf("note the mirror's port: %w", err)
	}
	// The mirror outlives the call that starts it.
	cmd := exec.CommandContext(context.WithoutCancel(ctx), "/proc/self/exe", serveName,
		"--dir", o.mirrorPin(), "--address", o.mirrorAddress())
	process, err := daemon.Start(cmd, o.mirrorPID(), o.mirrorLog())
	if err != nil {
		return "", fmt.Errorf("start mirror: %w", err)
	}
	return lock, o.awaitMirror(ctx, process)
}

func (o *options) awaitMirror(ctx context.Context, process daemon.Process) error {
	for deadline := time.Now().Add(10 * time.Second); time.Now().Before(deadline); time.Sleep(20 * time.Millisecond) {
		if o.mirrorAnswers(ctx) == nil {
			return nil
		}
		if !process.Alive() {
			break
		}
	}
	return fmt.Errorf("the mirror does not answer at %s; read %s", o.mirrorAddress(), o.mirrorLog())
}

func (o *options) stopMirror() error {
	if process, runs := daemon.Find(o.mirrorPID()); runs {
		if err := process.Stop(5 * time.Second); err != nil {
			return fmt.Errorf("stop mirror: %w", err)
		}
	}
	return errors.Join(os.RemoveAll(o.mirrorPID()), os.RemoveAll(o.mirrorPort()), os.RemoveAll(o.mirrorPin()))
}
