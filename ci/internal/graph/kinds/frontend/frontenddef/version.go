package frontenddef

import (
	"fmt"
	"io/fs"
	"path"
	"regexp"
	"strings"

	"github.com/Masterminds/semver/v3"

	"github.com/pingvas/pingvas-ci/ci/internal/component"
)

// The versions to choose from where a component names a range: the guide's
// first, which is the default, then what is newer, then what is older.
var (
	nodeVersions = []string{"22", "24", "23", "25", "20", "18"}
	pnpmVersions = []string{"9", "10", "8"}
)

// versionOf reads the version of a tool by the files of a directory and by its
// manifest.
var versionOf = map[string]func(fsys fs.FS, dir string, m component.Manifest) (component.Version, error){
	"node": nodeVersion, "pnpm": pnpmVersion,
}

func nodeVersion(fsys fs.FS, dir string, m component.Manifest) (component.Version, error) {
	for _, name := range []string{".nvmrc", ".node-version"} {
		if v, found, err := component.VersionFile(fsys, path.Join(dir, name)); found || err != nil {
			return component.Version{Tool: "node", Value: v, Source: name}, err
		}
	}
	return engine(m, "node", nodeVersions)
}

var packageManager = regexp.MustCompile(`^pnpm@(\d+(?:\.\d+){0,2}(?:-[0-9A-Za-z.-]+)?)(?:\+.*)?$`)

func pnpmVersion(_ fs.FS, _ string, m component.Manifest) (component.Version, error) {
	wanted, _ := m.Document["packageManager"].(string)
	if wanted == "" {
		return engine(m, "pnpm", pnpmVersions)
	}
	match := packageManager.FindStringSubmatch(wanted)
	if match == nil {
		return component.Version{}, fmt.Errorf("%s: packageManager %q is no version of pnpm. Write pnpm@VERSION", m.File, wanted)
	}
	return component.Version{Tool: "pnpm", Value: match[1], Source: "packageManager"}, nil
}

// engine chooses by package.json's "engines".
func engine(m component.Manifest, tool string, candidates []string) (component.Version, error) {
	wanted, _ := component.Lookup(m.Document, "engines")[tool].(string)
	if wanted == "" {
		return component.Version{Tool: tool, Value: candidates[0], Source: component.DefaultSource}, nil
	}
	fail := func(err error) (component.Version, error) {
		return component.Version{}, fmt.Errorf("%s: engines.%s %q: %w", m.File, tool, wanted, err)
	}
	constraint, err := semver.NewConstraint(wanted)
	if err != nil {
		return fail(err)
	}
	if exact, err := semver.StrictNewVersion(wanted); err == nil {
		return component.Version{Tool: tool, Value: exact.String(), Source: "engines." + tool}, nil
	}
	for _, c := range candidates {
		// A major version's image holds its newest release.
		if constraint.Check(semver.MustParse(c + ".999.999")) {
			return component.Version{Tool: tool, Value: c, Source: "engines." + tool}, nil
		}
	}
	return fail(fmt.Errorf("none of %s fits; widen the range", strings.Join(candidates, ", ")))
}
