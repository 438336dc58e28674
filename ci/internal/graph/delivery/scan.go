package delivery

import (
	"context"
	"fmt"

	"github.com/pingvas/pingvas-ci/ci/internal/dagger"
	"github.com/pingvas/pingvas-ci/ci/internal/graph/scanning"
)

// Scan builds and scans one component for all of its platforms. It never fails
// for what is found.
func Scan(ctx context.Context, c Caller, name string) (scanning.Scans, error) {
	project, err := c.Find(ctx, name)
	if err != nil {
		return nil, err
	}
	var scans scanning.Scans
	for _, platform := range project.Spec.Settings.Platforms {
		image, err := project.Image(ctx, dagger.Platform(platform))
		if err != nil {
			return nil, err
		}
		withoutOS, err := project.WithoutOS(ctx, image)
		if err != nil {
			return nil, err
		}
		found, err := c.Scanner.Of(withoutOS).Image(ctx, name, platform, image)
		if err != nil {
			return nil, err
		}
		scans = append(scans, found)
	}
	return scans, nil
}

// Upload shows scans in code scanning, under a commit, the source's when empty.
func Upload(ctx context.Context, c Caller, component, commit string, scans scanning.Scans) ([]string, error) {
	if c.CodeScanning == nil {
		return nil, fmt.Errorf("upload the findings of %s where to? Name the repository with with-code-scanning", component)
	}
	if commit == "" {
		var err error
		if commit, err = c.Source.Commit(ctx); err != nil {
			return nil, err
		}
	}
	return c.CodeScanning.Upload(ctx, commit, scans)
}
