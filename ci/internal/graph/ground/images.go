package ground

import (
	"context"
	"fmt"
	"strings"

	"github.com/pingvas/pingvas-ci/ci/internal/dagger"
	"github.com/pingvas/pingvas-ci/ci/internal/images"
)

// Images are the images of somebody else's: the public ones, with the caller's
// image lock over them.
type Images struct {
	Lock *dagger.File
}

// Table lists them.
func (i Images) Table(ctx context.Context) (images.Table, error) {
	if i.Lock == nil {
		return images.Public, images.Public.Check()
	}
	text, err := i.Lock.Contents(ctx)
	if err != nil {
		return nil, fmt.Errorf("read the image lock: %w", err)
	}
	lock, err := images.ParseLock([]byte(text))
	if err != nil {
		return nil, err
	}
	return images.Public.With(lock)
}

// Reference is the reference of one image by its name.
func (i Images) Reference(ctx context.Context, name string) (string, error) {
	all, err := i.Table(ctx)
	if err != nil {
		return "", err
	}
	return all.Reference(name)
}

// Container is one image by its name, for a platform: the engine's when empty.
func (i Images) Container(ctx context.Context, name string, platform dagger.Platform) (*dagger.Container, error) {
	reference, err := i.Reference(ctx, name)
	if err != nil {
		return nil, err
	}
	return dag.Container(dagger.ContainerOpts{Platform: platform}).From(reference), nil
}

// List is a line for each image: the reference with its digest, and where that
// was published.
func (i Images) List(ctx context.Context) (string, error) {
	table, err := i.Table(ctx)
	if err != nil {
		return "", err
	}
	var list strings.Builder
	for _, image := range table {
		fmt.Fprintf(&list, "%s\n    %s\n", image.Reference, image.Source)
		if image.Unpinned != "" {
			fmt.Fprintf(&list, "    unpinned: %s\n", image.Unpinned)
		}
	}
	return list.String(), nil
}

// Check asks the registries for every image by its digest, and fails with all
// that are not there any more, or cannot be reached.
func (i Images) Check(ctx context.Context, parallel int) error {
	table, err := i.Table(ctx)
	if err != nil {
		return err
	}
	steps := NewSteps(parallel)
	var jobs []Job
	for _, image := range table {
		jobs = append(jobs, func(ctx context.Context) error {
			return steps.Do(ctx, image.Name, "resolve", func(ctx context.Context) (string, error) {
				return dag.Container().From(image.Reference).ImageRef(ctx)
			})
		})
	}
	return steps.All(ctx, jobs)
}

// Digest is the digest that an image has now, as the engine finds it.
func Digest(ctx context.Context, reference string) (string, error) {
	found, err := dag.Container().From(reference).ImageRef(ctx)
	if err != nil {
		return "", fmt.Errorf("the engine finds none. Log in where the engine is started, give the login by with-registry, or name a mirror that has it: %w", err)
	}
	_, digest, _ := strings.Cut(found, "@")
	return digest, nil
}
