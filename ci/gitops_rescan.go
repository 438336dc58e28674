package main

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/pingvas/pingvas-ci/ci/internal/component"
	"github.com/pingvas/pingvas-ci/ci/internal/dagger"
	"github.com/pingvas/pingvas-ci/ci/internal/gitops"
	"github.com/pingvas/pingvas-ci/ci/internal/kustomize"
	"github.com/pingvas/pingvas-ci/ci/internal/registry"
)

// rescanned is an operation that is stopped by what a scan of today finds in
// the images that it would have the environment run again: they passed when
// they were built, with what was known then.
type rescanned struct {
	gitops.Operation
	ci *PingvasCi
	// passed are the references that were scanned already, when the operation is
	// applied again after a lost race.
	passed map[string]bool
}

// Apply applies the operation and scans its images.
func (r rescanned) Apply(ctx context.Context, dir string) (gitops.Outcome, error) {
	outcome, err := r.Operation.Apply(ctx, dir)
	if err != nil {
		return outcome, err
	}
	var failures []error
	for _, image := range outcome.Images {
		if r.passed[image.Reference()] {
			continue
		}
		if err := r.gateAgain(ctx, image); err != nil {
			failures = append(failures, err)
			continue
		}
		r.passed[image.Reference()] = true
	}
	if len(failures) > 0 {
		return outcome, fmt.Errorf("%s would run again what a scan of today stops:\n%w\nRoll back to another one with --to, or accept it with --accept-findings and a --reason", r.Target(), errors.Join(failures...))
	}
	return outcome, nil
}

// gateAgain gates an image of the registry, for each of its platforms.
func (r rescanned) gateAgain(ctx context.Context, image kustomize.Image) error {
	// The first registry is the one that manifests name.
	target := r.ci.Registries[0]
	name, ours := strings.CutPrefix(image.NewName, target.Address+"/")
	if !ours || image.Digest == "" {
		return fmt.Errorf("%s is not in the registry %s by its digest, so it cannot be scanned", image.Reference(), target.Address)
	}
	client, err := target.client(ctx)
	if err != nil {
		return err
	}
	held, err := registry.Resolve(ctx, client.address+"/"+name+"@"+image.Digest, client.options...)
	if err != nil {
		return err
	}
	var failures []error
	for _, platform := range slices.Sorted(maps.Keys(held.Platforms)) {
		puller := dag.Container(dagger.ContainerOpts{Platform: dagger.Platform(platform)})
		if target.Password != nil {
			puller = puller.WithRegistryAuth(target.Address, target.Username, target.Password)
		}
		pulled := puller.From(image.NewName+"@"+image.Digest, dagger.ContainerFromOpts{RegistryService: target.Service})
		found, err := r.ci.scan(ctx, component.Component{Name: image.Name}, platform, pulled)
		if err == nil {
			err = found.gate(ctx, "HIGH")
		}
		failures = append(failures, err)
	}
	return errors.Join(failures...)
}
