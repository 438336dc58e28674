package pydef

import (
	"fmt"
	"io/fs"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/Masterminds/semver/v3"

	"github.com/pingvas/pingvas-ci/ci/internal/component"
)

// defaultPython is what the guide uses, for components that do not say.
const defaultPython = "3.12"

// pythonVersions are those to choose from where a component names a range: the
// guide's first, then what is newer, then what is older.
var pythonVersions = []string{defaultPython, "3.13", "3.14", "3.15", "3.11", "3.10", "3.9"}

// latestPython is what "latest" means: the newest of which the image has a digest.
const latestPython = "3.14"

// files are those that say which interpreter a directory has.
var files = component.VersionFiles{Tool: "python", Names: []string{"python"}, Files: []string{".python-version"}, Release: release}

// versionFiles are their names.
var versionFiles = slices.Concat(files.Files, component.ManagerFiles)

// pythonVersion reads the interpreter's version: what the component's own directory says
// in a file for it, in its manifest, and then what the nearest directory above says.
func pythonVersion(fsys fs.FS, dir string, m component.Manifest) component.Version {
	if v, found := files.In(fsys, dir); found {
		return v
	}
	for _, read := range []func(fs.FS, string, component.Manifest) (wanted, source string){runtimeFile, pipfile, requires, poetry} {
		if wanted, source := read(fsys, dir, m); wanted != "" {
			return chosen(wanted, source, dir)
		}
	}
	if v, found := files.Above(fsys, dir); found {
		return v
	}
	return component.Version{Tool: "python", Value: defaultPython, Source: component.DefaultSource}
}

// chosen is the version that a manifest means: one, or the first of a range.
func chosen(wanted, source, dir string) component.Version {
	v := component.Version{Tool: "python", Value: wanted, Source: source}
	if exact, err := component.Release(wanted); err == nil && source != requiresPython {
		v.Value = exact
		return v
	}
	choose := choosePython
	if source == poetryPython {
		choose = choosePoetry
	}
	value, err := choose(wanted)
	if err != nil {
		v.Fault = fmt.Sprintf("%s: %s %q: %s", path.Join(dir, manifestOf[source]), source, wanted, err)
		return v
	}
	v.Value = value
	return v
}

// What a version is read from, besides files for it, and the file that this is in.
const (
	requiresPython = "requires-python"
	poetryPython   = "tool.poetry.dependencies.python"
	pipfilePython  = "Pipfile"
	runtimePython  = "runtime.txt"
)

var manifestOf = map[string]string{requiresPython: "pyproject.toml", poetryPython: "pyproject.toml", pipfilePython: "Pipfile", runtimePython: "runtime.txt"}

func requires(_ fs.FS, _ string, m component.Manifest) (wanted, source string) {
	wanted, _ = component.Lookup(m.Document, "project")["requires-python"].(string)
	return wanted, requiresPython
}

// poetry is a range in Poetry's words, or a table with one.
func poetry(_ fs.FS, _ string, m component.Manifest) (wanted, source string) {
	value := component.Lookup(m.Document, "tool", "poetry", "dependencies")["python"]
	if table, is := value.(map[string]any); is {
		value = table["version"]
	}
	wanted, _ = value.(string)
	return wanted, poetryPython
}

// runtimeFile is the file of Heroku's: python-3.11.9.
func runtimeFile(fsys fs.FS, dir string, _ component.Manifest) (wanted, source string) {
	text, err := fs.ReadFile(fsys, path.Join(dir, "runtime.txt"))
	version, named := strings.CutPrefix(strings.TrimSpace(string(text)), "python-")
	if err != nil || !named {
		return "", ""
	}
	return version, runtimePython
}

// pipfile is what Pipenv requires.
func pipfile(fsys fs.FS, dir string, _ component.Manifest) (wanted, source string) {
	doc, err := component.ReadTOML(fsys, path.Join(dir, "Pipfile"))
	if err != nil {
		return "", ""
	}
	for _, key := range []string{"python_full_version", "python_version"} {
		if wanted, _ = component.Lookup(doc, "requires")[key].(string); wanted != "" && wanted != "*" {
			return wanted, pipfilePython
		}
	}
	return "", ""
}

var freeThreaded = regexp.MustCompile(`^(\d+\.\d+(?:\.\d+)?)t$`)

// Run has a project run by the Python that its image has, as long as no file for it
// says another, and its manifest allows it.
func Run(c *component.Component, m component.Manifest, version, source string) {
	at := slices.IndexFunc(c.Versions, func(v component.Version) bool { return v.Tool == files.Tool })
	if at < 0 || !slices.Contains(pythonVersions, version) {
		return
	}
	minor, _ := strconv.Atoi(strings.TrimPrefix(version, "3."))
	open := c.Versions[at].Source == component.DefaultSource
	if wanted, from := requires(nil, "", m); c.Versions[at].Source == from {
		open, _ = allows(wanted, minor)
	}
	if open {
		c.Versions[at] = component.Version{Tool: files.Tool, Value: version, Source: source}
	}
}

// release is what a line of .python-version means, which pyenv and uv write with
// the interpreter's name before it.
func release(line string) (string, error) {
	_, version, named := strings.Cut(line, "cpython")
	if !named {
		version = line
	}
	version = strings.TrimLeft(version, "-@")
	switch free := freeThreaded.FindStringSubmatch(version); {
	case free != nil:
		return "", fmt.Errorf("%q is the free-threaded build, of which there is no official image. Write %s, or bring a Dockerfile", line, free[1])
	case version == "latest":
		return latestPython, nil
	case version == "3":
		return defaultPython, nil
	}
	return component.Release(version)
}

// choosePoetry returns the first minor version in a range of Poetry's, which are npm's
// with clauses of PEP 440 among them.
func choosePoetry(wanted string) (string, error) {
	if version, err := choosePython(wanted); err == nil {
		return version, nil
	}
	constraint, err := semver.NewConstraint(strings.ReplaceAll(wanted, "==", "="))
	if err != nil {
		return "", fmt.Errorf("%w. Write a range like ^3.12", err)
	}
	for _, candidate := range pythonVersions {
		if constraint.Check(semver.MustParse(candidate + ".999")) {
			return candidate, nil
		}
	}
	return "", fmt.Errorf("none of %s fits. Widen the range", strings.Join(pythonVersions, ", "))
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
