package publishing

import (
	"context"
	"fmt"
	"strings"

	"github.com/pingvas/pingvas-ci/ci/internal/graph/ground"
	"github.com/pingvas/pingvas-ci/ci/internal/registry"
)

// PinImage is an image's reference with the digest that it has now. It is asked
// for with the login of the registry that it is in, where that is one of these, and
// else as the engine pulls it.
func PinImage(ctx context.Context, registries []*Registry, reference string) (string, error) {
	host, place, _ := strings.Cut(reference, "/")
	tagged, _, _ := strings.Cut(reference, "@")
	for _, r := range registries {
		if of, _, _ := strings.Cut(r.Address, "/"); of != host {
			continue
		}
		at, _, _ := strings.Cut(r.at, "/")
		resolved, err := registry.Resolve(ctx, at+"/"+place, r.Options...)
		if err != nil {
			return "", fmt.Errorf("image %s at the registry %s: %w", reference, host, err)
		}
		return tagged + "@" + resolved.Digest, nil
	}
	digest, err := ground.Digest(ctx, reference)
	if err != nil {
		return "", fmt.Errorf("image %s at the registry %s: %w", reference, host, err)
	}
	return tagged + "@" + digest, nil
}
