package main

import (
	"context"

	"github.com/pingvas/pingvas-ci/ci/internal/affected"
	"github.com/pingvas/pingvas-ci/ci/internal/graph/ground"
)

// Plan is what a change affects, and why.
type Plan struct {
	// Affected are the components to work on; none means nothing to do.
	Affected []*Affected
	// +private
	Text string
	// +private
	Record string
}

// ComponentKind is a kind of component.
type ComponentKind string

// Affected is a component that a change affects.
type Affected struct {
	// Name is the component's name.
	Name string
	// Kind is what kind of component it is.
	Kind ComponentKind
	// Path is its directory in the repository.
	Path string
	// Reasons say why it is affected: a file, and the rule by which it counts.
	Reasons []string
	// Fault says why nothing can be done with it: its files cannot be read. Empty where
	// they can.
	Fault string
	// Narrowed says what of its gates is off or narrowed, and what its settings let
	// pass, each with the reason.
	Narrowed []string
	// Unpinned is what its Dockerfile takes from outside by a name alone: other
	// bytes may stand behind it tomorrow.
	Unpinned []string
}

// Plan tells which components a change affects, and why.
//
// It goes by the files changed between two commits, the components'
// directories, their shared libraries and the repository-wide configuration.
// Without a base it is every component.
func (m *PingvasCi) Plan(
	ctx context.Context,
	// The commit, branch or tag to compare with, such as origin/main.
	// +optional
	base string,
	// The commit to look at.
	// +default="HEAD"
	head string,
) (*Plan, error) {
	plan, err := m.workshop().Plan(ctx, base, head)
	if err != nil {
		return nil, err
	}
	return planOf(plan)
}

// Json returns the plan for a matrix.
//
// [{"name", "kind", "path", "reasons", "fault", "narrowed", "unpinned"}], and [] when
// nothing is affected.
func (p *Plan) Json() string { return p.Record }

// Table returns the plan for people.
func (p *Plan) Table() string { return p.Text }

func planOf(plan []affected.Affected) (*Plan, error) {
	record, err := affected.JSON(plan)
	return &Plan{Affected: ground.Each(plan, affectedOf), Text: affected.Table(plan), Record: record}, err
}

func affectedOf(a affected.Affected) *Affected {
	return &Affected{
		Name: a.Component.Name, Kind: ComponentKind(a.Component.Kind), Path: a.Component.Path, Reasons: a.Reasons,
		Fault: a.Component.Fault, Narrowed: a.Narrowed, Unpinned: a.Unpinned,
	}
}
