package kinds

import (
	"context"
	"maps"
	"slices"

	"github.com/pingvas/pingvas-ci/ci/internal/graph/ground"
)

// Volumes are the cache volumes of the repository's components, each once.
func (w *Workshop) Volumes(ctx context.Context) ([]ground.Volume, error) {
	projects, err := w.All(ctx)
	if err != nil {
		return nil, err
	}
	var volumes []ground.Volume
	seen := map[string]bool{}
	for _, p := range projects {
		all := p.Kind.Volumes(p)
		for _, at := range slices.Sorted(maps.Keys(p.OwnVolumes())) {
			all = append(all, p.OwnVolumes()[at])
		}
		for _, v := range all {
			if !seen[v.Name] {
				seen[v.Name] = true
				volumes = append(volumes, v)
			}
		}
	}
	return volumes, nil
}

// Warming are the jobs that fetch the components' packages.
func (w *Workshop) Warming(ctx context.Context, steps *ground.Steps) ([]ground.Job, error) {
	projects, err := w.All(ctx)
	if err != nil {
		return nil, err
	}
	var jobs []ground.Job
	for _, p := range projects {
		jobs = append(jobs, func(ctx context.Context) error {
			return steps.Do(ctx, p.Spec.Name, "packages", func(ctx context.Context) (string, error) { return "", p.Kind.Warm(ctx, p) })
		})
	}
	return jobs, nil
}
