package main

import (
	"context"
	"slices"

	"github.com/pingvas/pingvas-ci/ci/internal/dagger"
	"github.com/pingvas/pingvas-ci/ci/internal/graph/ground"
	"github.com/pingvas/pingvas-ci/ci/internal/graph/kinds"
)

// Images lists the images of somebody else's that the module uses.
//
// A line for each: the reference with its digest, and where that was published.
func (m *PingvasCi) Images(ctx context.Context) (string, error) {
	return m.pinned().List(ctx)
}

// CheckImages asks the registries for every image by its digest.
//
// It fails with all that are not there any more, or cannot be reached.
// +cache="session"
func (m *PingvasCi) CheckImages(ctx context.Context) error {
	return m.pinned().Check(ctx, m.Parallel)
}

// pinned are the images of somebody else's.
func (m *PingvasCi) pinned() ground.Images { return ground.Images{Lock: m.ImageLock} }

// BuildSecret is a secret that Dockerfiles may mount.
type BuildSecret struct {
	// +private
	Name string
	// +private
	Secret *dagger.Secret
}

// WithBuildSecret gives a secret to the components' Dockerfiles.
//
// They mount it by its name: RUN --mount=type=secret,id=NAME. It is in no
// layer, and checks do not get it.
func (m *PingvasCi) WithBuildSecret(
	// The name, such as npm-token.
	name string,
	// The secret: env:NPM_TOKEN, file:PATH or another provider's address.
	secret *dagger.Secret,
) (*PingvasCi, error) {
	if err := kinds.CheckSecretName(name); err != nil {
		return nil, err
	}
	with := *m
	with.BuildSecrets = append(slices.Clone(m.BuildSecrets), &BuildSecret{Name: name, Secret: secret})
	return &with, nil
}
