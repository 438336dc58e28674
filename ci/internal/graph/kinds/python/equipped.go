package python

import (
	"context"
	"fmt"
	"path"
	"slices"
	"strings"

	"github.com/pingvas/pingvas-ci/ci/internal/dagger"
	"github.com/pingvas/pingvas-ci/ci/internal/graph/ground"
	"github.com/pingvas/pingvas-ci/ci/internal/graph/kinds/python/pydef"
	"github.com/pingvas/pingvas-ci/ci/internal/pyenv"
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

// equipped is the project with the programs that its tests could not start, by the error
// that they ended with, and that every developer's machine has; false where that is not why.
func (p Project) equipped(err error) (Project, bool) {
	printed, exited := ground.Printed(err)
	if !exited {
		return p, false
	}
	settings := p.Spec.Settings
	more := pyenv.Everywhere(printed, slices.Concat(settings.SystemPackages, settings.BuildPackages, settings.TestPackages))
	if len(more) == 0 {
		return p, false
	}
	fmt.Printf("· %s: its tests start what a developer's machine has and the image of Python has not, so they run again with %s. Named in %s, in [tool.pingvas-ci] of %s, it is there the first time\n",
		p.Spec.Name, strings.Join(more, ", "), pydef.TestPackages, p.manifest())
	p.Spec.Settings.TestPackages = append(slices.Clip(settings.TestPackages), more...)
	return p, true
}

// manifest is where the component's settings are, or would be.
func (p Project) manifest() string { return path.Join(p.Spec.Path, "pyproject.toml") }
