package main

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/pingvas/pingvas-ci/ci/internal/dagger"
	"github.com/pingvas/pingvas-ci/ci/internal/notary"
	"github.com/pingvas/pingvas-ci/ci/internal/registry"
)

// RegistryTarget is where images are published.
type RegistryTarget struct {
	// Address is the host and path prefix that image names are put behind.
	Address string
	// Exclusive says that nobody but this pipeline can push there.
	Exclusive bool
	// +private
	Username string
	// +private
	Password *dagger.Secret
	// +private
	Service *dagger.Service
	// +private
	Amazon *Amazon

	session *amazonSession
}

func newRegistryTarget(address, username string, password *dagger.Secret, service *dagger.Service) (*RegistryTarget, error) {
	address = strings.TrimSuffix(address, "/")
	if err := registry.CheckAddress(address); err != nil {
		return nil, err
	}
	if (username == "") != (password == nil) {
		return nil, errors.New("a registry's username and password belong together. Give both, or none")
	}
	return &RegistryTarget{Address: address, Username: username, Password: password, Service: service}, nil
}

// with adds a registry to those that are published to. The first is the one
// that manifests name.
func (m *PingvasCi) with(target *RegistryTarget) (*PingvasCi, error) {
	with := *m
	with.Registries = nil
	for _, other := range m.Registries {
		if other.Address == target.Address {
			return nil, fmt.Errorf("the registry %s is given twice. Give each once", target.Address)
		}
		with.Registries = append(with.Registries, other)
	}
	with.Registries = append(with.Registries, target)
	return &with, nil
}

// embeddedRegistry is a registry that lives as long as the call.
func (m *PingvasCi) embeddedRegistry(ctx context.Context) (*RegistryTarget, error) {
	image, err := m.image(ctx, registryImage)
	if err != nil {
		return nil, err
	}
	service := dag.Container().From(image).
		WithExposedPort(5000).
		AsService(dagger.ContainerAsServiceOpts{UseEntrypoint: true})
	return &RegistryTarget{Address: "localhost:5000", Service: service}, nil
}

// registryClient speaks to a registry from this process.
type registryClient struct {
	target  string // as those who pull know it
	address string // as this process reaches it
	options []registry.Option
	amazon  *amazonSession
}

// client reaches the registry by the service's endpoint where there is one,
// since only the engine resolves the address to it.
func (t *RegistryTarget) client(ctx context.Context) (registryClient, error) {
	client := registryClient{target: t.Address, address: t.Address}
	if t.Service != nil {
		endpoint, err := t.Service.Endpoint(ctx)
		if err != nil {
			return client, fmt.Errorf("find the registry %s: %w", t.Address, err)
		}
		_, prefix, _ := strings.Cut(t.Address, "/")
		client.address = strings.TrimSuffix(endpoint+"/"+prefix, "/")
		client.options = append(client.options, registry.Plain(), registry.Patience(10*time.Second))
	}
	switch {
	case t.Amazon != nil:
		if t.session == nil {
			t.session = &amazonSession{amazon: t.Amazon}
		}
		client.amazon = t.session
		client.options = append(client.options, registry.WithLogin(t.session.login))
	case t.Password != nil:
		password, err := t.Password.Plaintext(ctx)
		if err != nil {
			return client, fmt.Errorf("read the password of %s: %w", t.Address, err)
		}
		client.options = append(client.options, registry.WithAuth(registry.Auth{Username: t.Username, Password: password}))
	}
	return client, nil
}

// repository is a component's, as this process reaches it.
func (r registryClient) repository(name string) string { return r.address + "/" + name }

// notary says and checks what is said of a component's images.
func (r registryClient) notary(name string) notary.Repository {
	return notary.Repository{At: r.repository(name), Name: r.target + "/" + name, Options: r.options}
}

// prepare makes the repository where a registry wants it made.
func (r registryClient) prepare(ctx context.Context, name string) error {
	if r.amazon == nil {
		return nil
	}
	_, prefix, _ := strings.Cut(r.address, "/")
	return r.amazon.ensure(ctx, strings.TrimPrefix(prefix+"/"+name, "/"))
}

// reachable finds out whether the registry answers and takes the credentials.
func (t *RegistryTarget) reachable(ctx context.Context) error {
	client, err := t.client(ctx)
	if err != nil {
		return err
	}
	if err := registry.Ping(ctx, client.address, client.options...); err != nil {
		return fmt.Errorf("registry %s: %w", t.Address, err)
	}
	return nil
}
