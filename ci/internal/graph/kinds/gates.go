package kinds

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/pingvas/pingvas-ci/ci/internal/component"
	"github.com/pingvas/pingvas-ci/ci/internal/dagger"
	"github.com/pingvas/pingvas-ci/ci/internal/graph/ground"
)

// Check runs the gates of components as steps: every one, or those whose names
// are wanted.
func Check(ctx context.Context, steps *ground.Steps, projects []Project, wanted func(name string) bool) error {
	gates, refused := Gates(ctx, steps, projects, wanted)
	return errors.Join(refused, steps.All(ctx, gates))
}

// Gates are those that Check runs. Before any of them, the caller's policy is judged:
// of a component that breaks it there is none, and refused says why.
func Gates(ctx context.Context, steps *ground.Steps, projects []Project, wanted func(name string) bool) (jobs []ground.Job, refused error) {
	for i, p := range projects {
		projects[i].Workshop = p.running()
	}
	keeping, refused := judged(ctx, steps, projects)
	for _, p := range keeping {
		p.sayUnkept()
		p.sayNarrowed(wanted)
		for _, g := range p.gates() {
			if wanted != nil && !wanted(g.Name) && g.Name != discovery {
				continue
			}
			jobs = append(jobs, func(ctx context.Context) error {
				return steps.Do(ctx, p.Spec.Name, g.Name, func(ctx context.Context) (string, error) { return "", g.Run(ctx) })
			})
		}
	}
	return jobs, refused
}

// gates are those of its kind, less those that the settings have none of.
func (p Project) gates() []Gate {
	return slices.DeleteFunc(p.Kind.Gates(p), func(g Gate) bool { return p.Spec.Settings.Gates[g.Name].None != "" })
}

// Gate runs one gate of the component.
func (p Project) Gate(ctx context.Context, name string) error {
	if why := p.Spec.Settings.Gates[name].None; why != "" {
		return fmt.Errorf("%s has no gate %s: %s. Take none out of the gates in %s to have it", p.Spec.Name, name, why, p.Spec.SettingsFile)
	}
	if gate, _ := p.Spec.Gate(name); gate.Off != "" && !slices.ContainsFunc(p.gates(), named(name)) {
		return fmt.Errorf("%s has no gate %s: %s", p.Spec.Name, name, gate.Off)
	}
	if !slices.ContainsFunc(p.gates(), named(name)) {
		return fmt.Errorf("%s has no gate called %s", p.Spec.Name, name)
	}
	return p.GateIfAny(ctx, name)
}

// GateIfAny runs one gate of the component, where its settings make it one.
func (p Project) GateIfAny(ctx context.Context, name string) error {
	return Check(ctx, ground.NewSteps(1), []Project{p}, func(gate string) bool { return gate == name })
}

// Commands run a gate's commands, one after the other, in a workspace where the tools
// of the component's kind are. Tests have the services that they need, and a report of
// theirs that has no test in it is none of a success.
func (p Project) Commands(gate string, workspace Workspace) func(context.Context) error {
	return func(ctx context.Context) error {
		done, err := p.commanded(ctx, gate, workspace, nil)
		if err != nil || gate != "test" {
			return err
		}
		return p.reportsTests(ctx, done)
	}
}

// TestCommands run the test gate's commands; after each of them, ended has its container.
func (p Project) TestCommands(ctx context.Context, workspace Workspace, ended func(*dagger.Container) error) error {
	done, err := p.commanded(ctx, "test", workspace, ended)
	if err != nil {
		return err
	}
	return p.reportsTests(ctx, done)
}

// A Workspace is where a component's commands run.
type Workspace func(context.Context, Project) (*dagger.Container, error)

// commanded is the workspace after a gate's commands, with what they need; there where
// tests failed, too.
func (p Project) commanded(ctx context.Context, gate string, workspace Workspace, ended func(*dagger.Container) error) (*dagger.Container, error) {
	return p.Equipping(gate, func(p Project) (*dagger.Container, error) { return p.commandedOnce(ctx, gate, workspace, ended) })
}

func (p Project) commandedOnce(ctx context.Context, gate string, workspace Workspace, ended func(*dagger.Container) error) (*dagger.Container, error) {
	commands := p.Spec.Settings.Gates[gate].Commands
	c, err := workspace(ctx, p)
	if err == nil && gate == "test" {
		c, err = p.WithTestServices(ctx, c, len(commands) > 1)
	}
	if err != nil {
		return nil, err
	}
	for _, command := range commands {
		words, err := component.Words(command)
		if err != nil {
			return nil, err
		}
		if gate != "test" {
			c = c.WithExec(words)
			continue
		}
		if c, err = p.Tested(ctx, c, words); err != nil {
			return c, err
		}
		if ended == nil {
			continue
		}
		if err := ended(c); err != nil {
			return c, err
		}
	}
	return c.Sync(ctx)
}

// Untested says that no test of the component ran, and how to decide that none is
// to.
func (p Project) Untested(why string) error {
	return fmt.Errorf("no test ran: %s. Write tests, or where there are none, write %s", why, p.Spec.Decision("test"))
}

func named(name string) func(Gate) bool {
	return func(g Gate) bool { return g.Name == name }
}

// Check runs every gate of the component.
func (p Project) Check(ctx context.Context) error {
	return Check(ctx, ground.NewSteps(p.Parallel), []Project{p}, nil)
}

// Other are the gates that have no function of their own among the gates of all
// components.
const Other = ""

// ownFunction are those that have.
var ownFunction = []string{"lint", "format", "typecheck", "test", "coverage"}

// CheckAll runs the gates of one name in every component.
func (w *Workshop) CheckAll(ctx context.Context, name string) error {
	projects, err := w.All(ctx)
	if err != nil {
		return err
	}
	return Check(ctx, ground.NewSteps(w.Parallel), projects, func(gate string) bool {
		return gate == name || name == Other && !slices.Contains(ownFunction, gate)
	})
}

// CheckAffected runs every gate of what changed since a commit, of everything
// without one.
func (w *Workshop) CheckAffected(ctx context.Context, base string) error {
	plan, err := w.Source.Affected(ctx, base, "HEAD")
	if err != nil {
		return err
	}
	var projects []Project
	for _, a := range plan {
		p, err := w.Project(a.Component)
		if err != nil {
			return err
		}
		projects = append(projects, p)
	}
	return Check(ctx, ground.NewSteps(w.Parallel), projects, nil)
}

// FixAll is what the tools would change in every component. A component whose
// tools fail does not hold back the others' changes in the error.
func (w *Workshop) FixAll(ctx context.Context) (*dagger.Changeset, error) {
	projects, err := w.All(ctx)
	if err != nil {
		return nil, err
	}
	var all []*dagger.Changeset
	var failures []error
	for _, p := range projects {
		fixed, err := p.Kind.Fix(ctx, p)
		if err != nil {
			failures = append(failures, ground.Failed(p.Spec.Name+" formatted", err))
			continue
		}
		all = append(all, fixed)
	}
	return ground.Unchanged().WithChangesets(all), ground.Together(failures)
}
