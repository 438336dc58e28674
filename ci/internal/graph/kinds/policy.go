package kinds

import (
	"context"
	"fmt"
	"slices"

	"github.com/pingvas/pingvas-ci/ci/internal/affected"
	"github.com/pingvas/pingvas-ci/ci/internal/attest"
	"github.com/pingvas/pingvas-ci/ci/internal/dockerfile"
	"github.com/pingvas/pingvas-ci/ci/internal/graph/ground"
)

// judged are the components that keep the caller's policy, and what the others
// break.
func judged(ctx context.Context, steps *ground.Steps, projects []Project) (keeping []Project, refused error) {
	verdicts := make([]error, len(projects))
	var jobs []ground.Job
	for i, p := range projects {
		if p.Policy.Asks() && p.Spec.Fault == "" {
			jobs = append(jobs, func(ctx context.Context) error {
				verdicts[i] = steps.Do(ctx, p.Spec.Name, "policy", p.judged)
				return verdicts[i]
			})
		}
	}
	refused = steps.All(ctx, jobs)
	for i, p := range projects {
		if verdicts[i] == nil {
			keeping = append(keeping, p)
		}
	}
	return keeping, refused
}

// judged fails with all by which the component breaks the caller's policy, and
// says what that asks for and its kind cannot have.
func (p Project) judged(ctx context.Context) (left string, err error) {
	var unpinned []string
	if p.Policy.Pinned {
		if unpinned, err = p.Unpinned(ctx, p.stages()...); err != nil {
			return "", err
		}
	}
	verdict := p.Policy.Judge(p.Spec, p.Kind.Traits(), unpinned)
	return verdict.Note(), verdict.Err()
}

// stages are those of its Dockerfile that its image and its gates need.
func (p Project) stages() []string {
	if len(p.Spec.Settings.NamedGates()) == 0 {
		return []string{p.Spec.Settings.Target}
	}
	return []string{p.Spec.Settings.Target, p.Spec.Settings.GatesTarget}
}

// Unpinned is what stages of the component's Dockerfile, or its recipe, take from
// outside by a name alone, and the services of its tests. A recipe for which there is
// no image takes nothing: what needs that image says so.
func (p Project) Unpinned(ctx context.Context, targets ...string) (all []string, err error) {
	if all, err = p.unpinnedServices(ctx); err != nil {
		return nil, err
	}
	if p.Spec.Settings.Dockerfile == "" {
		images, _, err := p.Materials(ctx)
		if err != nil {
			return all, ctx.Err()
		}
		all = append(all, attest.Build{Materials: images}.Unpinned()...)
		slices.Sort(all)
		return slices.Compact(all), nil
	}
	for _, target := range slices.Compact(targets) {
		p.Spec.Settings.Target = target
		images, downloads, err := p.Materials(ctx)
		if err != nil {
			return nil, fmt.Errorf("say what %s is built from: %w", p.Spec.Name, err)
		}
		all = append(all, attest.Build{Materials: images, Downloads: Downloads(downloads)}.Unpinned()...)
	}
	slices.Sort(all)
	return slices.Compact(all), nil
}

// Downloads are those of a Dockerfile as a provenance has them.
func Downloads(all []dockerfile.Download) []attest.Download {
	return ground.Each(all, func(d dockerfile.Download) attest.Download {
		return attest.Download{Address: d.Address, Digest: d.Checksum}
	})
}

// sayNarrowed says what of the component's gates is off or narrowed.
func (p Project) sayNarrowed(wanted func(name string) bool) {
	for _, narrowed := range p.narrowed(wanted) {
		fmt.Printf("· %s: %s\n", p.Spec.Name, narrowed)
	}
}

// narrowed is what of the component's gates is off or narrowed, by its settings and by
// the caller.
func (p Project) narrowed(wanted func(name string) bool) []string {
	lines := p.Spec.Narrowed(wanted)
	for _, g := range p.gates() {
		if g.NewOnly && (wanted == nil || wanted(g.Name)) {
			lines = append(lines, g.Name+" is narrowed to lines that changed since "+p.NewOnly+", by with-policy --new-only")
		}
	}
	return lines
}

// Described is a plan that says what of each component is not checked, and not
// pinned.
func (w *Workshop) Described(ctx context.Context, plan []affected.Affected) ([]affected.Affected, error) {
	plan = slices.Clone(plan)
	for i := range plan {
		p, err := w.Project(plan[i].Component)
		if err != nil {
			return nil, err
		}
		if plan[i].Unpinned, err = p.Unpinned(ctx, p.Spec.Settings.Target); err != nil {
			return nil, err
		}
		plan[i].Narrowed = p.narrowed(nil)
	}
	return plan, nil
}

// Plan is what a change between two commits affects, of everything without a base.
func (w *Workshop) Plan(ctx context.Context, base, head string) ([]affected.Affected, error) {
	plan, err := w.Source.Affected(ctx, base, head)
	if err != nil {
		return nil, err
	}
	return w.Described(ctx, plan)
}
