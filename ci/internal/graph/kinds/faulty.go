package kinds

import (
	"context"
	"errors"

	"github.com/pingvas/pingvas-ci/ci/internal/dagger"
	"github.com/pingvas/pingvas-ci/ci/internal/graph/ground"
)

// discovery is the step that a component with a fault fails in.
const discovery = "discovery"

// faulty is the kind of a component that cannot be read: whatever it is asked for, it
// says why. Its only gate is that, and no other component has it.
type faulty struct {
	Kind
	fault error
}

// ofFault is a kind as one of its components can be worked with.
func ofFault(kind Kind, fault string) Kind {
	if fault == "" {
		return kind
	}
	return faulty{kind, errors.New(fault)}
}

func (f faulty) Gates(Project) []Gate {
	return []Gate{{Name: discovery, Run: func(context.Context) error { return f.fault }}}
}

func (f faulty) Fix(context.Context, Project) (*dagger.Changeset, error) { return nil, f.fault }

func (f faulty) Recipe(context.Context, Project, dagger.Platform) (*dagger.Container, error) {
	return nil, f.fault
}

func (f faulty) Inspect(context.Context, Project, *dagger.Container, dagger.Platform) error {
	return f.fault
}

func (f faulty) Guard(context.Context, Project, *dagger.Container) error { return f.fault }

func (f faulty) Warm(context.Context, Project) error { return f.fault }

func (f faulty) Volumes(Project) []ground.Volume { return nil }

func (f faulty) BaseImages(context.Context, Project) ([]string, error) { return nil, f.fault }
