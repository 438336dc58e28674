package scanning

import (
	"context"
	"fmt"

	"github.com/pingvas/pingvas-ci/ci/internal/registry"
	"github.com/pingvas/pingvas-ci/ci/internal/report"
)

// Layers are those of the image that was scanned, the lowest first.
func (s *Scan) Layers(ctx context.Context) ([]report.Layer, error) {
	image, err := registry.ReadImage(ctx, layout{s.Layout})
	if err != nil {
		return nil, fmt.Errorf("%s %s: %w", s.Component, s.Platform, err)
	}
	layers, err := image.Layers()
	if err != nil {
		return nil, fmt.Errorf("%s %s: %w", s.Component, s.Platform, err)
	}
	scanned, err := s.report(ctx)
	if err != nil {
		return nil, err
	}
	var all []report.Layer
	for _, l := range layers {
		all = append(all, report.Layer{Digest: l.Digest, Size: l.Size, Owner: string(scanned.OwnerOf(l.DiffID)), CreatedBy: l.CreatedBy})
	}
	return all, nil
}
