package pydef

import (
	"io/fs"
	"maps"
	"slices"
	"strings"

	"github.com/pingvas/pingvas-ci/ci/internal/component"
	"github.com/pingvas/pingvas-ci/ci/internal/pyenv"
)

// needs are the Debian packages that packages of the index are of no use without,
// each by its own documentation: to run, and to be built where it has no wheels.
var needs = map[string]struct{ run, build []string }{
	"psycopg2":    {[]string{"libpq5"}, []string{"gcc", "libc6-dev", "libpq-dev"}},
	"psycopg":     {[]string{"libpq5"}, nil},
	"mysqlclient": {[]string{"libmariadb3"}, []string{"gcc", "libc6-dev", "libmariadb-dev", "pkg-config"}},
	"pycairo":     {[]string{"libcairo2"}, []string{"gcc", "libc6-dev", "libcairo2-dev", "pkg-config"}},
	// The library has a name of its own in each release of Debian, on which its tools depend.
	"python-ldap": {[]string{"ldap-utils"}, []string{"gcc", "libc6-dev", "libldap-dev", "libsasl2-dev"}},
	"pdf2image":   {[]string{"poppler-utils"}, nil},
	"pydub":       {[]string{"ffmpeg"}, nil},
	"pytesseract": {[]string{"tesseract-ocr"}, nil},
	"weasyprint":  {[]string{"libpango-1.0-0", "libpangoft2-1.0-0"}, nil},
}

// ofNeeds fills in the system packages that what the project installs takes, where no
// setting names any.
func ofNeeds(c *component.Component, made pyenv.Project) {
	var run, build, source []string
	for name, need := range needs {
		if !needed(made.Asks, name) { // What only the checks install, only they need.
			continue
		}
		run, build, source = append(run, need.run...), append(build, need.build...), append(source, name)
	}
	slices.Sort(source)
	infer := func(setting string, into *[]string, packages []string) {
		slices.Sort(packages)
		if packages = slices.Compact(packages); len(*into) == 0 && len(packages) > 0 {
			*into = packages
			c.Infer(setting, strings.Join(packages, " "), "for "+strings.Join(source, ", "))
		}
	}
	infer("system-packages", &c.Settings.SystemPackages, run)
	infer("build-packages", &c.Settings.BuildPackages, build)
	if len(made.Shipped) > 0 && made.Manager != pyenv.Pip && c.Settings.Dockerfile == "" {
		c.Infer("the image", "with the group "+strings.Join(made.Shipped, ", "), made.Manifest())
	}
}

// needed tells whether what is there of packages has needs.
func needed(has func(string) bool, name string) bool {
	return has(name) && (name != "psycopg" || !has("psycopg-binary"))
}

// ofPrograms has the checks have the Debian packages that the project's pipeline installs
// before its tests, where no setting names any.
func ofPrograms(fsys fs.FS, c *component.Component, made pyenv.Project) {
	_, pytest := c.Tool("pytest")
	if c.Sets("systemPackages") || c.Sets("testPackages") || !pytest && len(c.Settings.Gates["test"].Commands) == 0 {
		return
	}
	before := made.Prepares(fsys)
	packages, source := slices.Clone(before.Packages), []string{"as in " + before.File}
	if len(packages) == 0 {
		source = nil
	}
	for _, name := range slices.Sorted(maps.Keys(needs)) {
		if needed(made.Has, name) && !needed(made.Asks, name) {
			packages, source = slices.Concat(packages, needs[name].run, needs[name].build), append(source, "for "+name)
		}
	}
	slices.Sort(packages)
	c.Settings.TestPackages = slices.DeleteFunc(slices.Compact(packages), func(name string) bool {
		return slices.Contains(c.Settings.SystemPackages, name) || slices.Contains(c.Settings.BuildPackages, name)
	})
	if len(c.Settings.TestPackages) > 0 {
		c.Infer(TestPackages, strings.Join(c.Settings.TestPackages, " "), strings.Join(source, ", "))
	}
}

// TestPackages is the setting of the packages that the checks alone have.
const TestPackages = "test-packages"
