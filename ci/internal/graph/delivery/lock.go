package delivery

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"

	"github.com/pingvas/pingvas-ci/ci/internal/graph/ground"
	"github.com/pingvas/pingvas-ci/ci/internal/graph/publishing"
	"github.com/pingvas/pingvas-ci/ci/internal/images"
)

// LockImages is the text of an image lock: the images of the table and those that Dockerfiles
// of components name, each by the digest that it has now, from the mirror of its
// registry where there is one. Only, where there are any, are the names to lock.
func LockImages(ctx context.Context, c Caller, mirrors images.Mirrors, only []string) (text string, err error) {
	named, err := c.namedImages(ctx, only)
	if err != nil {
		return "", err
	}
	services := publishing.Services(c.Targets)
	if err := services.Start(ctx); err != nil {
		return "", err
	}
	registries, err := publishing.OpenAll(ctx, c.Targets)
	if err != nil {
		return "", err
	}
	steps := ground.NewSteps(c.Parallel)
	lock := images.Lock{Images: map[string]string{}}
	var mu sync.Mutex
	var jobs []ground.Job
	for _, name := range slices.Sorted(maps.Keys(named)) {
		jobs = append(jobs, func(ctx context.Context) error {
			return steps.Do(ctx, name, "lock", func(ctx context.Context) (string, error) {
				at, err := mirrors.Find(named[name])
				if err != nil {
					return "", err
				}
				pinned, err := publishing.PinImage(ctx, registries, at)
				mu.Lock()
				defer mu.Unlock()
				lock.Images[name] = pinned
				return pinned, err
			})
		})
	}
	if err := steps.All(ctx, jobs); err != nil {
		return "", err
	}
	written, err := lock.JSON()
	return string(written) + "\n", err
}

// namedImages are the references of the images to lock, by the names that they are
// asked for by. One that the table knows goes by its tag: the digest of today is
// wanted.
func (c Caller) namedImages(ctx context.Context, only []string) (map[string]string, error) {
	named := map[string]string{}
	projects, err := c.All(ctx)
	if err != nil {
		return nil, err
	}
	for _, p := range projects {
		references, err := p.NamedImages(ctx)
		if err != nil {
			return nil, err
		}
		for _, reference := range references {
			name, _, _ := strings.Cut(reference, "@")
			named[name] = reference
		}
	}
	for _, image := range images.Public {
		named[image.Name], _, _ = strings.Cut(image.Reference, "@")
	}
	if len(only) == 0 {
		return named, nil
	}
	var failures []error
	wanted := map[string]string{}
	for _, name := range only {
		if wanted[name] = named[name]; wanted[name] == "" {
			failures = append(failures, fmt.Errorf("image %q is neither in the table nor in a component's Dockerfile. Name one of: %s",
				name, strings.Join(slices.Sorted(maps.Keys(named)), ", ")))
		}
	}
	return wanted, errors.Join(failures...)
}
