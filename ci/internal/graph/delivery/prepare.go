package delivery

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/pingvas/pingvas-ci/ci/internal/attest"
	"github.com/pingvas/pingvas-ci/ci/internal/component"
	"github.com/pingvas/pingvas-ci/ci/internal/dagger"
	"github.com/pingvas/pingvas-ci/ci/internal/graph/ground"
	"github.com/pingvas/pingvas-ci/ci/internal/graph/kinds"
	"github.com/pingvas/pingvas-ci/ci/internal/graph/publishing"
	"github.com/pingvas/pingvas-ci/ci/internal/graph/scanning"
	"github.com/pingvas/pingvas-ci/ci/internal/graph/source"
)

// candidate is a component's images, built and scanned, one for each platform.
type candidate struct {
	kinds.Project
	// build is how the image comes to be: what cannot be said of it is found out
	// before it is built.
	build  attest.Build
	labels map[string]string
	scans  scanning.Scans
	// kept is the image of an earlier run, which is not built again; else
	// unproven says why what is under the commit's tag is not, if anything is
	// there.
	kept     *publishing.Kept
	unproven error
}

// prepare checks, builds and scans every component. All of it must pass, and so must what
// stands in place of their own gates.
func (d *publication) prepare(ctx context.Context, projects []kinds.Project) ([]*candidate, error) {
	roots, err := d.roots(ctx, projects)
	if err != nil {
		return nil, err
	}
	gates, refused := kinds.Gates(ctx, d.steps, slices.Concat(projects, roots), nil)
	candidates, unknown := d.candidates(ctx, projects)
	if refused != nil || unknown != nil {
		if err := errors.Join(refused, d.steps.All(ctx, gates)); err != nil {
			return nil, fmt.Errorf("%w\nNothing was built or pushed. Mend what failed and run again", err)
		}
		return nil, unknown
	}
	if err := d.checkAndBuild(ctx, gates, candidates); err != nil {
		return nil, fmt.Errorf("%w\nNothing was pushed. Mend what failed and run again", err)
	}
	return candidates, nil
}

// checkAndBuild runs the gates, and behind them builds and scans: where there is room
// beside the last gates, images do not wait for them. They are given up when a gate
// fails, so that it is heard of at once.
func (d *publication) checkAndBuild(ctx context.Context, gates []ground.Job, candidates []*candidate) error {
	building, giveUp := context.WithCancelCause(ctx)
	defer giveUp(nil)
	var jobs []ground.Job
	for _, gate := range gates {
		jobs = append(jobs, func(ctx context.Context) error {
			err := gate(ctx)
			if err != nil {
				giveUp(ground.ErrGivenUp)
			}
			return err
		})
	}
	for _, c := range candidates {
		for i, platform := range c.Spec.Settings.Platforms {
			jobs = append(jobs, func(context.Context) (err error) {
				c.scans[i], err = d.variant(building, c, platform)
				return err
			})
		}
	}
	return d.steps.All(ctx, jobs)
}

// candidates are the components, of which nothing is built yet.
func (d *publication) candidates(ctx context.Context, projects []kinds.Project) (all []*candidate, err error) {
	for _, p := range projects {
		c, err := d.candidate(ctx, p)
		if err != nil {
			return nil, err
		}
		all = append(all, c)
	}
	return all, nil
}

// roots are the components whose gates stand in place of some of the others' own.
func (d *publication) roots(ctx context.Context, projects []kinds.Project) ([]kinds.Project, error) {
	var found []component.Component
	for _, p := range projects {
		name := p.Spec.CheckedBy
		if name == "" || slices.ContainsFunc(found, func(c component.Component) bool { return c.Name == name }) {
			continue
		}
		root, err := d.Source.Find(ctx, name)
		if err != nil {
			return nil, err
		}
		found = append(found, root)
	}
	return d.Projects(found)
}

// candidate is a component that nothing is built of yet: what its images will
// be known by, and whether an earlier run has published them.
func (d *publication) candidate(ctx context.Context, p kinds.Project) (*candidate, error) {
	c := &candidate{Project: p, scans: make(scanning.Scans, len(p.Spec.Settings.Platforms))}
	var err error
	if c.build, err = d.build(ctx, p); err != nil {
		return nil, err
	}
	claim, err := d.claim(ctx, p)
	if err != nil {
		return nil, err
	}
	c.labels, d.inputs[p.Spec.Name] = claim.Labels, source.Content(claim.Labels)
	c.kept, c.unproven, err = publishing.Earlier(ctx, d.registries, claim)
	return c, err
}

// variant scans one component for one platform: what an earlier run published,
// or else what is built now.
func (d *publication) variant(ctx context.Context, c *candidate, platform string) (scan *scanning.Scan, err error) {
	if c.kept != nil {
		return d.scanned(ctx, c, platform, func(ctx context.Context) (*scanning.Scan, error) {
			withoutOS, err := c.FromScratch(ctx)
			if err != nil {
				return nil, err
			}
			return c.kept.Scan(ctx, d.Scanner.Of(withoutOS), platform)
		})
	}
	var image *dagger.Container
	err = d.steps.Do(ctx, c.Spec.Name, "image "+platform, func(ctx context.Context) (string, error) {
		built, err := c.Labelled(ctx, dagger.Platform(platform), c.labels)
		if err != nil {
			return "", err
		}
		if image, err = built.Sync(ctx); err != nil {
			return "", err
		}
		return "", c.Kind.Guard(ctx, c.Project, image)
	})
	if err != nil {
		return nil, err
	}
	return d.scanned(ctx, c, platform, func(ctx context.Context) (*scanning.Scan, error) {
		withoutOS, err := c.WithoutOS(ctx, image)
		if err != nil {
			return nil, err
		}
		return d.Scanner.Of(withoutOS).Image(ctx, c.Spec.Name, platform, image)
	})
}

// scanned scans, shows what was found, and has the policy decide.
func (d *publication) scanned(ctx context.Context, c *candidate, platform string, scan func(context.Context) (*scanning.Scan, error)) (found *scanning.Scan, err error) {
	err = d.steps.Do(ctx, c.Spec.Name, "scan "+platform, func(ctx context.Context) (string, error) {
		if found, err = scan(ctx); err != nil {
			return "", err
		}
		d.found.add(found)
		detail, err := d.CodeScanning.Judged(ctx, d.request.Commit, found)
		if c.kept != nil {
			detail += "; " + publishing.KeptNote
		}
		return detail, err
	})
	return found, err
}
