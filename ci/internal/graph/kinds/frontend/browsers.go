package frontend

import (
	"path"
	"slices"

	"github.com/pingvas/pingvas-ci/ci/internal/dagger"
	"github.com/pingvas/pingvas-ci/ci/internal/frontend"
	"github.com/pingvas/pingvas-ci/ci/internal/graph/ground"
	"github.com/pingvas/pingvas-ci/ci/internal/graph/kinds"
)

// debianPackages are those of the settings, and what browsers are made of.
func (p Project) debianPackages() []string {
	packages := slices.Concat(p.Spec.Settings.SystemPackages, p.Spec.Settings.BuildPackages)
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

// withBrowsers has those of the settings where the project's packages look for them.
func (p Project) withBrowsers(installed *dagger.Container) *dagger.Container {
	if len(p.Spec.Settings.Browsers) == 0 {
		return installed
	}
	const script = "/tmp/browsers.sh"
	return installed.
		WithNewFile(script, frontend.Browsers).
		WithExec(append([]string{"sh", script, path.Join(kinds.Root, p.Spec.Path)}, p.Spec.Settings.Browsers...)).
		WithoutFile(script)
}
