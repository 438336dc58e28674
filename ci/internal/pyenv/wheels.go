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

var noCompiler = regexp.MustCompile(`(?i)command '[^']*(?:gcc|cc|clang|g\+\+)' failed: No such file|unable to execute '[^']*(?:gcc|cc)'|Python\.h: No such file|no acceptable C compiler|Unknown compiler`)

// NoCompiler says whether a package's build printed that it lacks a compiler,
// or a compiler's files.
func NoCompiler(output string) bool {
	return noCompiler.MatchString(output)
}

var noProgram = regexp.MustCompile(`No such file or directory: '([A-Za-z][A-Za-z0-9+_.-]*)'\s`)

// Programs are those that a command printed that it could not start, by the function of
// Python that starts them. A file that it lacks has a directory before its name, or an
// ending.
func Programs(output string) (names []string) {
	if !strings.Contains(output, "_execute_child") {
		return nil
	}
	for _, m := range noProgram.FindAllStringSubmatch(output+"\n", -1) {
		if !strings.Contains(m[1], ".") && !slices.Contains(names, m[1]) {
			names = append(names, m[1])
		}
	}
	return names
}

// everywhere are programs that every developer's machine has, and the machines that run
// pipelines, with the Debian packages that have them.
var everywhere = map[string][]string{
	"git": {"git"}, "less": {"less"}, "make": {"make"}, "curl": {"curl"}, "wget": {"wget"}, "openssl": {"openssl"}, "ssh": {"openssh-client"},
	"ssh-keygen": {"openssh-client"}, "gcc": {"gcc", "libc6-dev"}, "cc": {"gcc", "libc6-dev"}, "zip": {"zip"}, "unzip": {"unzip"}, "ps": {"procps"},
	"pgrep": {"procps"}, "file": {"file"}, "rsync": {"rsync"}, "jq": {"jq"}, "patch": {"patch"}, "man": {"man-db"}, "gpg": {"gpg"}, "xz": {"xz-utils"},
}

// noCommand is how a shell says of a program that it is not there, and gitless how GitPython does.
var (
	noCommand = regexp.MustCompile(`(?m)(?:^|[\s'"/])(?:ba|da)?sh: (?:line )?\d+: ([\w-]+): (?:command )?not found`)
	gitless   = regexp.MustCompile(`(?m)Bad git executable\.|Failed to initialize: .*git`)
)

// Everywhere are the Debian packages of such programs that failed tests could not start,
// by what was printed, less those that are installed.
func Everywhere(output string, installed []string) (packages []string) {
	names := append(Programs(output), Suspected(output, installed)...)
	for _, m := range noCommand.FindAllStringSubmatch(output, -1) {
		names = append(names, m[1])
	}
	if gitless.MatchString(output) {
		names = append(names, "git")
	}
	for _, name := range names {
		packages = append(packages, everywhere[name]...)
	}
	slices.Sort(packages)
	return minus(slices.Compact(packages), installed)
}

// Elsewhere are those of programs that not every developer's machine has.
func Elsewhere(programs []string) []string {
	return slices.DeleteFunc(programs, func(name string) bool { return everywhere[name] != nil })
}

// notInstalled is how programs of Python say of another one that it is not there.
var notInstalled = regexp.MustCompile("(?m)^(?:E  |FAILED ).*?[\\s'\"`](\\w+)['\"`]? (?:is |was |command |executable )?(?:not installed|not found|not available)\\b")

var failedCase = regexp.MustCompile(`(?m)^FAILED [^\n]*\[([^\]\n]*)\]`)

// suspects are programs that tests start and the image of Python does not have: some look
// for them first, and go on without.
var suspects = []string{"git", "less", "ssh", "make", "gcc", "node", "ffmpeg", "vim", "nano", "zsh", "fish"}

// Suspected are such programs that failed tests say are not there, or that most of the
// failed cases have in their names, less those that are installed.
func Suspected(output string, installed []string) (names []string) {
	cases := failedCase.FindAllStringSubmatch(output, -1)
	for _, m := range notInstalled.FindAllStringSubmatch(output, -1) {
		if slices.Contains(suspects, m[1]) && !slices.Contains(names, m[1]) {
			names = append(names, m[1])
		}
	}
	if len(names) > 0 {
		return names
	}
	for _, name := range suspects {
		of := 0
		for _, m := range cases {
			if slices.Contains(strings.FieldsFunc(m[1], func(r rune) bool { return strings.ContainsRune(" -_/", r) }), name) {
				of++
			}
		}
		if of*2 > len(cases) && !slices.ContainsFunc(installed, func(pkg string) bool { return strings.HasPrefix(pkg, name) }) {
			names = append(names, name)
		}
	}
	return names
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
