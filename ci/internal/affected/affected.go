// Package affected says which components a change affects, and why.
//
// A component is affected by what it is built from: its own directory, its
// libraries, its Dockerfile, and the configuration files above it. What
// nothing is built from, a README or docs/, affects nothing.
package affected

import (
	"encoding/json"
	"fmt"
	"path"
	"slices"
	"strings"

	"github.com/pingvas/pingvas-ci/ci/internal/component"
)

// Affected is a component that a change affects.
type Affected struct {
	Component component.Component
	// Reasons name each file and the rule by which it affects the component.
	Reasons []string
}

// Plan returns what a change of the named files affects, in the order given.
// The names are relative to the repository root; of a renamed file both belong
// to the change. No file, or one that affects nothing, gives an empty plan.
func Plan(components []component.Component, changedFiles []string) []Affected {
	plan := []Affected{}
	for _, c := range components {
		if reasons := reasons(changedFiles, c, components); len(reasons) > 0 {
			plan = append(plan, Affected{c, reasons})
		}
	}
	return plan
}

// All returns every component, for a change of which nothing is known but why,
// such as a first push that has no base to compare with.
func All(components []component.Component, why string) []Affected {
	plan := []Affected{}
	for _, c := range components {
		plan = append(plan, Affected{c, []string{"everything: " + why}})
	}
	return plan
}

// Names returns the plan's components; never nil, so that its JSON is [].
func Names(plan []Affected) []string {
	list := []string{}
	for _, a := range plan {
		list = append(list, a.Component.Name)
	}
	return list
}

// Job is an entry of a matrix.
type Job struct {
	Component string         `json:"component"`
	Kind      component.Kind `json:"kind"`
	Path      string         `json:"path"`
	Reasons   []string       `json:"reasons"`
}

// Matrix returns the plan as GitHub's matrix, {"include":[...]}. GitHub
// refuses a matrix without entries: an empty plan's job needs a condition.
func Matrix(plan []Affected) ([]byte, error) {
	jobs := []Job{}
	for _, a := range plan {
		jobs = append(jobs, Job{a.Component.Name, a.Component.Kind, a.Component.Path, a.Reasons})
	}
	raw, err := json.Marshal(map[string][]Job{"include": jobs})
	if err != nil {
		return nil, fmt.Errorf("write the matrix: %w", err)
	}
	return raw, nil
}

// mostReasons keeps a large change readable; the rest are counted.
const mostReasons = 20

func reasons(changedFiles []string, c component.Component, all []component.Component) []string {
	var reasons []string
	more := 0
	for _, name := range changedFiles {
		if strings.TrimSpace(name) == "" {
			continue
		}
		file := path.Clean(name)
		rule := rule(file, c, all)
		switch {
		case rule == "":
		case len(reasons) < mostReasons:
			reasons = append(reasons, file+": "+rule)
		default:
			more++
		}
	}
	if more > 0 {
		reasons = append(reasons, fmt.Sprintf("and %d more files", more))
	}
	return reasons
}

// rule names the rule by which the file affects the component, or is empty.
func rule(file string, c component.Component, all []component.Component) string {
	if under(c.Path, file) {
		return "in the component's directory"
	}
	for _, l := range c.Libraries {
		if under(l.Path, file) && !documentation(strings.TrimPrefix(file, l.Path+"/")) {
			if l.Via != "" {
				return "in the library " + l.Path + ", which " + l.Via + " needs"
			}
			return "in the library " + l.Path
		}
	}
	switch {
	case file == c.Settings.Dockerfile, file == c.Settings.Dockerfile+".dockerignore":
		return "the component's Dockerfile"
	case c.Workspace != "" && c.Kind != component.Frontend && file == path.Join(c.Workspace, "uv.lock"):
		// Which of its members another resolution is for, its name does not tell.
		return "the lock of its uv workspace, which is every member's"
	case under(path.Dir(file), c.Path) && configures(path.Base(file), c.Kind):
		return "configures every component of kind " + string(c.Kind) + " below " + place(path.Dir(file))
	case workflow[file] == c.Kind && c.Kind != "":
		return "the workflow of kind " + string(c.Kind)
	case slices.Contains(pipeline, file):
		return "configures the pipeline"
	case c.Settings.Context == "." && !documentation(file) && !ownedByAnother(file, c, all):
		return "in the build context, which is the repository root"
	}
	return ""
}

// configuration lists, for each toolchain, the files that configure it from a
// directory above the component, as patterns of path.Match.
var configuration = map[component.Kind][]string{
	component.Python: {"pyproject.toml", "ruff.toml", ".ruff.toml", "mypy.ini", ".mypy.ini", "setup.cfg", "pytest.ini",
		"tox.ini", "conftest.py", ".coveragerc", ".python-version", "uv.toml", "requirements*.txt", "constraints*.txt"},
	component.Frontend: {"package.json", "pnpm-lock.yaml", "pnpm-workspace.yaml", ".npmrc", ".nvmrc", ".node-version",
		".pnpmfile.cjs", "tsconfig*.json", "eslint.config.*", ".eslintrc*", ".eslintignore", "prettier.config.*", ".prettierrc*", ".prettierignore"},
}

func configures(name string, kind component.Kind) bool {
	if kind == component.CUDA {
		kind = component.Python
	}
	return slices.ContainsFunc(configuration[kind], func(pattern string) bool {
		matched, err := path.Match(pattern, name)
		return err == nil && matched
	})
}

// workflow holds the guide's workflows, each of which runs for its own file.
var workflow = map[string]component.Kind{
	".github/workflows/ci-backend.yml":   component.Python,
	".github/workflows/ci-frontend.yml":  component.Frontend,
	".github/workflows/ci-ai-worker.yml": component.CUDA,
}

// pipeline lists the files which decide how every component is built.
var pipeline = []string{"dagger.json", ".dockerignore"}

// documentation says whether people alone read the file.
func documentation(file string) bool {
	base := strings.ToLower(path.Base(file))
	return under("docs", file) || strings.HasSuffix(base, ".md") || strings.HasPrefix(base, "readme") || base == "license"
}

func ownedByAnother(file string, c component.Component, all []component.Component) bool {
	return slices.ContainsFunc(all, func(other component.Component) bool {
		return other.Path != c.Path && other.Path != "." && under(other.Path, file)
	})
}

func under(dir, file string) bool {
	return dir == "." || file == dir || strings.HasPrefix(file, dir+"/")
}

func place(dir string) string {
	if dir == "." {
		return "the repository root"
	}
	return dir
}
