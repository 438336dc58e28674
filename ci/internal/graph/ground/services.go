package ground

import (
	"context"
	"fmt"
	"net/url"

	"github.com/pingvas/pingvas-ci/ci/internal/dagger"
	"github.com/pingvas/pingvas-ci/ci/internal/plain"
)

// Through is an address by which a service of the engine is reached from this
// process; the address itself where there is no service.
func Through(ctx context.Context, address string, service *dagger.Service) (string, error) {
	if service == nil {
		return address, nil
	}
	endpoint, err := service.Endpoint(ctx)
	if err != nil {
		return "", fmt.Errorf("find the server of %s: %w", plain.Redacted(address), err)
	}
	at, err := url.Parse(address)
	if err != nil {
		return "", plain.Error(fmt.Errorf("the address %q is no URL: %w. Correct it", address, err))
	}
	at.Host = endpoint
	return at.String(), nil
}

// Services are kept running for as long as something needs them: an embedded
// registry that stopped between two pushes would have lost the first.
type Services []*dagger.Service

// Start starts every service; none is no service.
func (s Services) Start(ctx context.Context) error {
	for _, service := range s {
		if service == nil {
			continue
		}
		if _, err := service.Start(ctx); err != nil {
			return fmt.Errorf("start a service that is needed: %w", err)
		}
	}
	return nil
}
