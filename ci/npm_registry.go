package main

import (
	"slices"

	"github.com/pingvas/pingvas-ci/ci/internal/dagger"
	"github.com/pingvas/pingvas-ci/ci/internal/frontend"
)

// NpmRegistry is a private npm registry and what it asks for.
type NpmRegistry struct {
	// +private
	Host string
	// +private
	Credentials string
	// +private
	Variable string
	// +private
	Token *dagger.Secret
	// +private
	Service *dagger.Service
}

// WithNpmRegistry gives the frontends the token of a private npm registry.
//
// Which packages come from it, their .npmrc says: @team:registry=https://ADDRESS/.
// The token goes to this registry alone, whatever .npmrc says. Only the command
// that fetches packages has it, which runs no code of theirs; it is in no
// layer, and no script or test sees it. Called again, it adds a registry. A
// Dockerfile takes a token by with-build-secret.
func (m *PingvasCi) WithNpmRegistry(
	// The registry's host, with port and path where it has them: npm.example/team.
	address string,
	// The token: env:NPM_TOKEN, file:PATH or another provider's address.
	token *dagger.Secret,
	// The variable that holds it, another one for each registry.
	// +default="NPM_TOKEN"
	variable string,
	// The registry as a service, where the engine cannot reach its address by
	// itself: tcp://127.0.0.1:4873 for one on this machine.
	// +optional
	service *dagger.Service,
) (*PingvasCi, error) {
	host, credentials, err := frontend.Registry(address, variable)
	if err != nil {
		return nil, err
	}
	with := *m
	with.NpmRegistries = append(slices.Clone(m.NpmRegistries), &NpmRegistry{
		Host: host, Credentials: credentials, Variable: variable, Token: token, Service: service,
	})
	return &with, nil
}
