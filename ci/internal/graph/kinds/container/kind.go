// Package container is the kind of the containers: what a Dockerfile builds, in
// any language.
package container

import (
	"context"
	"fmt"

	"github.com/pingvas/pingvas-ci/ci/internal/component"
	"github.com/pingvas/pingvas-ci/ci/internal/dagger"
	"github.com/pingvas/pingvas-ci/ci/internal/graph/ground"
	"github.com/pingvas/pingvas-ci/ci/internal/graph/kinds"
	"github.com/pingvas/pingvas-ci/ci/internal/graph/kinds/container/containerdef"
)

// Kind is that of the containers.
type Kind struct{ containerdef.Definition }

// Gates are the commands of its settings, each gate in a stage of the Dockerfile.
func (Kind) Gates(p kinds.Project) []kinds.Gate {
	var gates []kinds.Gate
	for _, name := range p.Spec.Settings.NamedGates() {
		gates = append(gates, kinds.Gate{Name: name, Run: func(ctx context.Context) error { return run(ctx, p, name) }})
	}
	return gates
}

// run runs the commands of a gate, on the native platform. They see the stage as
// the ones before left it.
func run(ctx context.Context, p kinds.Project, gate string) error {
	stage, err := p.Stage(ctx, p.Spec.Settings.GatesTarget)
	if err != nil {
		return err
	}
	commands := p.Spec.Settings.Gates[gate].Commands
	stage = p.WithOwn(stage)
	if gate == "test" {
		if stage, err = p.WithTestServices(ctx, stage, len(commands) > 1); err != nil {
			return err
		}
	}
	for _, command := range commands {
		words, err := component.Words(command)
		if err != nil {
			return err
		}
		stage = stage.WithExec(words)
	}
	_, err = stage.Sync(ctx)
	return err
}

// Reports are none: nobody says what its tests write.
func (Kind) Reports(context.Context, kinds.Project) ([]kinds.Report, error) { return nil, nil }

// Fix is nothing: no tool of it is known.
func (Kind) Fix(context.Context, kinds.Project) (*dagger.Changeset, error) {
	return ground.Unchanged(), nil
}

// Recipe there is none: discovery refuses a container without a Dockerfile.
func (Kind) Recipe(_ context.Context, p kinds.Project, _ dagger.Platform) (*dagger.Container, error) {
	return nil, fmt.Errorf("%s: a container is built by its Dockerfile. Add one in %s", p.Spec.Name, p.Spec.Path)
}

// Guard lets every image pass.
func (Kind) Guard(context.Context, kinds.Project, *dagger.Container) error { return nil }

// Warm builds what the gates run in.
func (Kind) Warm(ctx context.Context, p kinds.Project) error {
	if len(p.Spec.Settings.NamedGates()) == 0 {
		return nil
	}
	stage, err := p.Stage(ctx, p.Spec.Settings.GatesTarget)
	if err != nil {
		return err
	}
	_, err = stage.Sync(ctx)
	return err
}

// Volumes are those that the Dockerfile mounts itself.
func (Kind) Volumes(kinds.Project) []ground.Volume { return nil }

// BaseImages are none, as there is no recipe.
func (Kind) BaseImages(context.Context, kinds.Project) ([]string, error) { return nil, nil }
