package source

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/pingvas/pingvas-ci/ci/internal/affected"
	"github.com/pingvas/pingvas-ci/ci/internal/component"
	"github.com/pingvas/pingvas-ci/ci/internal/gitrepo"
)

// Affected are the components that what changed between two commits affects;
// without a base, every one.
func (r *Repository) Affected(ctx context.Context, base, head string) ([]affected.Affected, error) {
	found, err := r.Components(ctx)
	if err != nil {
		return nil, err
	}
	if base == "" {
		return affected.All(found, "no base to compare with was given"), nil
	}
	if gitrepo.IsZero(base) {
		return affected.All(found, "a first push has no commit to compare with"), nil
	}
	var changed []string
	err = r.History(ctx, func(repository string) (err error) {
		changed, err = gitrepo.ChangedFiles(ctx, repository, base, head)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("plan %s..%s: %w", base, head, err)
	}
	return affected.Plan(found, changed)
}

// Undeployed compares each component with what is deployed of it: the commit
// that its tag in the GitOps repository names. So a run that failed, or was
// never started, loses no change.
func (r *Repository) Undeployed(ctx context.Context, deployed map[string]string) ([]affected.Affected, error) {
	found, err := r.Components(ctx)
	if err != nil {
		return nil, err
	}
	found = component.Delivered(found)
	var all []affected.Affected
	err = r.History(ctx, func(repository string) error {
		for _, c := range found {
			since, err := affectedSince(ctx, repository, c, deployed[c.Name])
			if err != nil {
				return err
			}
			all = append(all, since...)
		}
		return nil
	})
	if errors.Is(err, ErrNoHistory) {
		return affected.All(found, "the source has no git history"), nil
	}
	return all, err
}

// affectedSince tells whether a component is affected by what happened since
// the commit that its deployed tag names: a list of it alone, or of nothing.
func affectedSince(ctx context.Context, repository string, c component.Component, tag string) ([]affected.Affected, error) {
	alone := []component.Component{c}
	if tag == "" {
		return affected.All(alone, "nothing of it is deployed yet"), nil
	}
	changed, err := gitrepo.ChangedFiles(ctx, repository, strings.TrimSuffix(tag, c.TagSuffix), "HEAD")
	switch {
	case err == nil:
		return affected.Plan(alone, changed)
	case errors.Is(err, gitrepo.ErrNoCommit):
		return affected.All(alone, fmt.Sprintf("the deployed tag %q is no commit of this history", tag)), nil
	}
	return nil, fmt.Errorf("compare %s with what is deployed: %w", c.Name, err)
}

// Differs tells whether a component's files differ from those of a commit. Where
// that commit is not known, the error is gitrepo.ErrNoCommit.
func (r *Repository) Differs(ctx context.Context, name, commit string) (differs bool, err error) {
	c, err := r.Find(ctx, name)
	if err != nil {
		return false, err
	}
	err = r.History(ctx, func(repository string) error {
		changed, err := gitrepo.ChangedFiles(ctx, repository, commit, "HEAD")
		if err != nil {
			return err
		}
		plan, err := affected.Plan([]component.Component{c}, changed)
		differs = len(plan) > 0
		return err
	})
	if errors.Is(err, ErrNoHistory) {
		err = fmt.Errorf("%w: %w", gitrepo.ErrNoCommit, err)
	}
	return differs, err
}
