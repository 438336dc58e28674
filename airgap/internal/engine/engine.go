// Package engine starts and stops a Dagger engine as a process of this machine,
// in namespaces of its own and without a container runtime.
package engine

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sys/unix"

	"github.com/pingvas/pingvas-ci/airgap/internal/choose"
	"github.com/pingvas/pingvas-ci/airgap/internal/daemon"
	"github.com/pingvas/pingvas-ci/airgap/internal/engineroot"
	"github.com/pingvas/pingvas-ci/airgap/internal/gosdk"
	"github.com/pingvas/pingvas-ci/airgap/internal/netcheck"
	"github.com/pingvas/pingvas-ci/airgap/internal/nsroot"
	"github.com/pingvas/pingvas-ci/airgap/internal/state"
)

// Spec is an engine that is to run.
type Spec struct {
	State   state.Dir
	Network netcheck.Network
	// Debian are the lower directories of its root, the uppermost first.
	Debian []string
	// Overlay is what lies over them.
	Overlay engineroot.Overlay
	// SDK is the image in which Go modules are loaded.
	SDK gosdk.Image
}

const (
	// startTime is how long an engine that lives may take to answer. It takes about one
	// second, and minutes on a slow disk after it was killed: then it removes its state
	// first, which may be many gigabytes.
	startTime = 10 * time.Minute
	// stopTime is how long it may take to write its state down.
	stopTime = 45 * time.Second
	// networks is how many networks are made ahead. The default of 128 takes
	// minutes to remove.
	networks = "8"
)

// Host is the address of the engine of a state directory.
func Host(dir state.Dir) string { return "unix://" + dir.Socket() }

// Process returns the process of a state directory's engine, if it runs.
func Process(dir state.Dir) (daemon.Process, bool) { return daemon.Find(pidFile(dir)) }

// Answers tells whether the engine of a state directory runs and answers.
func Answers(ctx context.Context, dir state.Dir) bool {
	_, runs := Process(dir)
	return runs && choose.Answers(ctx, Host(dir)) == nil
}

// Start starts the engine and returns when it answers. Stop must have been
// called since one ran.
func (s Spec) Start(ctx context.Context) error {
	if err := networkFree(s.Network); err != nil {
		return err
	}
	if err := s.Overlay.Fill(ctx, upper(s.State)); err != nil {
		return err
	}
	roots, err := s.pin(ctx)
	if err != nil {
		return err
	}
	command, err := s.command(roots)
	if err != nil {
		return err
	}
	if err := (footprint{s.Network, roots}).write(s.State); err != nil {
		return err
	}
	// The engine outlives the call that starts it.
	cmd, err := command.Cmd(context.WithoutCancel(ctx))
	if err != nil {
		return err
	}
	process, err := daemon.Start(cmd, pidFile(s.State), LogFile(s.State))
	if err != nil {
		return fmt.Errorf("start engine: %w", err)
	}
	if err := s.await(ctx, process); err != nil {
		return errors.Join(err, Stop(context.WithoutCancel(ctx), s.State))
	}
	return nil
}

// Stop stops the engine of a state directory, if it runs, and removes what it
// has put into the machine's network, also when it was killed. The caches stay.
func Stop(ctx context.Context, dir state.Dir) error {
	process, runs := Process(dir)
	if runs {
		if err := process.Stop(stopTime); err != nil {
			return fmt.Errorf("stop engine: %w", err)
		}
	}
	if err := removeNetwork(ctx, dir, !runs); err != nil {
		return fmt.Errorf("remove the engine's network: %w", err)
	}
	var err error
	for _, path := range []string{upper(dir), work(dir), mountpoint(dir), pins(dir), dir.Socket(), pidFile(dir), footprintFile(dir)} {
		err = errors.Join(err, os.RemoveAll(path))
	}
	return err
}

// LogFile is where the engine of a state directory writes its log.
func LogFile(dir state.Dir) string { return dir.RunFile("engine.log") }

