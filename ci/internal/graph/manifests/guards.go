package manifests

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/pingvas/pingvas-ci/ci/internal/gitops"
	"github.com/pingvas/pingvas-ci/ci/internal/graph/publishing"
	"github.com/pingvas/pingvas-ci/ci/internal/kustomize"
	"github.com/pingvas/pingvas-ci/ci/internal/registry"
)

// existing is an operation that fails when the registry does not hold what it
// would have the environment run. Where no registry is known, none is asked.
func (r *Repository) existing(op gitops.Operation) gitops.Operation {
	if r.Rehearsed != nil {
		return gitops.Existing(op, func(_ context.Context, image kustomize.Image) (platforms []string, ours bool, err error) {
			return r.Rehearsed[image.Digest], r.Rehearsed[image.Digest] != nil, nil
		})
	}
	if r.Registry == nil {
		return op
	}
	return gitops.Existing(op, func(ctx context.Context, image kustomize.Image) (platforms []string, ours bool, err error) {
		known, err := r.Registry(ctx)
		if err != nil {
			return nil, false, err
		}
		at := where(known, image)
		if at == "" {
			return nil, false, nil
		}
		held, err := registry.Resolve(ctx, at, known.Options...)
		if err != nil {
			return nil, true, fmt.Errorf("%s runs nothing that is not there: %w. Publish the image first", op.Target(), err)
		}
		return slices.Collect(maps.Keys(held.Platforms)), true, nil
	})
}

// rescanned is an operation that is stopped by what the caller's policy does not
// let pass in a scan of today. Without a registry or a scanner nothing can be
// scanned.
func (r *Repository) rescanned(op gitops.Operation) gitops.Operation {
	if r.Registry == nil || r.Scanner == nil {
		return op
	}
	return gitops.Gated(op, func(ctx context.Context, image kustomize.Image) error {
		known, err := r.Registry(ctx)
		if err != nil {
			return err
		}
		at := where(known, image)
		if at == "" {
			return fmt.Errorf("%s is not in the registry %s by its digest, so it cannot be scanned", image.Reference(), known.Address)
		}
		return r.Scanner.GateAgain(ctx, image.Name, at, known.Options)
	})
}

// where is an image in the registry, as this process reaches it; nowhere when
// the manifests name it in another one, or without a digest.
func where(known *publishing.Registry, image kustomize.Image) string {
	name, ours := strings.CutPrefix(image.NewName, known.Address+"/")
	if !ours || image.Digest == "" {
		return ""
	}
	return known.Repository(name) + "@" + image.Digest
}
