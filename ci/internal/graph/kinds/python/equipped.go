package python

import (
	"context"
	"fmt"
	"path"
	"strings"

	"github.com/pingvas/pingvas-ci/ci/internal/dagger"
	"github.com/pingvas/pingvas-ci/ci/internal/graph/ground"
	"github.com/pingvas/pingvas-ci/ci/internal/graph/kinds/python/pydef"
)

// withTestPackages has the Debian packages that the checks alone have. What a pipeline
// installs is for its own system: of what Debian has not it is said that the checks go on
// without.
func (p Project) withTestPackages(ctx context.Context, base *dagger.Container) (*dagger.Container, error) {
	source, inferred := p.Spec.InferredFrom(pydef.TestPackages)
	if !inferred {
		return ground.WithSystemPackages(base, p.Spec.Settings.TestPackages), nil
	}
	with, unknown, err := ground.WithKnownPackages(ctx, base, p.Spec.Settings.TestPackages)
	if err == nil && len(unknown) > 0 {
		fmt.Printf("· %s: the checks go on without %s, %s: Debian does not install that. Name what stands for it: %s = [\"...\"] in [tool.pingvas-ci] of %s\n",
			p.Spec.Name, strings.Join(unknown, ", "), source, pydef.TestPackages, p.manifest())
	}
	return with, err
}

// manifest is where the component's settings are, or would be.
func (p Project) manifest() string { return path.Join(p.Spec.Path, "pyproject.toml") }
