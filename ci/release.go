package main

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/pingvas/pingvas-ci/ci/internal/kustomize"
	"github.com/pingvas/pingvas-ci/ci/internal/names"
	"github.com/pingvas/pingvas-ci/ci/internal/registry"
)

// Release gives the images that an environment runs a version's tag.
//
// It goes by their digests: nothing is built or pushed again. It returns an
// image reference a line.
// +cache="never"
func (m *PingvasCi) Release(
	ctx context.Context,
	// The version, such as v1.4.0.
	version string,
	// The environment whose images are released.
	// +default="prod"
	environment string,
) (released []string, err error) {
	if err := names.Tag(version); err != nil {
		return nil, fmt.Errorf("release: %w", err)
	}
	if len(m.Registries) == 0 || m.Repository == nil {
		return nil, errors.New("a release needs the registry and the GitOps repository. Name them with with-registry and with-gitops")
	}
	var all []releasing
	for _, target := range m.Registries {
		some, err := m.releasing(ctx, target, environment)
		if err != nil {
			return nil, err
		}
		all = append(all, some...)
	}
	// All may get the tag before one does: a release is whole, in every registry.
	// One that was cut off is ended by calling it again.
	tags := []string{version}
	for _, r := range all {
		if err := registry.Taggable(ctx, r.image.Reference, tags, r.client.options...); err != nil {
			return nil, fmt.Errorf("release %s: %w. Nothing was tagged now. Where %s has changed since %s was begun, release what it runs as another version", version, err, environment, version)
		}
	}
	for _, r := range all {
		if err := registry.Tag(ctx, r.image, tags, r.client.options...); err != nil {
			return nil, fmt.Errorf("release %s: %w. Run it again: what is tagged already stays", version, err)
		}
		released = append(released, fmt.Sprintf("%s/%s:%s@%s", r.client.target, r.name, version, r.image.Digest))
	}
	return released, nil
}

// releasing is an image that is to get a version's tag in one registry.
type releasing struct {
	client registryClient
	name   string
	image  registry.Resolved
}

// releasing lists what an environment runs, as one registry has it.
func (m *PingvasCi) releasing(ctx context.Context, target *RegistryTarget, environment string) (all []releasing, err error) {
	if target.Service != nil {
		if _, err := target.Service.Start(ctx); err != nil {
			return nil, fmt.Errorf("start the registry %s: %w", target.Address, err)
		}
	}
	client, err := target.client(ctx)
	if err != nil {
		return nil, err
	}
	err = m.Repository.read(ctx, func(dir string) error {
		pins, err := kustomize.Pins(dir, environment)
		if err != nil {
			return err
		}
		for _, name := range slices.Sorted(maps.Keys(pins)) {
			digest := pins[name].Digest
			if digest == "" {
				return fmt.Errorf("release: %s names %s without a digest. Deliver it first", environment, name)
			}
			at := client.repository(name) + "@" + digest
			all = append(all, releasing{client, name, registry.Resolved{Reference: at, Digest: digest}})
		}
		return nil
	})
	return all, err
}
