package main

import (
	"context"

	"github.com/pingvas/pingvas-ci/ci/internal/graph/ground"
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
