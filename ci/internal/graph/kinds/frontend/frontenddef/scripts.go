package frontenddef

import (
	"io/fs"
	"path"
	"regexp"
	"slices"

	"github.com/pingvas/pingvas-ci/ci/internal/component"
	"github.com/pingvas/pingvas-ci/ci/internal/frontend"
)

// standing is the script that stands for a gate of a component; where there is none, why.
// Tests that measure what they cover go first where somebody has set how much that is to
// be: no other script judges it, but one that runs it.
func standing(fsys fs.FS, c *component.Component, scripts map[string]string, gate string) (script, why string) {
	all, _ := frontend.Script(scripts, gate)
	within := slices.Contains(frontend.Reached(scripts, all), frontend.Covered)
	if gate == "test" && !within && (c.Settings.CoverageThreshold > 0 || thresholds(fsys, c.Path, scripts)) {
		if script, _ = frontend.Script(map[string]string{frontend.Covered: scripts[frontend.Covered]}, gate); script != "" {
			return script, ""
		}
	}
	return frontend.Script(scripts, gate)
}

// judges are options of Vitest, Jest, nyc and c8.
var judges = regexp.MustCompile(`\b(thresholds?|coverageThreshold|check-coverage)\b`)

// testConfigures are the names of files that configure Vitest or Jest.
var testConfigures = regexp.MustCompile(`^(vite|vitest|jest)\.config\.|^vitest\.workspace\.|^package\.json$|^\.(nyc|c8)rc(\.(json|ya?ml))?$|^nyc\.config\.`)

// thresholds tells whether a directory configures how much its tests have to cover, or
// the script says so itself.
func thresholds(fsys fs.FS, dir string, scripts map[string]string) bool {
	if scripts[frontend.Covered] == "" {
		return false
	}
	entries, err := fs.ReadDir(fsys, dir)
	return judges.MatchString(scripts[frontend.Covered]) || err == nil && slices.ContainsFunc(entries, func(entry fs.DirEntry) bool {
		if entry.IsDir() || !testConfigures.MatchString(entry.Name()) {
			return false
		}
		text, err := fs.ReadFile(fsys, path.Join(dir, entry.Name()))
		return err == nil && frontend.Thresholds(string(text))
	})
}
