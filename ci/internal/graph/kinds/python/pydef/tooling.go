package pydef

import (
	"cmp"
	"fmt"
	"io/fs"
	"maps"
	"regexp"
	"slices"
	"strings"

	"github.com/pingvas/pingvas-ci/ci/internal/component"
	"github.com/pingvas/pingvas-ci/ci/internal/plain"
	"github.com/pingvas/pingvas-ci/ci/internal/pyenv"
)

// guides are the gates that every service is expected to have, each with its tool and
// with what makes it run.
var guides = []struct{ gate, tool, name, heading string }{
	{"lint", "ruff", "ruff", "[tool.ruff]"},
	{"format", pyenv.RuffFormat, "ruff", "[tool.ruff.format]"},
	{"typecheck", "mypy", "mypy", "[tool.mypy]"},
	{"test", "pytest", "pytest", "[tool.pytest.ini_options]"},
}

// gateOf is the gate that runs a tool; what is none of the guides' measures coverage.
func gateOf(tool string) string {
	for _, of := range guides {
		if of.tool == tool {
			return of.gate
		}
	}
	return component.CoverageGate
}

// ofTools adds the tools that the project wants. Where it is another of the trade that
// it wants in the guide's place, and installs for its checks, its command is the gate's.
// Of the gates that do not run it says what makes them.
func ofTools(fsys fs.FS, c *component.Component, made pyenv.Project) {
	tools := made.Tooling(fsys)
	unknown := ofTests(fsys, c, made, tools)
	for _, tool := range tools {
		c.Tools = append(c.Tools, component.Tool{Name: tool.Name, Gate: gateOf(tool.Name), Version: tool.Version, Source: tool.Source, Arguments: tool.Arguments, Through: tool.Through, Before: tool.Before, Packages: tool.Packages, Configured: tool.Configured})
		if run := slices.Concat(tool.Through, tool.Arguments); tool.Habit != "" && len(run) > 0 {
			if len(tool.Through) > 0 {
				run = slices.Concat(tool.Through, []string{tool.Name}, tool.Arguments)
			}
			c.Infer(tool.Name, strings.Join(run, " "), "as in "+tool.Habit)
		}
		if tool.Name != "pytest" {
			ofEnvironment(c, tool.Environment, unknown, tool.Habit)
			ofUnknown(c, tool.Name, tool.Unknown, tool.Habit)
		}
	}
	ofBesides(fsys, c, made)
	for _, expected := range guides {
		_, has := c.Tool(expected.tool)
		set := c.Settings.Gates[expected.gate]
		if has && len(set.Commands) == 0 {
			ofUnheard(fsys, c, made, expected.gate, expected.name)
		}
		if has || len(set.Commands) > 0 || set.None != "" {
			continue
		}
		why := fmt.Sprintf("%s is neither locked nor configured. To run it, add %s to %s", expected.name, expected.heading, made.Manifest())
		if made.InstallsTool(expected.name) {
			why = fmt.Sprintf("%s is installed, and nothing configures or runs it. To run it, add %s to %s", expected.name, expected.heading, made.Manifest())
		}
		if made.Locked(expected.name) != "" && made.Brought(expected.name) {
			why = fmt.Sprintf("%s is locked for another package alone, and not configured. To run it, add %s to %s", expected.name, expected.heading, made.Manifest())
		}
		if file := made.LintsAlone(fsys); file != "" && expected.gate == "format" {
			why = fmt.Sprintf("%s has ruff check the code, and nothing has it format any. To run it, add %s to %s", file, expected.heading, made.Manifest())
		}
		other, is := made.Other(fsys, expected.gate)
		if is && other.Source != "" {
			c.Settings.Gates = withGate(c.Settings.Gates, expected.gate, other.Commands())
			c.Infer(expected.gate, other.Command, other.Source)
			if expected.gate != "test" {
				ofEnvironment(c, other.Environment, unknown, cmp.Or(other.Habit, other.Source))
				ofUnknown(c, other.Name, other.Unknown, other.Source)
			}
			ofUnheard(fsys, c, made, expected.gate, other.Name)
			continue
		}
		if is {
			stands := "is"
			if other.Name == "unittest" {
				stands = "has tests"
			}
			why = fmt.Sprintf("%s is neither locked nor configured, and %s %s. To run that, write gates = {%s = [%s]} in [tool.pingvas-ci] of %s",
				expected.tool, other.Name, stands, expected.gate, commands(other), made.Manifest())
		}
		c.SwitchOff(expected.gate, why, made.Manifest())
	}
}

