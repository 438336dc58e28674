package publishing

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/pingvas/pingvas-ci/ci/internal/dagger"
	"github.com/pingvas/pingvas-ci/ci/internal/graph/ground"
	"github.com/pingvas/pingvas-ci/ci/internal/images"
	"github.com/pingvas/pingvas-ci/ci/internal/registry"
)

// Target is where images are published, as the caller gave it.
type Target struct {
	// Address is the host and path prefix that image names are put behind.
	Address string
	// Exclusive says that nobody but this pipeline can push there.
	Exclusive bool
	// Embedded says that it lives as long as the call, and nobody else sees it.
	Embedded bool
	// Username and Password are the login; none is anonymous.
	Username string
	Password *dagger.Secret
	// TokenHost may get the login for a token, besides the registry's own site.
	TokenHost string
	// Service is the registry, where the engine cannot reach its address by itself.
	Service *dagger.Service
	// Amazon is how Amazon's registry is logged in to; none for another.
	Amazon *Amazon
}

// NewTarget refuses a registry that cannot be published to, or that is among
// the others already. The address comes without a slash at its end.
func NewTarget(t Target, others ...Target) (Target, error) {
	t.Address = strings.TrimSuffix(t.Address, "/")
	if err := registry.CheckAddress(t.Address); err != nil {
		return t, err
	}
	if err := registry.CheckTokenHost(t.TokenHost); err != nil {
		return t, err
	}
	if (t.Username == "") != (t.Password == nil) {
		return t, errors.New("a registry's username and password belong together. Give both, or none")
	}
	for _, other := range others {
		if other.Address == t.Address {
			return t, fmt.Errorf("the registry %s is given twice. Give each once", t.Address)
		}
	}
	return t, nil
}

// Embedded is a registry that lives as long as the call.
func Embedded(ctx context.Context, all ground.Images) (Target, error) {
	image, err := all.Container(ctx, images.Registry, "")
	if err != nil {
		return Target{}, err
	}
	service := image.
		WithExposedPort(5000).
		AsService(dagger.ContainerAsServiceOpts{UseEntrypoint: true})
	return Target{Address: "localhost:5000", Service: service, Embedded: true}, nil
}

// Services are what the targets are reached through. They must run for as long
// as something is published or looked for.
func Services(targets []Target) ground.Services {
	var services ground.Services
	for _, t := range targets {
		services = append(services, t.Service)
		if t.Amazon != nil {
			services = append(services, t.Amazon.Endpoint)
		}
	}
	return services
}

// End stops an embedded registry, as the next call is to find an empty one. What the
// caller gave is the caller's: the engine ends it with the session, and waiting for
// that here takes a tenth of a second for each.
func End(ctx context.Context, targets []Target) {
	for _, t := range targets {
		if t.Embedded {
			_, _ = t.Service.Stop(context.WithoutCancel(ctx)) // The engine ends it at the latest.
		}
	}
}
