package component

import (
	"fmt"
	"io/fs"
	"path"
	"regexp"
	"strconv"
	"strings"

	"github.com/Masterminds/semver/v3"
)

// Version is a tool's version and where it was read.
type Version struct {
	// Value is as exact as its source: "3.12", "22" or "9.15.4".
	Value string `json:"value"`
	// Source is the file or field that said so, or "default".
	Source string `json:"source"`
}

// What the guide uses, for components that do not say.
const (
	defaultPython = "3.12"
	defaultNode   = "22"
	defaultPnpm   = "9"

	defaultSource = "default"
)

// The versions to choose from where a component names a range: the guide's
// first, then what is newer, then what is older.
var (
	pythonVersions = []string{defaultPython, "3.13", "3.14", "3.11", "3.10", "3.9"}
	nodeVersions   = []string{defaultNode, "24", "23", "25", "20", "18"}
	pnpmVersions   = []string{defaultPnpm, "10", "8"}
)

// pythonVersion reads the interpreter's version: the component's own
// .python-version, its requires-python, the repository's .python-version.
func pythonVersion(fsys fs.FS, dir string, m manifest) (Version, error) {
	if v, found, err := versionFile(fsys, path.Join(dir, ".python-version")); found || err != nil {
		return Version{v, ".python-version"}, err
	}
	if m.requiresPython != "" {
		v, err := choosePython(m.requiresPython)
		if err != nil {
			return Version{}, fmt.Errorf("%s: requires-python %q: %w", m.file, m.requiresPython, err)
		}
		return Version{v, "requires-python"}, nil
	}
	if v, found, err := versionFile(fsys, ".python-version"); found || err != nil {
		return Version{v, "repository .python-version"}, err
	}
	return Version{defaultPython, defaultSource}, nil
}

func nodeVersion(fsys fs.FS, dir string, m manifest) (Version, error) {
	for _, name := range []string{".nvmrc", ".node-version"} {
		if v, found, err := versionFile(fsys, path.Join(dir, name)); found || err != nil {
			return Version{v, name}, err
		}
	}
	return engine(m, "node", nodeVersions)
}

var packageManager = regexp.MustCompile(`^pnpm@(\d+(?:\.\d+){0,2}(?:-[0-9A-Za-z.-]+)?)(?:\+.*)?$`)

func pnpmVersion(m manifest) (Version, error) {
	if m.packageManager == "" {
		return engine(m, "pnpm", pnpmVersions)
	}
	match := packageManager.FindStringSubmatch(m.packageManager)
	if match == nil {
		return Version{}, fmt.Errorf("%s: packageManager %q is no version of pnpm; write pnpm@VERSION", m.file, m.packageManager)
	}
	return Version{match[1], "packageManager"}, nil
}

// engine chooses by package.json's "engines".
func engine(m manifest, tool string, candidates []string) (Version, error) {
	wanted := m.engines[tool]
	if wanted == "" {
		return Version{candidates[0], defaultSource}, nil
	}
	fail := func(err error) (Version, error) {
		return Version{}, fmt.Errorf("%s: engines.%s %q: %w", m.file, tool, wanted, err)
	}
	constraint, err := semver.NewConstraint(wanted)
	if err != nil {
		return fail(err)
	}
	if exact, err := semver.StrictNewVersion(wanted); err == nil {
		return Version{exact.String(), "engines." + tool}, nil
	}
	for _, c := range candidates {
		// A major version's image holds its newest release.
		if constraint.Check(semver.MustParse(c + ".999.999")) {
			return Version{c, "engines." + tool}, nil
		}
	}
	return fail(fmt.Errorf("none of %s fits; widen the range", strings.Join(candidates, ", ")))
}

var fileVersion = regexp.MustCompile(`^v?(\d+(?:\.\d+){0,2})$`)

// versionFile reads the first version of a file such as .python-version.
func versionFile(fsys fs.FS, file string) (version string, found bool, err error) {
	raw, err := fs.ReadFile(fsys, file)
	if err != nil {
		return "", false, nil
	}
	for line := range strings.Lines(string(raw)) {
		line = strings.TrimSpace(line)
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		match := fileVersion.FindStringSubmatch(line)
		if match == nil {
			return "", false, fmt.Errorf("%s: %q is no version; write one like 3.12", file, line)
		}
		return match[1], true, nil
	}
	return "", false, fmt.Errorf("%s is empty; write a version or delete the file", file)
}

var clause = regexp.MustCompile(`^(===|==|~=|!=|<=|>=|<|>)\s*(\d+)(?:\.(\d+))?(?:\.(\d+))?(\.\*)?$`)

// choosePython returns the first minor version that a PEP 440 specifier
// allows, the newest release of each taken for the minor version.
func choosePython(specifier string) (string, error) {
	for _, candidate := range pythonVersions {
		minor, _ := strconv.Atoi(strings.TrimPrefix(candidate, "3."))
		allowed, err := allows(specifier, minor)
		if err != nil {
			return "", err
		}
		if allowed {
			return candidate, nil
		}
	}
	return "", fmt.Errorf("none of %s fits; widen the range", strings.Join(pythonVersions, ", "))
}

func allows(specifier string, minor int) (bool, error) {
	const newest = 999
	for part := range strings.SplitSeq(specifier, ",") {
		m := clause.FindStringSubmatch(strings.TrimSpace(part))
		if m == nil {
			return false, fmt.Errorf("%q is no version clause; write one like >=3.12", strings.TrimSpace(part))
		}
		number := func(i int) int { n, _ := strconv.Atoi(m[i]); return n }
		order := compare([3]int{3, minor, newest}, [3]int{number(2), number(3), number(4)})
		sameMinor := number(2) == 3 && (m[3] == "" || number(3) == minor)
		// ~=3.12.1 stays within 3.12, ~=3.12 within 3.
		compatible := order >= 0 && number(2) == 3 && (m[4] == "" || sameMinor)
		ok := map[string]bool{
			"===": sameMinor, "==": sameMinor, "~=": compatible,
			"!=": !sameMinor || (m[4] != "" && m[5] == ""),
			"<=": order <= 0, ">=": order >= 0, "<": order < 0, ">": order > 0,
		}[m[1]]
		if !ok {
			return false, nil
		}
	}
	return true, nil
}

func compare(a, b [3]int) int {
	for i := range a {
		if a[i] != b[i] {
			return a[i] - b[i]
		}
	}
	return 0
}
