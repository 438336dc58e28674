package pydef

import (
	"fmt"
	"io/fs"
	"path"
	"regexp"
	"strconv"
	"strings"

	"github.com/pingvas/pingvas-ci/ci/internal/component"
)

// defaultPython is what the guide uses, for components that do not say.
const defaultPython = "3.12"

// pythonVersions are those to choose from where a component names a range: the
// guide's first, then what is newer, then what is older.
var pythonVersions = []string{defaultPython, "3.13", "3.14", "3.15", "3.11", "3.10", "3.9"}

// pythonVersion reads the interpreter's version: the component's own
// .python-version, its requires-python, the repository's .python-version.
func pythonVersion(fsys fs.FS, dir string, m component.Manifest) component.Version {
	if v, found := component.VersionFile(fsys, "python", path.Join(dir, ".python-version"), release); found {
		v.Source = ".python-version"
		return v
	}
	if wanted, _ := component.Lookup(m.Document, "project")["requires-python"].(string); wanted != "" {
		v, err := choosePython(wanted)
		if err != nil {
			return component.Version{
				Tool: "python", Value: wanted, Source: "requires-python",
				Fault: fmt.Sprintf("%s: requires-python %q: %s", m.File, wanted, err),
			}
		}
		return component.Version{Tool: "python", Value: v, Source: "requires-python"}
	}
	if v, found := component.VersionFile(fsys, "python", ".python-version", release); found {
		v.Source = "repository .python-version"
		return v
	}
	return component.Version{Tool: "python", Value: defaultPython, Source: component.DefaultSource}
}

// release is what a line of .python-version means, which pyenv and uv write with
// the interpreter's name before it.
func release(line string) (string, error) {
	_, version, named := strings.Cut(line, "cpython")
	if !named {
		version = line
	}
	return component.Release(strings.TrimLeft(version, "-@"))
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
	return "", fmt.Errorf("none of %s fits. Widen the range", strings.Join(pythonVersions, ", "))
}

func allows(specifier string, minor int) (bool, error) {
	const newest = 999
	for part := range strings.SplitSeq(specifier, ",") {
		m := clause.FindStringSubmatch(strings.TrimSpace(part))
		if m == nil {
			return false, fmt.Errorf("%q is no version clause. Write one like >=3.12", strings.TrimSpace(part))
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
