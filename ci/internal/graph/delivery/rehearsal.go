package delivery

import (
	"context"
	"fmt"

	"github.com/pingvas/pingvas-ci/ci/internal/graph/ground"
	"github.com/pingvas/pingvas-ci/ci/internal/graph/kinds"
	"github.com/pingvas/pingvas-ci/ci/internal/graph/publishing"
	"github.com/pingvas/pingvas-ci/ci/internal/record"
	"github.com/pingvas/pingvas-ci/ci/internal/registry"
)

// rehearse checks, builds and scans as publish does, and says what it would push
// under which tags. Nothing is sent.
func (d *publication) rehearse(ctx context.Context, projects []kinds.Project) ([]*record.Image, error) {
	candidates, err := d.prepare(ctx, projects)
	if err != nil {
		return nil, err
	}
	would := make([]*record.Image, len(candidates))
	var jobs []ground.Job
	for i, c := range candidates {
		jobs = append(jobs, func(ctx context.Context) error {
			return d.steps.Do(ctx, c.Spec.Name, "publish (dry run)", func(ctx context.Context) (_ string, err error) {
				if would[i], err = d.would(ctx, c); err != nil {
					return "", err
				}
				return would[i].Note(), nil
			})
		})
	}
	if err := d.steps.All(ctx, jobs); err != nil {
		return nil, fmt.Errorf("%w\nNothing was pushed: this was a dry run", err)
	}
	return would, nil
}

func (d *publication) would(ctx context.Context, c *candidate) (*record.Image, error) {
	tags, err := registry.Tags(c.Spec.TagSuffix, d.request.Commit, d.request.Branch, d.request.Latest)
	if err != nil {
		return nil, err
	}
	publication, err := publishing.Publication(ctx, tags, c.scans, nil, c.build)
	if err != nil {
		return nil, err
	}
	would, err := publishing.Would(ctx, d.registries, c.Spec.Name, publication, c.unproven)
	if err != nil {
		return nil, err
	}
	return c.described(would), nil
}
