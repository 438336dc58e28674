package frontend

import (
	"context"
	"fmt"
	"path"
	"slices"
	"strings"

	"github.com/pingvas/pingvas-ci/ci/internal/dagger"
	"github.com/pingvas/pingvas-ci/ci/internal/frontend"
	"github.com/pingvas/pingvas-ci/ci/internal/graph/ground"
	"github.com/pingvas/pingvas-ci/ci/internal/graph/kinds"
	"github.com/pingvas/pingvas-ci/ci/internal/plain"
)

// debianPackages are those of the settings, and what browsers are made of.
func (p Project) debianPackages() []string {
	packages := slices.Concat(p.Spec.Settings.SystemPackages, p.Spec.Settings.BuildPackages, p.Spec.Settings.TestPackages)
	if len(p.Spec.Settings.Browsers) > 0 {
		packages = append(packages, frontend.Chromium)
	}
	return packages
}

// withChromium tells tools where it is, before packages are installed: one of them may
// fetch a browser of its own else.
func (p Project) withChromium(c *dagger.Container) *dagger.Container {
	if len(p.Spec.Settings.Browsers) == 0 {
		return c
	}
	return ground.WithVariables(c, frontend.BrowserVariables()).WithNewFile("/etc/chromium.d/container", frontend.ChromiumFlags)
}

// withBrowsers has those of the settings where the project's packages look for them, and
// says where another one stands in the place of the locked one.
func (p Project) withBrowsers(ctx context.Context, installed *dagger.Container) (*dagger.Container, error) {
	if len(p.Spec.Settings.Browsers) == 0 {
		return installed, nil
	}
	const script = "/tmp/browsers.sh"
	ready := installed.
		WithNewFile(script, frontend.Browsers).
		WithExec(append([]string{"sh", script, path.Join(kinds.Root, p.Spec.Path)}, p.Spec.Settings.Browsers...)).
		WithoutFile(script)
	instead, err := ready.File(frontend.BrowserInstead).Contents(ctx)
	if err != nil {
		return nil, fmt.Errorf("%s: find a browser: %w", p.Spec.Name, err)
	}
	if instead != "" {
		fmt.Printf("! %s: %s\n", p.Spec.Name, plain.Line(strings.TrimSpace(instead)))
	}
	return ready, nil
}
