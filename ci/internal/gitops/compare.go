package gitops

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/pingvas/pingvas-ci/ci/internal/gitrepo"
	"github.com/pingvas/pingvas-ci/ci/internal/kustomize"
)

// Compare returns the difference of an environment's rendered manifests
// between a checkout and another one.
func Compare(ctx context.Context, before, after, environment string) (kustomize.Comparison, error) {
	comparison, err := kustomize.CompareEnvironment(ctx, before, after, environment)
	if err != nil {
		return comparison, fmt.Errorf("compare the manifests of %s: %w", environment, err)
	}
	return comparison, nil
}

// CompareWith is Compare of a checkout with a commit of its own history.
func CompareWith(ctx context.Context, dir, commit, environment string) (comparison kustomize.Comparison, err error) {
	parent, err := os.MkdirTemp("", "compare-*")
	if err != nil {
		return comparison, fmt.Errorf("compare the manifests of %s: %w", environment, err)
	}
	defer func() { err = errors.Join(err, os.RemoveAll(parent)) }()
	before := filepath.Join(parent, "before")
	if err := os.Mkdir(before, 0o700); err != nil {
		return comparison, fmt.Errorf("compare the manifests of %s: %w", environment, err)
	}
	if err := gitrepo.Extract(ctx, dir, commit, before); err != nil {
		return comparison, err
	}
	return Compare(ctx, before, dir, environment)
}
