package publishing

import (
	"context"
	"errors"
	"fmt"

	"github.com/pingvas/pingvas-ci/ci/internal/graph/scanning"
	"github.com/pingvas/pingvas-ci/ci/internal/notary"
	"github.com/pingvas/pingvas-ci/ci/internal/registry"
)

// A run that was killed and is started again keeps the images that the first
// one published, and does not build them again: a build is not always the same
// to the last byte, and a tag is never moved.
//
// What is kept is proven to be ours, by a signature of who signs now or by the
// caller's word that nobody else can push (see notary.Claim), and it is scanned
// anew: its bytes are fetched from the registry, and go through the gate of
// today as those of a new build do.

// KeptNote says of an image that it was not built again.
const KeptNote = "already published by an earlier run of this commit: kept"

// Kept is an image that an earlier run has published.
type Kept struct {
	// Registry is where it was found.
	Registry *Registry
	// Image is what was found.
	Image registry.Resolved

	component string
}

// Earlier looks for a component's image in the registries, in their order. It
// finds none where there is none; unproven says then why what is under the
// commit's tag is not taken, if anything is there.
func Earlier(ctx context.Context, registries []*Registry, claim notary.Claim) (kept *Kept, unproven, err error) {
	for _, r := range registries {
		if claim.By == nil && !r.Exclusive {
			continue
		}
		image, err := r.Notary(claim.Component).Earlier(ctx, claim)
		var refused *notary.UnprovenError
		switch {
		case errors.As(err, &refused):
			unproven = errors.Join(unproven, err)
		case err != nil:
			return nil, nil, fmt.Errorf("look for what an earlier run published: %w", err)
		case image != nil:
			return &Kept{Registry: r, Image: *image, component: claim.Component}, nil, nil
		}
	}
	return nil, unproven, nil
}

// Scan fetches and scans the image for one platform.
func (k *Kept) Scan(ctx context.Context, scanner *scanning.Scanner, platform string) (*scanning.Scan, error) {
	at, err := k.Image.On(platform)
	if err != nil {
		return nil, err
	}
	return scanner.Again(ctx, k.component, platform, at, k.Registry.Options)
}
