package cli

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/pingvas/pingvas-ci/airgap/internal/cache"
	"github.com/pingvas/pingvas-ci/airgap/internal/choose"
	"github.com/pingvas/pingvas-ci/airgap/internal/daemon"
	"github.com/pingvas/pingvas-ci/airgap/internal/debian"
	"github.com/pingvas/pingvas-ci/airgap/internal/engine"
	"github.com/pingvas/pingvas-ci/airgap/internal/engineroot"
	"github.com/pingvas/pingvas-ci/airgap/internal/golang"
	"github.com/pingvas/pingvas-ci/airgap/internal/gosdk"
	"github.com/pingvas/pingvas-ci/airgap/internal/host"
	"github.com/pingvas/pingvas-ci/airgap/internal/state"
	"github.com/pingvas/pingvas-ci/airgap/internal/toolbuild"
)

const (
	// diskForBuild is what building everything takes on a new machine.
	diskForBuild = 16e9
	// diskForStart is what a start takes when all is built.
	diskForStart = 1e9
	// suite is the Debian release of the engine's root and of the Go SDK.
	suite = "trixie"
)

// upOwn has the kit's own engine and mirror run, and returns what a shell needs
// in order to use them.
func (o *options) upOwn(ctx context.Context) ([]state.Var, error) {
	if err := thisPlatform(); err != nil {
		return nil, err
	}
	unlock, err := o.state.Lock()
	if err != nil {
		return nil, err
	}
	defer unlock()
	engineRuns := engine.Answers(ctx, o.state)
	if !engineRuns || !o.mirrorRuns() {
		if err := o.startOwn(ctx, engineRuns); err != nil {
			return nil, err
		}
	} else if o.outdated() {
		o.log.Note("the engine runs with dependencies of an older ci/go.mod: `down` and `up` give it the new ones")
	}
	vars, err := o.cliVars()
	if err != nil {
		return nil, err
	}
	return append(vars,
		state.Var{Name: choose.RunnerHost, Value: engine.Host(o.state)},
		state.Var{Name: "PINGVAS_IMAGE_LOCK", Value: o.lockFile()},
		// For who wants to see what the engine keeps.
		state.Var{Name: "PINGVAS_ENGINE_STATE", Value: o.state.Engine()},
	), nil
}

// build builds what is missing, also while an engine runs.
func (o *options) build(ctx context.Context) error {
	if err := thisPlatform(); err != nil {
		return err
	}
	if err := o.needDisk(); err != nil {
		return err
	}
	repo, err := o.repository()
	if err != nil {
		return err
	}
	machine, err := o.prepare(ctx, repo)
	if err != nil {
		return err
	}
	if _, err := o.spec(ctx, repo, machine); err != nil {
		return err
	}
	if _, runs := daemon.Find(o.mirrorPID()); runs {
		_, err = o.startMirror(ctx) // It is to serve the new images, which the lock names.
		return err
	}
	_, err = o.buildMirror(ctx)
	return err
}

// startOwn builds what is missing and starts what does not run. A start that
// fails leaves nothing running that did not run before.
func (o *options) startOwn(ctx context.Context, engineRuns bool) (err error) {
	if _, mirrorRan := daemon.Find(o.mirrorPID()); !mirrorRan {
		defer func() {
			if err != nil {
				err = errors.Join(err, o.stopMirror())
			}
		}()
	}
	if err := o.needDisk(); err != nil {
		return err
	}
	// Before minutes of building, not after.
	if err := o.portFree(); err != nil {
		return err
	}
	repo, err := o.repository()
	if err != nil {
		return err
	}
	machine, err := o.prepare(ctx, repo)
	if err != nil {
		return err
	}
	if _, err := o.startMirror(ctx); err != nil || engineRuns {
		return err
	}
	// Before anything is built: a new root takes the place of the one that a
	// killed engine's network is removed with.
	if err := engine.Stop(ctx, o.state); err != nil {
		return err
	}
	spec, err := o.spec(ctx, repo, machine)
	if err != nil {
		return err
	}
	if err := o.log.Run("start engine", func() error { return spec.Start(ctx) }); err != nil {
		return err
	}
	return o.keepRequirements(repo)
}

// needDisk asks for much when nothing is built, and for little when something is.
func (o *options) needDisk() error {
	if _, err := os.Stat(o.lockFile()); err != nil {
		return o.state.NeedFree(diskForBuild, "building the engine and its images")
	}
	return o.state.NeedFree(diskForStart, "starting the engine")
}

// prepare gives the machine what builds need and builds the tools.
func (o *options) prepare(ctx context.Context, repo string) (host.Machine, error) {
	packages := append(append([]string{}, toolbuild.HostPackages...), debian.HostPackages...)
	err := o.log.Run("packages of this machine", func() error { return host.InstallPackages(ctx, packages...) })
	if err != nil {
		return host.Machine{}, err
	}
	machine, err := host.Read(ctx)
	if err != nil {
		return host.Machine{}, err
	}
	return machine, toolbuild.Build(ctx, repo, o.tools(), o.log.Run)
}

// spec builds what the engine consists of.
func (o *options) spec(ctx context.Context, repo string, machine host.Machine) (engine.Spec, error) {
	entries, err := cache.Open(o.state.Cache())
	if err != nil {
		return engine.Spec{}, err
	}
	kitchen := debian.Kitchen{Entries: entries, Log: o.log}
	base := debian.Base(suite, machine)
	made, err := kitchen.Make(ctx, engineroot.Debian(base, machine))
	if err != nil {
		return engine.Spec{}, err
	}
	var roots []string
	for _, layer := range made {
		roots = append([]string{layer.Root()}, roots...)
	}
	sdk, err := gosdk.Builder{
		Kitchen: kitchen,
		Go:      golang.Layer(base, machine),
		Codegen: filepath.Join(o.tools(), "codegen"),
		Module:  moduleOf(repo),
	}.Build(ctx)
	if err != nil {
		return engine.Spec{}, err
	}
	config, err := engine.Config(o.port, o.plainHTTP, o.limits)
	if err != nil {
		return engine.Spec{}, err
	}
	return engine.Spec{
		State:   o.state,
		Network: o.network,
		Debian:  roots,
		Overlay: engineroot.Overlay{Tools: o.tools(), Config: config},
		SDK:     sdk,
	}, nil
}

func (o *options) tools() string { return filepath.Join(o.state.Path(), "bin") }

// moduleOf returns the directory of the repository's own module, if it has one.
func moduleOf(repo string) string {
	module := filepath.Join(repo, "ci")
	if _, err := os.Stat(filepath.Join(module, "go.mod")); err != nil {
		return ""
	}
	return module
}

// buildCLI builds the tools and returns what a shell needs for their CLI.
func (o *options) buildCLI(ctx context.Context) ([]state.Var, error) {
	repo, err := o.repository()
	if err != nil {
		return nil, err
	}
	if err := toolbuild.Build(ctx, repo, o.tools(), o.log.Run); err != nil {
		return nil, fmt.Errorf("build the CLI for the named engine: %w", err)
	}
	return o.cliVars()
}