// ofBesides says what the project's automation runs besides its tests that no gate does, where
// no setting says how they run.
func ofBesides(fsys fs.FS, c *component.Component, made pyenv.Project) {
	if _, has := c.Tool("pytest"); !has || len(c.Settings.Gates["test"].Commands) > 0 {
		return
	}
	if doctests, file := made.Doctests(fsys); len(doctests) > 0 {
		c.Unheard = append(c.Unheard, fmt.Sprintf("%s runs %s besides the tests, which no gate does. To run it, write gates = {doctest = [%s]} in [tool.pingvas-ci] of %s",
			file, strings.Join(doctests, " and "), `"`+strings.Join(doctests, `", "`)+`"`, made.Manifest()))
	}
	percent, file, tested := made.Threshold(fsys)
	switch {
	case percent == "" || c.Settings.CoverageThreshold > 0:
	case tested:
		c.JudgedBy(component.CoverageGate, fmt.Sprintf("the tests fail below %s percent, by %s", percent, file), file)
	default:
		c.Unheard = append(c.Unheard, fmt.Sprintf("%s fails where less than %s percent is covered, which no gate does. To have one, write coverage-threshold = %s in [tool.pingvas-ci] of %s",
			file, percent, percent, made.Manifest()))
	}
}

// commands are those that run a tool, which is installed first where the environment of
// the checks does not have it.
func commands(other pyenv.Other) string {
	run := fmt.Sprintf("%q", other.Command)
	if other.Installed {
		return run
	}
	return fmt.Sprintf("%q, ", "uv pip install "+other.Name) + run
}

// ofUnheard says which tools that the project installs no gate runs.
func ofUnheard(fsys fs.FS, c *component.Component, made pyenv.Project, gate, runs string) {
	for _, other := range made.Unheard(fsys, gate, runs) {
		if _, set := c.Settings.Gates[other.Name]; !set {
			c.Unheard = append(c.Unheard, fmt.Sprintf("%s is run by no gate: %s is %s. To run it besides, write gates = {%s = [%q]} in [tool.pingvas-ci] of %s",
				other.Name, gate, runs, other.Name, other.Command, made.Manifest()))
		}
	}
}

// ofTests adds what the project's automation sets for its tests, before what it sets for
// other tools: there is one environment, and tests depend on it most. It returns the names
// of which it is not known what the tests run with.
func ofTests(fsys fs.FS, c *component.Component, made pyenv.Project, tools []pyenv.Tool) (unknown []string) {
	environment, file, name := map[string]string(nil), "", "pytest"
	if at := slices.IndexFunc(tools, func(tool pyenv.Tool) bool { return tool.Name == name }); at >= 0 {
		environment, unknown, file = tools[at].Environment, tools[at].Unknown, tools[at].Habit
	} else if other, is := made.Other(fsys, "test"); is && other.Source != "" {
		environment, unknown, file, name = other.Environment, other.Unknown, cmp.Or(other.Habit, other.Source), other.Name
	} else if len(c.Settings.Gates["test"].Commands) == 0 {
		return nil // There is no gate for them.
	}
	ofServices(fsys, c, made) // Its variables name them as they are reached here.
	ofEnvironment(c, environment, nil, file)
	ofPreparations(fsys, c, made, tools, unknown)
	ofUnknown(c, name, unknown, file)
	return unknown
}

// ofServices adds the services that the project's pipeline has beside its tests, and the
// variables by which they are found, where no setting names any.
func ofServices(fsys fs.FS, c *component.Component, made pyenv.Project) {
	if c.Sets("testServices") {
		return
	}
	beside := made.Beside(fsys)
	if beside == nil {
		if file := made.InContainer(fsys); file != "" {
			c.Lack("%s runs the tests in a container, which may have services beside it; here they run without. To have them, name services of a compose file: %s", file, c.Setting("testServices"))
		}
		return
	}
	if beside.None() {
		c.Unheard = append(c.Unheard, fmt.Sprintf("the tests run without services, as some jobs of the pipeline run them; %s has them run beside some. To have those, name services of a compose file: %s",
			others(beside.Otherwise), c.Setting("testServices")))
		return
	}
	services, err := beside.Ready(fsys)
	if err != nil {
		why := strings.ReplaceAll(plain.Error(err).Error(), "\n", "; ")
		c.Lack("the tests run without services that the pipeline has beside them, in %s: %s. To have them, name services of a compose file: %s", beside.Where(), why, c.Setting("testServices"))
	}
	if len(services) == 0 {
		return // What names them means nothing without.
	}
	c.Services = services
	if len(beside.Otherwise) > 0 {
		which := others(beside.Otherwise)
		if which == beside.Where() {
			which = "another of its jobs"
		}
		c.Unheard = append(c.Unheard, fmt.Sprintf("the tests run beside the services of %s; %s has others for the same tests. To have those, name services of a compose file: %s",
			beside.Where(), which, c.Setting("testServices")))
	}
	for _, s := range services {
		c.Infer("test-services", s.Name+" ("+s.Image+")", "beside the tests in "+beside.Where())
	}
	ofEnvironment(c, beside.Variables, nil, beside.Where())
}

