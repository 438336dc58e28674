package pyenv

import (
	"io/fs"
	"maps"
	"path"
	"regexp"
	"slices"
	"strings"

	"github.com/pingvas/pingvas-ci/ci/internal/component"
)

// environmentOf is one that a runner of tasks makes by a table of TOML: tox or Hatch.
type environmentOf struct {
	file, name string
	says       map[string]any
	lists      []string // the keys of what it installs
}

// ofTests are the names of environments that the tests run in.
var ofTests = regexp.MustCompile(`^(?:env_run_base|default|hatch-test(?:\..*)?|tests?|testing|unit)$`)

// hatchTests are what Hatch's own environment of tests has, where the project names nothing
// in its place. What shuffles the tests is left out: Hatch has it do nothing unless asked.
var hatchTests = []string{"coverage[toml]~=7.4", "pytest~=8.1", "pytest-mock~=3.12", "pytest-rerunfailures~=14.0", "pytest-xdist[psutil]~=3.5"}

// environments are those of the project's manifest and of the runners' own files.
func (p Project) environments(fsys fs.FS) (all []environmentOf) {
	own := func(name string) map[string]any {
		read, err := readTOML(fsys, path.Join(p.Path, name))
		if err != nil {
			return nil // Its runner says so.
		}
		return read
	}
	each := func(file string, environments map[string]any, lists ...string) {
		for _, name := range slices.Sorted(maps.Keys(environments)) {
			all = append(all, environmentOf{file, name, table(environments[name]), lists})
		}
	}
	for file, hatch := range map[string]map[string]any{p.Manifest(): component.Lookup(p.document, "tool", "hatch"), path.Join(p.Path, "hatch.toml"): own("hatch.toml")} {
		each(file, component.Lookup(hatch, "envs"), "dependencies", "extra-dependencies")
	}
	for file, tox := range map[string]map[string]any{p.Manifest(): component.Lookup(p.document, "tool", "tox"), path.Join(p.Path, "tox.toml"): own("tox.toml")} {
		each(file, map[string]any{"env_run_base": tox["env_run_base"]}, "deps")
		each(file, component.Lookup(tox, "env"), "deps")
	}
	slices.SortStableFunc(all, func(a, b environmentOf) int { return strings.Compare(a.file, b.file) })
	return all
}

// extras are those of the project that an environment of tests, or of types, installs it with.
func (e environmentOf) extras() (names []string) {
	if !ofTests.MatchString(e.name) && !ofTypes.MatchString(e.name) {
		return nil
	}
	return append(texts(e.says["features"]), texts(e.says["extras"])...)
}

// ofTypes are the names of environments in which types are checked.
var ofTypes = regexp.MustCompile(`^(?:types?|typing|typecheck|type-check|mypy|pyright)$`)

// packages are those of an environment of tests, and the tools of another.
func (e environmentOf) packages() (all []string) {
	for _, key := range e.lists {
		list := texts(e.says[key])
		if key == "dependencies" && e.name == "hatch-test" && e.says[key] == nil {
			list = hatchTests
		}
		for _, one := range list {
			tests := ofTests.MatchString(e.name)
			if askable(one) && (tests || isTool(requirementName.FindString(one)) && !aside.MatchString(e.name) && !otherwise.MatchString(e.name)) {
				all = append(all, one)
			}
		}
	}
	return all
}

// texts are those of a list.
func texts(of any) (all []string) {
	for _, one := range list(of) {
		if text, is := one.(string); is {
			all = append(all, text)
		}
	}
	return all
}
