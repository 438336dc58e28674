package delivery

import (
	"context"
	"errors"
	"fmt"

	"github.com/pingvas/pingvas-ci/ci/internal/affected"
	"github.com/pingvas/pingvas-ci/ci/internal/attest"
	"github.com/pingvas/pingvas-ci/ci/internal/component"
	"github.com/pingvas/pingvas-ci/ci/internal/graph/ground"
	"github.com/pingvas/pingvas-ci/ci/internal/graph/kinds"
	"github.com/pingvas/pingvas-ci/ci/internal/graph/manifests"
	"github.com/pingvas/pingvas-ci/ci/internal/graph/publishing"
	"github.com/pingvas/pingvas-ci/ci/internal/record"
	"github.com/pingvas/pingvas-ci/ci/internal/registry"
)

// publication checks, builds, scans and publishes components under one commit.
// It is made whole, by open: every registry reached, and the signer at hand.
type publication struct {
	Caller
	steps      *ground.Steps
	request    Request
	registries []*publishing.Registry
	signer     *publishing.Signer
	// inputs are the hashes of what the components are made of, by their names.
	inputs map[string]string
	// found is where scans are kept for a report.
	found *found
}

func (c Caller) open(ctx context.Context, steps *ground.Steps, r Request) (*publication, error) {
	registries, unreached := publishing.OpenAll(ctx, c.Targets)
	signer, unsigned := c.Signing.Open(ctx)
	if err := errors.Join(unreached, unsigned); err != nil {
		return nil, err
	}
	return &publication{Caller: c, steps: steps, request: r, registries: registries, signer: signer, inputs: map[string]string{}, found: &found{}}, nil
}

// gitops is the GitOps repository, that asks the registry which manifests name
// about its images, where others than this call can. In a dry run it is changed
// nowhere, and told of the images that are not there.
func (d *publication) gitops(published []*record.Image) *manifests.Repository {
	repository := *d.Gitops
	repository.Registry = nil
	if d.request.DryRun {
		repository.Rehearsed = map[string][]string{}
		for _, p := range published {
			repository.Rehearsed[p.Digest] = p.Platforms
		}
		return &repository
	}
	if d.public() {
		repository.Registry = func(context.Context) (*publishing.Registry, error) { return d.registries[0], nil }
	}
	return &repository
}

// ready finds out whether everything that publishing needs is there.
func (d *publication) ready(ctx context.Context) error {
	return errors.Join(
		d.Scanner.Ready(ctx),
		d.CodeScanning.Check(d.request.Commit),
		publishing.Ready(ctx, d.registries, d.signer),
	)
}

// Publish checks, builds, scans and publishes one component, and changes no
// manifest.
func Publish(ctx context.Context, c Caller, name, commit string) (*record.Image, error) {
	if len(c.Targets) == 0 {
		return nil, errors.New("no registry is known. Name one with with-registry --address")
	}
	c, err := c.delivering()
	if err != nil {
		return nil, err
	}
	project, err := c.Find(ctx, name)
	if err != nil {
		return nil, err
	}
	r := Request{Commit: commit}
	if r.Commit, err = c.commit(ctx, r); err != nil {
		return nil, err
	}
	services := publishing.Services(c.Targets)
	if err := services.Start(ctx); err != nil {
		return nil, err
	}
	d, err := c.open(ctx, ground.NewSteps(c.Parallel), r)
	if err != nil {
		return nil, err
	}
	if err := d.ready(ctx); err != nil {
		return nil, err
	}
	published, err := d.publish(ctx, []kinds.Project{project})
	if err != nil {
		return nil, err
	}
	return published[0], nil
}

// publish checks, builds, scans and pushes components. All of it must pass
// before anything is pushed.
func (d *publication) publish(ctx context.Context, projects []kinds.Project) ([]*record.Image, error) {
	candidates, err := d.prepare(ctx, projects)
	if err != nil {
		return nil, err
	}
	published := make([]*record.Image, len(candidates))
	var jobs []ground.Job
	for i, c := range candidates {
		jobs = append(jobs, func(ctx context.Context) error {
			return d.steps.Do(ctx, c.Spec.Name, "publish", func(ctx context.Context) (_ string, err error) {
				if published[i], err = d.push(ctx, c); err != nil {
					return "", err
				}
				return published[i].Note(), nil
			})
		})
	}
	if err := d.steps.All(ctx, jobs); err != nil {
		return nil, fmt.Errorf("%w\nNo manifest was changed. Run again: what is pushed already is found and kept", err)
	}
	return published, nil
}

// push publishes one candidate to every registry.
func (d *publication) push(ctx context.Context, c *candidate) (*record.Image, error) {
	tags, err := registry.Tags(c.Spec.TagSuffix, d.request.Commit, d.request.Branch, d.request.Latest)
	if err != nil {
		return nil, err
	}
	publication, err := publishing.Publication(ctx, tags, c.scans, d.signer, c.build)
	if err != nil {
		return nil, err
	}
	published, err := publishing.Publish(ctx, d.registries, c.Spec.Name, publication, c.unproven)
	if err != nil {
		return nil, err
	}
	return c.described(published), nil
}

// described adds to an image what its build and its scan say.
func (c *candidate) described(image *record.Image) *record.Image {
	image.Scan, image.Worst = c.scans[0].Summary, c.scans[0].Worst
	image.Kept, image.Unpinned = c.kept != nil, c.build.Unpinned()
	counts := c.scans[0].Counts
	image.Findings, image.BaseFindings, image.UnfixedFindings = counts.All(), counts.Base, counts.Unfixed
	return image
}

// build is how a component's image comes to be.
func (d *publication) build(ctx context.Context, p kinds.Project) (attest.Build, error) {
	materials, downloads, err := p.Materials(ctx)
	if err != nil {
		return attest.Build{}, fmt.Errorf("say what %s is built from: %w", p.Spec.Name, err)
	}
	updates, err := p.Updates(ctx)
	if err != nil {
		return attest.Build{}, err
	}
	return attest.Build{
		Commit:     d.request.Commit,
		Parameters: p.Spec.Parameters(),
		Materials:  materials,
		Downloads:  append(kinds.Downloads(downloads), updates...),
	}, nil
}

// named tells whether a component has a name.
func named(name string) func(component.Component) bool {
	return func(c component.Component) bool { return c.Name == name }
}

// components are those of a plan.
func components(plan []affected.Affected) []component.Component {
	var all []component.Component
	for _, a := range plan {
		all = append(all, a.Component)
	}
	return all
}
