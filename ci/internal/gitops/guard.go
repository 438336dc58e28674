package gitops

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/pingvas/pingvas-ci/ci/internal/kustomize"
)

// Existing is an operation that fails when the registry does not hold what it
// would have the environment run, for the machines that it runs on. The
// platforms that an image is there for come from the caller, who says that it is
// none of the registry's when that cannot be asked for it, and whose errors stay
// as they are.
func Existing(op Operation, platforms func(ctx context.Context, image kustomize.Image) (held []string, ours bool, err error)) Operation {
	return existing{op, platforms}
}

type existing struct {
	Operation
	platforms func(ctx context.Context, image kustomize.Image) ([]string, bool, error)
}

// Apply applies the operation and asks the registry about its images.
func (e existing) Apply(ctx context.Context, dir string) (Outcome, error) {
	outcome, err := e.Operation.Apply(ctx, dir)
	if err != nil || len(outcome.Images) == 0 {
		return outcome, err
	}
	machines, err := kustomize.Architectures(ctx, dir, e.Target())
	if err != nil {
		return outcome, err
	}
	for _, image := range outcome.Images {
		held, ours, err := e.platforms(ctx, image)
		if err != nil {
			return outcome, err
		}
		for _, arch := range machines[image.Reference()] {
			if ours && !slices.Contains(held, "linux/"+arch) {
				return outcome, fmt.Errorf("%s runs %s on %s machines, for which the image was not built. Build it for linux/%s", e.Target(), image.Name, arch, arch)
			}
		}
	}
	return outcome, nil
}

// Gated is an operation that is stopped by what a gate of today finds in the
// images that it would have the environment run again: they passed when they
// were built, with what was known then.
func Gated(op Operation, gate func(ctx context.Context, image kustomize.Image) error) Operation {
	return gated{op, gate, map[string]bool{}}
}

type gated struct {
	Operation
	gate func(ctx context.Context, image kustomize.Image) error
	// passed are the references that were looked at already, when the operation
	// is applied again after a lost race.
	passed map[string]bool
}

// Apply applies the operation and gates its images.
func (g gated) Apply(ctx context.Context, dir string) (Outcome, error) {
	outcome, err := g.Operation.Apply(ctx, dir)
	if err != nil {
		return outcome, err
	}
	var failures []error
	for _, image := range outcome.Images {
		if g.passed[image.Reference()] {
			continue
		}
		if err := g.gate(ctx, image); err != nil {
			failures = append(failures, err)
			continue
		}
		g.passed[image.Reference()] = true
	}
	if len(failures) > 0 {
		return outcome, fmt.Errorf("%s would run again what a scan of today stops:\n%w\nRoll back to another one with --to, or accept it with --accept-findings and a --reason", g.Target(), errors.Join(failures...))
	}
	return outcome, nil
}
