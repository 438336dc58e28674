package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/pingvas/pingvas-ci/ci/internal/kustomize"
	"github.com/pingvas/pingvas-ci/ci/internal/names"
)

// Release gives the images that an environment runs a version's tag, by their
// digests: nothing is built or pushed again. It returns an image reference a
// line.
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
	for _, target := range m.Registries {
		images, err := m.release(ctx, target, version, environment)
		if err != nil {
			return nil, err
		}
		released = append(released, images...)
	}
	return released, nil
}

// release tags in one registry.
func (m *PingvasCi) release(ctx context.Context, target *RegistryTarget, version, environment string) (released []string, err error) {
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
		for name, pin := range pins {
			if pin.Digest == "" {
				return fmt.Errorf("release %s: %s names it without a digest. Deliver it first", name, environment)
			}
			if err := client.tag(ctx, name, pin.Digest, []string{version}); err != nil {
				return err
			}
			released = append(released, fmt.Sprintf("%s/%s:%s@%s", target.Address, name, version, pin.Digest))
		}
		return nil
	})
	return released, err
}
