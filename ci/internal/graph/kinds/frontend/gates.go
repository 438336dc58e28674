package frontend

import (
	"context"
	"fmt"
	"path"
	"strings"

	"github.com/pingvas/pingvas-ci/ci/internal/dagger"
	"github.com/pingvas/pingvas-ci/ci/internal/frontend"
	"github.com/pingvas/pingvas-ci/ci/internal/graph/kinds"
)

// Gates are the gates in the order in which a person reads them: those of the scripts
// that there are, and those of the commands that its settings name, in their place or
// besides.
func (p Project) Gates() []kinds.Gate {
	own := map[string]func(context.Context) error{
		"lint": p.looks("lint"), "format": p.looks("format"), "typecheck": p.script("typecheck"), "test": p.testGate, "storybook": p.storybookGate,
	}
	var gates []kinds.Gate
	for _, name := range frontend.Gates {
		_, has := p.Spec.Tool(name)
		switch commands := p.Spec.Settings.Gates[name].Commands; {
		case len(commands) > 0:
			gates = append(gates, kinds.Gate{Name: name, Run: p.Commands(name, programs)})
		case has:
			gates = append(gates, kinds.Gate{Name: name, Run: own[name]})
		}
	}
	for _, name := range p.Spec.Settings.NamedGates() {
		if own[name] == nil {
			gates = append(gates, kinds.Gate{Name: name, Run: p.Commands(name, programs)})
		}
	}
	return gates
}

// script runs what stands for a gate: a script, or a task of Nx.
func (p Project) script(gate string) func(context.Context) error {
	return func(ctx context.Context) error {
		_, err := p.ran(ctx, gate)
		return err
	}
}

// ran is the workspace after what stands for a gate.
func (p Project) ran(ctx context.Context, gate string) (*dagger.Container, error) {
	tool, _ := p.Spec.Tool(gate)
	done, err := p.Equipping(gate, func(of kinds.Project) (*dagger.Container, error) {
		workspace, err := Of(of).ready(ctx, gate)
		if err != nil {
			return nil, err
		}
		return workspace.WithExec(frontend.Run(tool.Arguments)).Sync(ctx)
	})
	return done, p.explained(err)
}

// looks runs the script of a gate. One that mends what it finds passes whatever it
// finds, so it fails where it has changed a file.
func (p Project) looks(gate string) func(context.Context) error {
	return func(ctx context.Context) error {
		manifest, err := p.manifest(ctx)
		if err != nil {
			return err
		}
		tool, _ := p.Spec.Tool(gate)
		done, err := p.ran(ctx, gate)
		// What a task of Nx does is written in no script, and many a formatter writes unless
		// it is told not to.
		if command := tool.Arguments; err == nil && (gate == "format" || command[0] == frontend.Nx || tool.Mends || frontend.Mends(manifest.Scripts, command[0])) {
			return p.unchanged(ctx, gate, command, done)
		}
		return err
	}
}

// unchanged fails where what stands for a gate has changed sources, and not the builds of
// the libraries before it.
func (p Project) unchanged(ctx context.Context, gate string, command []string, done *dagger.Container) error {
	script, sources := command[len(command)-1], p.Source.Checked(p.Spec)
	others := dagger.DirectoryFilterOpts{Exclude: []string{"**/node_modules"}}
	before, err := p.ready(ctx, gate)
	if err != nil {
		return err
	}
	after := done.Directory(kinds.Root).Filter(others)
	differ, err := sources.WithDirectory(".", after).Changes(sources).ModifiedPaths(ctx)
	if err != nil {
		return fmt.Errorf("look for what the script %s has changed: %w", script, err)
	}
	since, err := after.Changes(before.Directory(kinds.Root).Filter(others)).ModifiedPaths(ctx)
	if err != nil {
		return fmt.Errorf("look for what the script %s has changed: %w", script, err)
	}
	changed := frontend.Mended(differ, since)
	if len(changed) == 0 {
		return nil
	}
	const most = 10
	names := strings.Join(changed[:min(most, len(changed))], "\n    ")
	if more := len(changed) - most; more > 0 {
		names += fmt.Sprintf("\n    and %d more", more)
	}
	return fmt.Errorf("the script %s changes what it looks at:\n    %s\nRun `%s` in %s and commit what it does", script, names, strings.Join(frontend.Run(command), " "), p.Spec.Path)
}

// programs is the workspace of the checks, with the packages' programs at hand.
func programs(ctx context.Context, of kinds.Project) (*dagger.Container, error) {
	p := Of(of)
	workspace, err := p.checked(ctx)
	if err != nil {
		return nil, err
	}
	own, root := path.Join(kinds.Root, p.Spec.Path, "node_modules/.bin"), path.Join(kinds.Root, p.lockRoot(), "node_modules/.bin")
	return workspace.WithEnvVariable("PATH", own+":"+root+":${PATH}", dagger.ContainerWithEnvVariableOpts{Expand: true}), nil
}

// testGate runs the tests, and then compares with the coverage threshold.
func (p Project) testGate(ctx context.Context) error {
	tested, err := p.tested(ctx, p.judged())
	if err := p.silent(ctx, tested, err); err != nil || p.Spec.Settings.CoverageThreshold == 0 {
		return p.explained(err)
	}
	covered, err := readCoverage(ctx, tested.File(frontend.LCOV))
	if err != nil {
		return err
	}
	return covered.Gate(p.Spec.Settings.CoverageThreshold)
}

// judged says whether the run that the gate judges measures what it covers.
func (p Project) judged() frontend.Measure {
	if p.Spec.Settings.CoverageThreshold > 0 {
		return frontend.Always
	}
	return frontend.AsScripted
}

// storybookScript is the script that builds the Storybook, or would, and whether there is one.
func (p Project) storybookScript() (script string, has bool) {
	tool, has := p.Spec.Tool("storybook")
	if !has {
		return "build-storybook", false
	}
	return tool.Arguments[0], true
}

func (p Project) storybookGate(ctx context.Context) error {
	built, err := p.Storybook(ctx)
	if err != nil {
		return err
	}
	_, err = built.Sync(ctx)
	return err
}
