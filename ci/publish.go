package main

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/pingvas/pingvas-ci/ci/internal/component"
	"github.com/pingvas/pingvas-ci/ci/internal/dagger"
	"github.com/pingvas/pingvas-ci/ci/internal/registry"
)

// RegistryTarget is where images are published.
type RegistryTarget struct {
	// Address is the host and path prefix that image names are put behind.
	Address string
	// +private
	Username string
	// +private
	Password *dagger.Secret
	// +private
	Service *dagger.Service
}

// Delivered is a component's image in a registry.
type Delivered struct {
	// Component is the component's name.
	Component string
	// Repository is the image's name, with its registry.
	Repository string
	// Tags are the tags that it was published under.
	Tags []string
	// Digest is the digest of the image's multi-platform index.
	Digest string
	// Platforms are what it runs on.
	Platforms []string
	// Scan says in one line what Trivy found in it.
	Scan string
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

// candidate is a component's images, built and scanned, one for each platform.
type candidate struct {
	component component.Component
	variants  []variant
}

// variant is a component's image for one platform, with what was found in it.
type variant struct {
	image *dagger.Container
	scan  *PlatformScan
}

// publish pushes a candidate's images as one index, and then reads it back:
// what the registry holds must be what was scanned, for every platform.
func (t *RegistryTarget) publish(ctx context.Context, c candidate, tags []string) (*Delivered, error) {
	repository := t.Address + "/" + c.component.Name
	// The credentials are on an empty container, which gives nothing to the
	// index: on the images' own they would be part of every later cache key.
	publisher := dag.Container()
	if t.Password != nil {
		publisher = publisher.WithRegistryAuth(t.Address, t.Username, t.Password)
	}
	pushed, err := publisher.Publish(ctx, repository+":"+tags[0], dagger.ContainerPublishOpts{
		PlatformVariants: c.images(),
		MediaTypes:       dagger.ImageMediaTypesOcimediaTypes,
		RegistryService:  t.Service,
	})
	if err != nil {
		return nil, fmt.Errorf("push %s:%s: %w", repository, tags[0], err)
	}
	_, digest, _ := strings.Cut(pushed, "@")
	client, err := t.client(ctx)
	if err != nil {
		return nil, err
	}
	if err := client.verify(ctx, c, digest); err != nil {
		return nil, err
	}
	if err := client.tag(ctx, c.component.Name, digest, tags[1:]); err != nil {
		return nil, err
	}
	return &Delivered{
		Component:  c.component.Name,
		Repository: repository,
		Tags:       tags,
		Digest:     digest,
		Platforms:  c.component.Settings.Platforms,
		Scan:       c.variants[0].scan.Summary,
	}, nil
}

func (c candidate) images() []*dagger.Container {
	var images []*dagger.Container
	for _, v := range c.variants {
		images = append(images, v.image)
	}
	return images
}

// scanned maps each platform to the image that was scanned for it.
func (c candidate) scanned() map[string]string {
	byPlatform := map[string]string{}
	for _, v := range c.variants {
		byPlatform[v.scan.Platform] = v.scan.Platform
	}
	return byPlatform
}

// registryClient reads and tags what was pushed.
type registryClient struct {
	address string
	options []registry.Option
}

// client reaches the registry from this process: by the service's endpoint
// where there is one, since only the engine resolves the address to it.
func (t *RegistryTarget) client(ctx context.Context) (registryClient, error) {
	client := registryClient{address: t.Address}
	if t.Service != nil {
		endpoint, err := t.Service.Endpoint(ctx)
		if err != nil {
			return client, fmt.Errorf("find the registry %s: %w", t.Address, err)
		}
		_, prefix, _ := strings.Cut(t.Address, "/")
		client.address = strings.TrimSuffix(endpoint+"/"+prefix, "/")
		client.options = append(client.options, registry.Plain())
	}
	if t.Password != nil {
		password, err := t.Password.Plaintext(ctx)
		if err != nil {
			return client, fmt.Errorf("read the password of %s: %w", t.Address, err)
		}
		client.options = append(client.options, registry.WithAuth(registry.Auth{Username: t.Username, Password: password}))
	}
	return client, nil
}

// verify compares what the registry holds with what was scanned.
func (r registryClient) verify(ctx context.Context, c candidate, digest string) error {
	at := fmt.Sprintf("%s/%s@%s", r.address, c.component.Name, digest)
	held, err := registry.Configs(ctx, at, r.options...)
	if err != nil {
		return fmt.Errorf("read back %s: %w", at, err)
	}
	for platform, scanned := range c.scanned() {
		if held[platform] != scanned {
			return fmt.Errorf("%s for %s holds the image %q, but %q was scanned. Nothing may deploy it: run the delivery again",
				at, platform, held[platform], scanned)
		}
	}
	return nil
}

// tag puts more tags on what a digest names, without pushing it again.
func (r registryClient) tag(ctx context.Context, name, digest string, tags []string) error {
	pushed := registry.Resolved{Reference: fmt.Sprintf("%s/%s@%s", r.address, name, digest), Digest: digest}
	return registry.Tag(ctx, pushed, tags, r.options...)
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

// publishOf checks, builds, scans and publishes one component.
func (m *PingvasCi) publishOf(ctx context.Context, name, commit string) (*Delivered, error) {
	if m.Registry == nil {
		return nil, errors.New("no registry is known. Name one with with-registry --address")
	}
	c, err := m.find(ctx, name)
	if err != nil {
		return nil, err
	}
	d := delivery{ci: m, run: newRun(m.Parallel), target: m.Registry, components: []component.Component{c}}
	if err := d.name(ctx, commit, ""); err != nil {
		return nil, err
	}
	if err := d.prepare(ctx); err != nil {
		return nil, err
	}
	delivered, err := d.publish(ctx)
	if err != nil {
		return nil, err
	}
	return delivered[0], nil
}
