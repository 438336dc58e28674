package frontenddef

import (
	"fmt"
	"io/fs"
	"regexp"
	"slices"
	"strings"

	"github.com/Masterminds/semver/v3"

	"github.com/pingvas/pingvas-ci/ci/internal/component"
)

// nodeVersions are those to choose from where a component names a range: the guide's
// first, which is the default, then what is newer, then what is older.
var nodeVersions = []string{"22", "24", "26", "25", "23", "20", "18"}

// versionOf reads the version of a tool by the files of a directory and by its
// manifest.
var versionOf = map[string]func(fsys fs.FS, dir string, m component.Manifest) (component.Version, error){
	"node": nodeVersion, "pnpm": pnpmVersion,
}

// nodeFiles are those that say which Node.js a directory has.
var nodeFiles = component.VersionFiles{Tool: "node", Names: []string{"node", "nodejs"}, Files: []string{".nvmrc", ".node-version"}, Release: nodeRelease}

func nodeVersion(fsys fs.FS, dir string, m component.Manifest) (component.Version, error) {
	if v, found := nodeFiles.In(fsys, dir); found {
		return v, nil
	}
	if pinned, _ := component.Lookup(m.Document, "volta")["node"].(string); pinned != "" {
		if release, err := nodeRelease(pinned); err == nil {
			return component.Version{Tool: "node", Value: release, Source: "volta.node"}, nil
		}
	}
	v, err := engine(m, nodeVersions)
	if v.Source == component.DefaultSource {
		if above, found := nodeFiles.Above(fsys, dir); found {
			return above, nil
		}
	}
	if err != nil {
		v.Fault = err.Error()
	}
	return v, nil
}

// newestNode is the line that releases begin in, and nodeLTS those of long-term
// support, the newest first, by the names that version managers know them by.
const newestNode = "26"

var nodeLTS = []struct{ line, name string }{{"26", "lithium"}, {"24", "krypton"}, {"22", "jod"}, {"20", "iron"}, {"18", "hydrogen"}}

// nodeRelease is what a line of .nvmrc means: a version, or an alias of one.
func nodeRelease(line string) (string, error) {
	alias := strings.ToLower(line)
	switch alias {
	case "node", "current", "latest", "stable":
		return newestNode, nil
	case "lts", "lts/*":
		return nodeLTS[0].line, nil
	}
	for back, lts := range nodeLTS {
		if alias == "lts/"+lts.name || alias == fmt.Sprintf("lts/-%d", back) {
			return lts.line, nil
		}
	}
	version, err := component.Release(strings.TrimPrefix(alias, "node-"))
	if err != nil {
		return "", fmt.Errorf("%q is no version of Node.js. Write one like 22 or lts/jod", line)
	}
	return version, nil
}

// engine chooses the Node.js of package.json's "devEngines" or "engines".
func engine(m component.Manifest, candidates []string) (component.Version, error) {
	const tool = "node"
	wanted, field := development(m, "runtime", tool), "devEngines.runtime"
	if wanted == "" {
		wanted, _ = component.Lookup(m.Document, "engines")[tool].(string)
		field = "engines." + tool
	}
	if wanted == "" {
		return component.Version{Tool: tool, Value: candidates[0], Source: component.DefaultSource}, nil
	}
	v := component.Version{Tool: tool, Value: wanted, Source: field}
	constraint, err := semver.NewConstraint(wanted)
	if err != nil {
		return v, fmt.Errorf("%s: %s %q: %w. Write a range like >=%s", m.File, field, wanted, err, candidates[0])
	}
	if exact, err := semver.StrictNewVersion(wanted); err == nil {
		v.Value = exact.String()
		return v, nil
	}
	for _, c := range candidates {
		// A major version's image holds its newest release. A range that ends
		// within a line begins in it.
		if constraint.Check(semver.MustParse(c+".999.999")) || begins(wanted, constraint, c) {
			v.Value = c
			return v, nil
		}
	}
	return v, fmt.Errorf("%s: %s %q: none of %s fits. Widen the range", m.File, field, wanted, strings.Join(candidates, ", "))
}

// development is the version that "devEngines" has for a tool, as one of a list or
// alone; empty for none.
func development(m component.Manifest, what, tool string) string {
	named := component.Lookup(m.Document, "devEngines")[what]
	all, isList := named.([]any)
	if !isList {
		all = []any{named}
	}
	for _, one := range all {
		if entry, _ := one.(map[string]any); entry["name"] == tool {
			version, _ := entry["version"].(string)
			return version
		}
	}
	return ""
}

var number = regexp.MustCompile(`\d+(?:\.\d+){0,2}`)

// begins tells whether a release of a line that a range names is in the range, as
// of ~22.11.0.
func begins(wanted string, in *semver.Constraints, line string) bool {
	return slices.ContainsFunc(number.FindAllString(wanted, -1), func(named string) bool {
		v, err := semver.NewVersion(named)
		return err == nil && fmt.Sprint(v.Major()) == line && in.Check(v)
	})
}
