package pyenv

import (
	"fmt"
	"io/fs"
	"path"
	"regexp"
	"slices"
	"strings"

	"github.com/pingvas/pingvas-ci/ci/internal/component"
)

// versioning are the packages by which builds ask git for a project's version, each with the
// variable that tells it one. %s is the project's name: what is read for it alone says
// nothing to other packages that are built beside it.
var versioning = map[string]string{
	"setuptools-scm": "SETUPTOOLS_SCM_PRETEND_VERSION_FOR_%s", "hatch-vcs": "SETUPTOOLS_SCM_PRETEND_VERSION", "flit-scm": "SETUPTOOLS_SCM_PRETEND_VERSION",
	"poetry-dynamic-versioning": "POETRY_DYNAMIC_VERSIONING_BYPASS", "uv-dynamic-versioning": "UV_DYNAMIC_VERSIONING_BYPASS",
}

// asksGit are the variables by which a project's build, which asks git for its version, is
// told one; nil where it does not ask.
func (p Project) asksGit(fsys fs.FS) (variables []string) {
	required := requirements(component.Lookup(p.document, "build-system")["requires"])
	for _, name := range []string{"setup.py", "setup.cfg"} {
		if text, _ := fs.ReadFile(fsys, path.Join(p.Path, name)); older.Match(text) {
			required = append(required, "setuptools-scm")
		}
	}
	for _, name := range required {
		variable, is := versioning[Normal(name)]
		switch {
		case is && strings.Contains(variable, "%s") && p.Name() != "":
			variables = append(variables, fmt.Sprintf(variable, strings.ToUpper(Module(p.Name()))))
		case is:
			variables = append(variables, strings.TrimSuffix(variable, "_FOR_%s"))
		}
	}
	if component.Lookup(p.document, "tool", "pdm", "version")["source"] == "scm" {
		variables = append(variables, "PDM_BUILD_SCM_VERSION")
	}
	slices.Sort(variables)
	return slices.Compact(variables)
}

// older is how setup.py and setup.cfg say so.
var older = regexp.MustCompile(`use_scm_version|setuptools[_-]scm`)

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
