package pyenv

import (
	"io/fs"
	"path"
	"regexp"
	"slices"
	"strings"

	"github.com/pingvas/pingvas-ci/ci/internal/component"
)

// versioning are the packages by which builds ask git for a project's version.
var versioning = []string{"setuptools-scm", "hatch-vcs", "flit-scm", "poetry-dynamic-versioning", "uv-dynamic-versioning"}

// asksGit tells whether a project's build asks git for its version.
func (p Project) asksGit(fsys fs.FS) bool {
	required := requirements(component.Lookup(p.document, "build-system")["requires"])
	script, _ := fs.ReadFile(fsys, path.Join(p.Path, "setup.py"))
	return slices.ContainsFunc(required, func(name string) bool { return slices.Contains(versioning, Normal(name)) }) ||
		component.Lookup(p.document, "tool", "pdm", "version")["source"] == "scm" || strings.Contains(string(script), "use_scm_version")
}

// noRelease is the version of what was never released.
const noRelease = "0.0.0"

var tagged = regexp.MustCompile(`^(?:[A-Za-z][A-Za-z_./@-]*[-_/@])?[vV]?(\d+(?:\.\d+)*(?:[-_.]?(?:a|b|c|rc|alpha|beta|pre|post|dev)[-_.]?\d*)*)$`)

// Released is the version that a tag names.
func Released(tag string) string {
	m := tagged.FindStringSubmatch(tag)
	if m == nil {
		return noRelease
	}
	return m[1]
}

// ReleasedEnvironment has builds that ask git for a version take one: where a project
// is installed, only files are.
func ReleasedEnvironment(version string) map[string]string {
	return map[string]string{
		"SETUPTOOLS_SCM_PRETEND_VERSION": version, "PDM_BUILD_SCM_VERSION": version,
		"POETRY_DYNAMIC_VERSIONING_BYPASS": version, "UV_DYNAMIC_VERSIONING_BYPASS": version,
	}
}
