// StudioDelivery shows how a module of yours builds on pingvas-ci: it gives the
// pipeline your repository, and adds what only you know.
package main

import (
	"context"
	"fmt"

	"dagger/studio-delivery/internal/dagger"
)

// StudioDelivery delivers one application repository.
type StudioDelivery struct {
	// +private
	Source *dagger.Directory
	// +private
	ImageLock *dagger.File
}

// New takes the repository. A module that is imported cannot know its
// caller's, so it is always given.
func New(
	source *dagger.Directory,
	// +optional
	imageLock *dagger.File,
) *StudioDelivery {
	return &StudioDelivery{Source: source, ImageLock: imageLock}
}

// Nightly checks every component and delivers to dev what dev does not run.
// +cache="never"
func (m *StudioDelivery) Nightly(ctx context.Context) (string, error) {
	pipeline := dag.PingvasCi(dagger.PingvasCiOpts{Source: m.Source, ImageLock: m.ImageLock})
	if err := pipeline.Check(ctx); err != nil {
		return "", fmt.Errorf("nightly: %w", err)
	}
	return pipeline.Deliver(dagger.PingvasCiDeliverOpts{Environment: "dev"}).Report(ctx)
}
