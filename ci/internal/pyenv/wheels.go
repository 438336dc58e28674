package pyenv

import (
	"cmp"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// A Wheelless package is one that there is no wheel of for a platform.
type Wheelless struct {
	Name, Version string
}

// How uv says it: of requirements, and of a pylock.toml.
var wheelless = []*regexp.Regexp{
	regexp.MustCompile(`([A-Za-z0-9][A-Za-z0-9._-]*)==(\S+) has no (?:usable )?wheels`),
	regexp.MustCompile("Distribution `([^`]+?)==(\\S+) @[^`]*` can't be installed because it"),
	regexp.MustCompile("Package `([^`]+?)(?:==([^`]+))?` can't be installed because it (?:is marked as `--no-build` but has no binary|doesn't have a)"),
}

// WithoutWheel returns the packages of which uv says that there is no wheel, in
// what it printed when it failed. None means that it failed for another reason.
func (p Project) WithoutWheel(output string) []Wheelless {
	output = strings.Join(strings.Fields(output), " ")
	var found []Wheelless
	for _, pattern := range wheelless {
		for _, m := range pattern.FindAllStringSubmatch(output, -1) {
			w := Wheelless{Name: m[1], Version: cmp.Or(strings.TrimRight(m[2], ",."), p.Locked(m[1]))}
			if !slices.Contains(found, w) {
				found = append(found, w)
			}
		}
	}
	return found
}

// platformTags are the platforms of wheels that run on an image's platform.
var platformTags = map[string]string{
	"linux/amd64": "x86_64",
	"linux/arm64": "aarch64",
}

// newestGlibc is the second number of the newest glibc that uv knows.
const newestGlibc = 40

// Glibc is the Python that prints which glibc an image has.
const Glibc = "import platform; print(platform.libc_ver()[1])"

// Target is a platform as uv names it, for an image with a version of glibc: wheels
// for that one and for all before are chosen among. Of an image without, such as
// Alpine's, it is the one for musl.
func Target(platform, glibc string) string {
	minor, is := strings.CutPrefix(strings.TrimSpace(glibc), "2.")
	number, err := strconv.Atoi(minor)
	if !is || err != nil {
		return platformTags[platform] + "-unknown-linux-musl"
	}
	return fmt.Sprintf("%s-manylinux_2_%d", platformTags[platform], min(number, newestGlibc))
}

// Versions is the command that lists the versions of a package that have a
// wheel for a platform.
func Versions(name, platform string) []string {
	command := []string{"pip", "index", "versions", name, "--only-binary", ":all:", "--disable-pip-version-check"}
	for minor := 17; minor <= newestGlibc; minor++ {
		command = append(command, "--platform", fmt.Sprintf("manylinux_2_%d_%s", minor, platformTags[platform]))
	}
	command = append(command, "--platform", "manylinux2014_"+platformTags[platform])
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
