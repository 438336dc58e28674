package frontenddef

import (
	"fmt"
	"io/fs"
	"maps"
	"path"
	"slices"
	"strings"

	"github.com/pingvas/pingvas-ci/ci/internal/component"
	"github.com/pingvas/pingvas-ci/ci/internal/frontend"
)

// Checks are roots with a gate that runs a tool of their own over the workspace, such as
// eslint or Vitest, and those that say so by settings.
func (w *workspace) Checks() (root string, has bool) {
	return w.path, w.root.configured || slices.ContainsFunc(frontend.Gates, func(gate string) bool {
		script, _ := frontend.Script(w.root.scripts, gate)
		return frontend.Own(w.root.scripts, script)
	})
}

// unchecked says of a root whose scripts run those of packages that there are packages
// whose gates are no component's; empty for any other root.
func (w *workspace) unchecked(fsys fs.FS) string {
	components, libraries, gates := w.Components(fsys), map[string]bool{}, map[string]bool{}
	for _, gate := range frontend.Gates {
		script, _ := frontend.Script(w.root.scripts, gate)
		for dir, p := range w.packages {
			if own, _ := frontend.Script(p.scripts, gate); script != "" && own != "" && !slices.Contains(components, dir) {
				libraries[dir], gates[script] = true, true
			}
		}
	}
	if len(libraries) == 0 {
		return ""
	}
	const most = 3
	names := slices.Sorted(maps.Keys(libraries))
	listed := strings.Join(names[:min(most, len(names))], ", ")
	if more := len(names) - most; more > 0 {
		listed += fmt.Sprintf(" and %d more", more)
	}
	return fmt.Sprintf("its scripts %s run those of its packages, and no component has those of %s; to have them run, write %q: {} in %s",
		strings.Join(slices.Sorted(maps.Keys(gates)), ", "), listed, "pingvas-ci", path.Join(w.path, "package.json"))
}

// checksOnly tells whether a component is the root of the workspace, and nothing is built
// there: its gates are for all of it.
func (w *workspace) checksOnly(c *component.Component) bool {
	// That of a folder of Dockerfiles is another's, unless settings name it.
	named := c.Settings.Dockerfile != "" && (w.root.configured || c.Settings.Dockerfile != path.Join(w.path, "docker/Dockerfile"))
	return c.Path == w.path && len(w.packages) > 0 && !w.root.builds && !named && c.Settings.Output == ""
}

// ofComponent tells whether settings are there, and not of the whole repository alone.
func ofComponent(settings map[string]any) bool {
	return settings != nil && (len(settings) != 1 || settings["repository"] == nil)
}
