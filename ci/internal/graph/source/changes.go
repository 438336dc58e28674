package source

import (
	"context"
	"errors"
	"fmt"

	"github.com/pingvas/pingvas-ci/ci/internal/component"
	"github.com/pingvas/pingvas-ci/ci/internal/gitrepo"
	"github.com/pingvas/pingvas-ci/ci/internal/release"
)

// Notes are what is said of a version: what was committed since the one before, or
// since a commit, by the components that it affects.
func (r *Repository) Notes(ctx context.Context, version, since string) (n release.Notes, err error) {
	n.Version = version
	components, err := r.Components(ctx)
	if err != nil {
		return n, err
	}
	n.Components = component.Delivered(components)
	err = r.History(ctx, func(repository string) error {
		if n.Before = since; since == "" {
			all, err := gitrepo.Versions(ctx, repository, "HEAD")
			if err != nil {
				return err
			}
			n.Before = release.Before(version, all)
		}
		n.Changes, err = gitrepo.Changes(ctx, repository, n.Before, "HEAD")
		return err
	})
	if errors.Is(err, ErrNoHistory) {
		fmt.Println("the notes name no changes: the source has no git history")
		return n, nil
	}
	if err != nil {
		return n, fmt.Errorf("release notes: %w", err)
	}
	from, err := r.origin(ctx)
	n.Repository = from.source
	return n, err
}