func pidFile(dir state.Dir) string       { return dir.RunFile("engine.pid") }
func footprintFile(dir state.Dir) string { return dir.RunFile("engine.footprint") }
func upper(dir state.Dir) string         { return dir.RunFile("root-upper") }
func work(dir state.Dir) string          { return dir.RunFile("root-work") }
func mountpoint(dir state.Dir) string    { return dir.RunFile("root") }
func pins(dir state.Dir) string          { return dir.RunFile("root-lower") }
func sdk(dir state.Dir) string           { return filepath.Join(pins(dir), "sdk") }

// pin keeps what the engine is made of for as long as it runs.
func (s Spec) pin(ctx context.Context) (roots []string, err error) {
	for n, from := range s.Debian {
		root := filepath.Join(pins(s.State), strconv.Itoa(n))
		if err := engineroot.Pin(ctx, from, root); err != nil {
			return nil, err
		}
		roots = append(roots, root)
	}
	return roots, engineroot.Pin(ctx, s.SDK.Content, sdk(s.State))
}

// command is the engine in its root.
func (s Spec) command(roots []string) (nsroot.Command, error) {
	socket := filepath.Dir(s.State.Socket())
	for _, dir := range []string{work(s.State), mountpoint(s.State), s.State.Engine(), socket} {
		if err := os.MkdirAll(dir, 0o755); err != nil {
			return nsroot.Command{}, fmt.Errorf("prepare the engine's root: %w", err)
		}
	}
	return nsroot.Command{
		Lower: roots, Upper: upper(s.State), Work: work(s.State), Mountpoint: mountpoint(s.State),
		Binds: []nsroot.Bind{
			// Overlays of the engine cannot lie in an overlay.
			{Source: s.State.Engine(), Target: "/var/lib/dagger"},
			{Source: socket, Target: "/run/dagger"},
			{Source: sdk(s.State), Target: "/usr/local/share/dagger/content"},
		},
		Env: []string{
			"HOME=/root",
			"PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
			// A fifth of the engine's time goes into collecting garbage at Go's own
			// pace. It waits longer, as long as the machine has room.
			"GOGC=400", "GOMEMLIMIT=" + memoryLimit(),
			"DAGGER_GO_SDK_MANIFEST_DIGEST=" + s.SDK.Digest,
			"_DAGGER_ENGINE_SYSTEMENV_GOPROXY=" + s.SDK.GoProxy,
		},
		Args: []string{
			"/usr/bin/tini", "-s", "--", "/usr/local/bin/dagger-engine",
			"--addr", "unix:///run/dagger/" + filepath.Base(s.State.Socket()),
			"--network-name", s.Network.Name, "--network-cidr", s.Network.CIDR,
			"--oci-cni-pool-size", networks,
		},
	}, nil
}

// memoryLimit is half of the machine's memory, in bytes.
func memoryLimit() string {
	var machine unix.Sysinfo_t
	if err := unix.Sysinfo(&machine); err != nil {
		return "off"
	}
	return strconv.FormatUint(machine.Totalram*uint64(machine.Unit)/2, 10)
}

// await returns when the engine answers.
func (s Spec) await(ctx context.Context, process daemon.Process) error {
	for deadline := time.Now().Add(startTime); time.Now().Before(deadline); {
		if choose.Answers(ctx, Host(s.State)) == nil {
			return nil
		}
		if !process.Alive() {
			return fmt.Errorf("the engine ended at once: %s; read %s", lastLine(LogFile(s.State)), LogFile(s.State))
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("wait for the engine: %w", context.Cause(ctx))
		case <-time.After(50 * time.Millisecond):
		}
	}
	return fmt.Errorf("the engine does not answer after %s; read %s", startTime, LogFile(s.State))
}

func lastLine(path string) string {
	data, err := os.ReadFile(path)
	if err != nil {
		return "it left no log"
	}
	lines := strings.Split(strings.TrimSpace(string(data)), "\n")
	return lines[len(lines)-1]
}
