package main

import (
	"slices"

	"github.com/pingvas/pingvas-ci/ci/internal/dagger"
	"github.com/pingvas/pingvas-ci/ci/internal/graph/kinds"
)

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

// DockerfileEntitlement is something outside of its container that the RUN of a
// Dockerfile may reach.
type DockerfileEntitlement string

const (
	// The network of the engine's machine, with whatever listens on its loopback:
	// RUN --network=host.
	NETWORK_HOST DockerfileEntitlement = "NETWORK_HOST"
)

// WithDockerfileEntitlements lets Dockerfiles reach out of their containers.
//
// Without it a Dockerfile that asks for more than a container has is refused
// before it is built. No setting of the repository allows it.
func (m *PingvasCi) WithDockerfileEntitlements(
	// What they may reach.
	entitlements []DockerfileEntitlement,
) *PingvasCi {
	with := *m
	with.DockerfileEntitlements = slices.Clone(entitlements)
	return &with
}
