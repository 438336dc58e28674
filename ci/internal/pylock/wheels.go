package pylock

import (
	"cmp"
	"fmt"
	"regexp"
	"slices"
	"strings"
)

// A Wheelless package is one that the lock has no wheel of for a platform.
type Wheelless struct {
	Name, Version string
}

// How uv says it: of requirements, and of a pylock.toml.
var wheelless = []*regexp.Regexp{
	regexp.MustCompile(`([A-Za-z0-9][A-Za-z0-9._-]*)==(\S+) has no (?:usable )?wheels`),
	regexp.MustCompile("Package `([^`]+?)(?:==([^`]+))?` can't be installed because it (?:is marked as `--no-build` but has no binary|doesn't have a)"),
}

// WithoutWheel returns the packages of which uv says that there is no wheel, in
// what it printed when it failed. None means that it failed for another reason.
func (l Lock) WithoutWheel(output string) []Wheelless {
	output = strings.Join(strings.Fields(output), " ")
	var found []Wheelless
	for _, pattern := range wheelless {
		for _, m := range pattern.FindAllStringSubmatch(output, -1) {
			w := Wheelless{Name: m[1], Version: cmp.Or(strings.TrimRight(m[2], ",."), l.packages[normal(m[1])])}
			if !slices.Contains(found, w) {
				found = append(found, w)
			}
		}
	}
	return found
}

var noCompiler = regexp.MustCompile(`(?i)command '[^']*(?:gcc|cc|clang|g\+\+)' failed: No such file|unable to execute '[^']*(?:gcc|cc)'|Python\.h: No such file|no acceptable C compiler|Unknown compiler`)

// NoCompiler says whether a package's build printed that it lacks a compiler,
// or a compiler's files.
func NoCompiler(output string) bool {
	return noCompiler.MatchString(output)
}

// platformTags are the platforms of wheels that run on an image's platform.
var platformTags = map[string]string{
	"linux/amd64": "x86_64",
	"linux/arm64": "aarch64",
}

// Target is the platform as uv names it: glibc 2.28 is what Debian 10 and
// everything later has.
func Target(platform string) string {
	return platformTags[platform] + "-manylinux_2_28"
}

// Versions is the command that lists the versions of a package that have a
// wheel for a platform.
func Versions(name, platform string) []string {
	command := []string{"pip", "index", "versions", name, "--only-binary", ":all:", "--disable-pip-version-check"}
	for _, glibc := range []string{"manylinux_2_28", "manylinux_2_17", "manylinux2014"} {
		command = append(command, "--platform", glibc+"_"+platformTags[platform])
	}
	return command
}

var available = regexp.MustCompile(`Available versions: (.+)`)

// Explain says of a package without a wheel which versions have one, from what
// the command of Versions printed, and what can be done.
func (w Wheelless) Explain(versions, platform, path string) string {
	have := "none"
	if m := available.FindStringSubmatch(versions); m != nil {
		const most = 8
		list := strings.Split(strings.TrimSpace(m[1]), ", ")
		if len(list) > most {
			list = append(list[:most], fmt.Sprintf("and %d older", len(list)-most))
		}
		have = strings.Join(list, ", ")
	}
	return fmt.Sprintf("%s has no wheel for %s. Versions that have one: %s. Lock one of those, or publish a wheel of yours on your index, "+
		"or build this component for %s under emulation: allow-emulation = true in [tool.pingvas-ci] of %s/pyproject.toml",
		strings.TrimSpace(w.Name+" "+w.Version), platform, have, platform, path)
}
