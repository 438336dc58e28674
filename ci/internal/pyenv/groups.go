package pyenv

import (
	"io/fs"
	"maps"
	"regexp"
	"slices"
	"strings"

	"github.com/pingvas/pingvas-ci/ci/internal/component"
)

// forChecks are the names by which projects call what their checks take.
var forChecks = []string{
	"dev", "develop", "development", "local", "test", "tests", "testing", "unit", "lint", "linting", "linters", "format", "formatting",
	"type", "types", "typing", "typecheck", "type-check", "mypy", "ruff", "pytest", "check", "checks", "quality", "qa", "ci",
}

// tools are those of which a group that names one is the checks', whatever it is called.
var tools = []string{
	"ruff", "mypy", "pytest", "pytest-cov", "black", "flake8", "isort", "pylint", "pyright", "basedpyright", "ty", "pyrefly", "bandit", "coverage", "nox", "tox",
}

// requirementName is the package that a requirement begins with.
var requirementName = regexp.MustCompile(`^[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?`)

// cpuExtra is the extra of a project that locks builds for the CPU.
const cpuExtra = "cpu"

// forImages are the names of groups that only what is delivered takes.
var forImages = []string{"prod", "production"}

// shippedGroups are the dependency groups that the image has besides what the project asks
// for itself.
func (p Project) shippedGroups() (names []string) {
	groups := slices.Sorted(maps.Keys(component.Lookup(p.document, "dependency-groups")))
	if p.Manager == Poetry {
		groups = append(groups, slices.Sorted(maps.Keys(component.Lookup(p.document, "tool", "poetry", "group")))...)
	}
	return slices.DeleteFunc(groups, func(name string) bool { return !slices.Contains(forImages, strings.ToLower(name)) })
}

// chosenGroups are the dependency groups that the checks install. uv's defaults come
// besides, by uv.
func (p Project) chosenGroups() []string {
	groups := map[string][]string{}
	for name, list := range component.Lookup(p.document, "dependency-groups") {
		groups[name] = requirements(list)
	}
	if p.Manager == Poetry {
		for name := range component.Lookup(p.document, "tool", "poetry", "group") {
			groups[name] = slices.Collect(maps.Keys(component.Lookup(p.document, "tool", "poetry", "group", name, "dependencies")))
		}
		if legacy := component.Lookup(p.document, "tool", "poetry", "dev-dependencies"); legacy != nil {
			groups["dev"] = slices.Collect(maps.Keys(legacy))
		}
		// Poetry installs every group that is not optional by itself.
		for name := range groups {
			if optional, _ := component.Lookup(p.document, "tool", "poetry", "group", name)["optional"].(bool); !optional {
				groups[name] = append(groups[name], tools[0])
			}
		}
	}
	return chosen(groups)
}

// chosenExtras are the extras that the checks install: until there were groups,
// projects named there what their checks take. Those that its own automation installs
// it with are taken, too, and the files that say so are named.
func (p Project) chosenExtras(fsys fs.FS) (all, habits []string) {
	all = chosen(p.extras)
	habitual := p.habitualExtras(fsys)
	for _, name := range slices.Sorted(maps.Keys(habitual)) {
		if !slices.Contains(all, name) {
			all, habits = append(all, name), append(habits, habitual[name])
		}
	}
	if _, has := p.extras[cpuExtra]; has && p.CPU {
		all = append(all, cpuExtra)
	}
	slices.Sort(habits)
	return all, slices.Compact(habits)
}

// chosen are the names of those that are for checks.
func chosen(groups map[string][]string) []string {
	var names []string
	for _, name := range slices.Sorted(maps.Keys(groups)) {
		tool := func(pkg string) bool { return slices.Contains(tools, Normal(pkg)) }
		if slices.Contains(forChecks, strings.ReplaceAll(strings.ToLower(name), "_", "-")) || slices.ContainsFunc(groups[name], tool) {
			names = append(names, name)
		}
	}
	return names
}

// requirements are the names of the packages that a list asks for.
func requirements(list any) []string {
	var names []string
	all, _ := list.([]any)
	for _, one := range all {
		if text, is := one.(string); is {
			names = append(names, requirementNames(text)...)
		}
	}
	return names
}

var withExtras = regexp.MustCompile(`^([A-Za-z0-9._-]+)\s*\[([A-Za-z0-9._, -]+)\]`)

// requirementNames are the package that a requirement begins with, and what its extras
// bring by habit, such as psycopg-binary for psycopg[binary].
func requirementNames(text string) []string {
	names := []string{requirementName.FindString(text)}
	m := withExtras.FindStringSubmatch(text)
	if m == nil {
		return names
	}
	for extra := range strings.SplitSeq(m[2], ",") {
		names = append(names, m[1]+"-"+strings.TrimSpace(extra))
	}
	return names
}