// others are the names of some files, each once.
func others(files []string) string {
	return strings.Join(slices.Compact(slices.Sorted(slices.Values(files))), " and ")
}

// ofPreparations has what the project's pipeline runs before its tests run before them, where no
// setting says how they run. What makes a database's tables needs all of the variables that the
// tests do: where one is not known, where not all can be run as it stands there, and where pytest
// does not run them, it is said.
func ofPreparations(fsys fs.FS, c *component.Component, made pyenv.Project, tools []pyenv.Tool, unknown []string) {
	before := made.Prepares(fsys)
	if len(before.Commands) == 0 || len(c.Settings.Gates["test"].Commands) > 0 {
		return
	}
	var run, left []string
	at := slices.IndexFunc(tools, func(tool pyenv.Tool) bool { return tool.Name == "pytest" })
	all := !slices.ContainsFunc(before.Commands, func(line string) bool { return !ofFiles.MatchString(line) && !slices.Contains(before.Runs, line) })
	for _, line := range before.Commands {
		ofFile := ofFiles.MatchString(line) && slices.Contains(before.Runs, line)
		if at >= 0 && (ofFile || !ofFiles.MatchString(line) && all && len(unknown) == 0) {
			run = append(run, line)
		} else {
			left = append(left, line)
		}
	}
	if len(run) > 0 {
		tools[at].Before = run
		c.Infer("before pytest", strings.Join(run, " && "), "as in "+before.File)
	}
	if len(left) == 0 {
		return
	}
	runs := "pytest"
	if at >= 0 {
		runs = strings.Join(append([]string{runs}, tools[at].Arguments...), " ")
	} else if other, is := made.Other(fsys, "test"); is {
		runs = other.Command
	}
	var quoted []string
	for _, line := range append(slices.Clone(before.Commands), runs) {
		quoted = append(quoted, fmt.Sprintf("%q", line))
	}
	c.Lack("%s runs before the tests what no gate does: %s. Where they need it, write gates = {test = [%s]} in [tool.pingvas-ci] of %s",
		before.File, strings.Join(left, "; "), strings.Join(quoted, ", "), made.Manifest())
}

// ofFiles are preparations that make files or directories, which need nothing.
var ofFiles = regexp.MustCompile(`^(?:cp|mkdir|touch) `)

// ofEnvironment adds the variables that the project's automation sets, where no setting
// does, less those that are not known of the tests.
func ofEnvironment(c *component.Component, variables map[string]string, unknown []string, file string) {
	for _, name := range slices.Sorted(maps.Keys(variables)) {
		if _, set := c.Settings.Environment[name]; set || slices.Contains(unknown, name) {
			continue
		}
		c.Settings.Environment = maps.Clone(c.Settings.Environment)
		if c.Settings.Environment == nil {
			c.Settings.Environment = map[string]string{}
		}
		c.Settings.Environment[name] = variables[name]
		c.Infer("environment", shown(name, variables[name]), "as in "+file)
	}
}

// secret are the names of what nobody prints, though it stands in the repository.
var secret = regexp.MustCompile(`(?i)secret|token|password|passwd|_key$|_dsn$`)

func shown(name, value string) string {
	if secret.MatchString(name) {
		return name
	}
	return name + "=" + value
}

// ofUnknown says which variables the project's automation sets for its tests to what is not
// known here, where no setting does.
func ofUnknown(c *component.Component, tool string, names []string, file string) {
	unset := slices.DeleteFunc(slices.Clone(names), func(name string) bool { _, set := c.Settings.Environment[name]; return set })
	if len(unset) == 0 {
		return
	}
	slices.Sort(unset)
	c.Lack("%s runs without %s: %s sets it to what is known only there, such as a secret or the address of a service. "+
		"Where the checks need it, write environment = {%s = \"…\"} in the settings", tool, strings.Join(unset, ", "), file, unset[0])
}

// withGate are the gates and one more that is a command.
func withGate(gates component.GateSettings, name string, commands []string) component.GateSettings {
	gates = maps.Clone(gates)
	if gates == nil {
		gates = component.GateSettings{}
	}
	gates[name] = component.GateSetting{Commands: commands}
	return gates
}
