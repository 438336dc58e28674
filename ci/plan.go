package main

import (
	"context"

	"github.com/pingvas/pingvas-ci/ci/internal/affected"
	"github.com/pingvas/pingvas-ci/ci/internal/component"
	"github.com/pingvas/pingvas-ci/ci/internal/dagger"
	"github.com/pingvas/pingvas-ci/ci/internal/graph/delivery"
	"github.com/pingvas/pingvas-ci/ci/internal/graph/ground"
	"github.com/pingvas/pingvas-ci/ci/internal/graph/kinds"
)

// Plan is what a change affects, and why.
type Plan struct {
	// Affected are the components to work on; none means nothing to do.
	Affected []*Affected
	// Held are components of an environment that are left as they are because of a
	// rollback, each with the reason.
	Held []string
	// Json returns the plan for a matrix.
	//
	// [{"name", "kind", "path", "reasons", "fault", "narrowed", "unpinned"}], and [] when
	// nothing is affected.
	Json string
	// Table returns the plan for people.
	Table string
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
// Without a base it is every component. With an environment it is what a delivery to
// it works on.
// +cache="never"
func (m *PingvasCi) Plan(
	ctx context.Context,
	// The commit, branch or tag to compare with, such as origin/main.
	// +optional
	base string,
	// The commit to look at.
	// +default="HEAD"
	head string,
	// An environment of the GitOps repository: what it does not run yet, whatever the
	// base.
	// +optional
	environment string,
) (*Plan, error) {
	if environment == "" {
		plan, err := m.workshop().Plan(ctx, base, head)
		if err != nil {
			return nil, err
		}
		return planOf(plan, nil)
	}
	plan, held, err := delivery.Plan(ctx, m.caller(), environment)
	if err != nil {
		return nil, err
	}
	return planOf(plan, held)
}

// Shards deals the plan out to runners.
//
// [{"shard", "components", "seconds"}] in JSON, for a matrix: what takes longest first, each
// to the runner that has the least to do, and [] when nothing is affected. `deliver
// --shard`, with the same times, deals in the same way.
func (p *Plan) Shards(
	ctx context.Context,
	// How many runners there are, 1 to 256. Those that have nothing to do are left out.
	count int,
	// The json of an earlier delivery, which says how long components took; without
	// it their kinds do.
	// +optional
	times *dagger.File,
) (string, error) {
	if err := affected.CheckCount(count); err != nil {
		return "", err
	}
	took, err := delivery.ReadTimes(ctx, times)
	if err != nil {
		return "", err
	}
	caller := delivery.Caller{Workshop: &kinds.Workshop{Kinds: registered}}
	return affected.ShardsJSON(caller.Shards(ground.Each(p.Affected, componentOf), count, took))
}

func planOf(plan []affected.Affected, held []string) (*Plan, error) {
	record, err := affected.JSON(plan)
	text := affected.Table(plan)
	for _, left := range held {
		text += left + "\n"
	}
	return &Plan{Affected: ground.Each(plan, affectedOf), Held: held, Json: record, Table: text}, err
}

// componentOf is what deals need to know of an affected component.
func componentOf(a *Affected) affected.Affected {
	return affected.Affected{Component: component.Component{Name: a.Name, Kind: component.Kind(a.Kind)}}
}

func affectedOf(a affected.Affected) *Affected {
	return &Affected{
		Name: a.Component.Name, Kind: ComponentKind(a.Component.Kind), Path: a.Component.Path, Reasons: a.Reasons,
		Fault: a.Component.Fault, Narrowed: a.Narrowed, Unpinned: a.Unpinned,
	}
}
