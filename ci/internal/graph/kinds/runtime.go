package kinds

import (
	"context"
	"errors"
	"fmt"
)

// Runtime is the reference of the image of an interpreter, of the version that the
// component's own files name; title is what people call it.
func (p Project) Runtime(ctx context.Context, tool, title string) (string, error) {
	version := p.Spec.Version(tool)
	known, err := p.Pinned.Table(ctx)
	if err != nil {
		return "", err
	}
	image, err := known.OfVersion(tool, version.Value)
	if version.Fault != "" {
		err = errors.New(version.Fault)
	}
	if err != nil {
		return "", fmt.Errorf("%s: %s %s (from %s): %w", p.Spec.Name, title, version.Value, version.Source, err)
	}
	return image, nil
}
