package frontenddef

import (
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"

	"github.com/Masterminds/semver/v3"

	"github.com/pingvas/pingvas-ci/ci/internal/component"
	"github.com/pingvas/pingvas-ci/ci/internal/frontend"
)

// pnpmFiles are those of the version managers that may know pnpm.
var pnpmFiles = component.VersionFiles{Tool: "pnpm", Names: []string{"pnpm", "npm:pnpm"}, Release: func(line string) (string, error) {
	if line == "latest" {
		return frontend.NewestPnpm(), nil
	}
	return component.Release(line)
}}

const lockFile = "pnpm-lock.yaml"

// pnpmVersion is the pnpm that a directory asks for: by packageManager, devEngines, a
// version manager or engines, else the one that its lock file was made by.
func pnpmVersion(fsys fs.FS, dir string, m component.Manifest) (component.Version, error) {
	lock, err := readLock(fsys, dir, dir)
	if err != nil {
		return component.Version{}, err
	}
	lines := frontend.PnpmLines(lock.Line)
	v := wantedPnpm(fsys, dir, m)
	switch {
	case v.Fault != "":
		return v, fmt.Errorf("%s", v.Fault)
	case v.Value == "" && lock.Line == "":
		return component.Version{Tool: "pnpm", Value: lines[0], Source: component.DefaultSource}, nil
	case v.Value == "":
		return component.Version{Tool: "pnpm", Value: lock.Line, Source: lockFile}, nil
	}
	release, err := pnpmIn(v.Value, lines)
	if err != nil {
		return v, fmt.Errorf("%s: %s %q: %w", m.File, v.Source, v.Value, err)
	}
	v.Value = release
	return v, nil
}

// wantedPnpm is what somebody has written of it; the zero one where nobody has.
func wantedPnpm(fsys fs.FS, dir string, m component.Manifest) component.Version {
	named := func(value, source string) component.Version {
		return component.Version{Tool: "pnpm", Value: value, Source: source}
	}
	if manager, _ := m.Document["packageManager"].(string); manager != "" {
		wanted, is := strings.CutPrefix(manager, "pnpm@")
		wanted, _, _ = strings.Cut(wanted, "+")
		if _, err := semver.NewConstraint(wanted); !is || err != nil {
			v := named(manager, "packageManager")
			v.Fault = fmt.Sprintf("%s: packageManager %q is no version of pnpm. Write pnpm@VERSION", m.File, manager)
			return v
		}
		return named(wanted, "packageManager")
	}
	if wanted := development(m, "packageManager", "pnpm"); wanted != "" {
		return named(wanted, "devEngines.packageManager")
	}
	if wanted, _ := component.Lookup(m.Document, "volta")["pnpm"].(string); wanted != "" {
		return named(wanted, "volta.pnpm")
	}
	if v, found := pnpmFiles.In(fsys, dir); found {
		return v
	}
	if wanted, _ := component.Lookup(m.Document, "engines")["pnpm"].(string); wanted != "" {
		return named(wanted, "engines.pnpm")
	}
	v, _ := pnpmFiles.Above(fsys, dir)
	return v
}

// pnpmIn is the release that a range means: a line of which our release is in it, else
// the first release that it names.
func pnpmIn(wanted string, lines []string) (string, error) {
	if exact, err := semver.StrictNewVersion(wanted); err == nil {
		return exact.String(), nil
	}
	constraint, err := semver.NewConstraint(wanted)
	if err != nil {
		return "", fmt.Errorf("%w. Write a range like >=%s", err, lines[0])
	}
	for _, line := range lines {
		if constraint.Check(semver.MustParse(frontend.PnpmRelease(line))) {
			return line, nil
		}
	}
	for _, named := range number.FindAllString(wanted, -1) {
		if v, err := semver.NewVersion(named); err == nil && constraint.Check(v) && slices.Contains(lines, fmt.Sprint(v.Major())) {
			return v.String(), nil
		}
	}
	return "", fmt.Errorf("none of %s fits. Widen the range", strings.Join(lines, ", "))
}

// readLock reads the lock file of a directory, of which the settings lie in root; of one
// without, nothing is known.
func readLock(fsys fs.FS, dir, root string) (frontend.Lock, error) {
	text, err := fs.ReadFile(fsys, path.Join(dir, lockFile))
	if err != nil {
		return frontend.Lock{}, nil //nolint:nilerr // A package of a workspace has none of its own.
	}
	settings, err := readSettings(fsys, root)
	if err != nil {
		return frontend.Lock{}, err
	}
	return frontend.ReadLock(string(text), settings.keys())
}
