package pyenv

import (
	"cmp"
	"fmt"
	"io/fs"
	"path"
	"regexp"
	"slices"
	"strings"

	"github.com/pingvas/pingvas-ci/ci/internal/bounds"
	"github.com/pingvas/pingvas-ci/ci/internal/component"
)

// Tool is one of the trade that a project shows that it wants.
type Tool struct {
	Name string
	// Version is the one that it is locked to; empty for one of ours.
	Version string
	// Source is where it shows that.
	Source string
	// Arguments are what it is run with besides its configuration, and Through is how Python
	// runs it as a module; nil where it is started as a program.
	Arguments, Through []string
	// Configured says of what measures coverage that nobody has it measured with the tests:
	// nothing installs it, or what runs them goes without.
	Configured bool
	// Packages are what is installed beside it, where a hook runs it.
	Packages []string
	// Before are the commands that the project's pipeline has run before it.
	Before []string
	// Habit is the file of the project's automation that they are from; empty for none.
	Habit string
	// Environment is what such a file sets for it, and Unknown are the variables of which
	// only what runs that file knows the value.
	Environment map[string]string
	Unknown     []string
}

// RuffFormat is ruff where it formats the code, which not everyone has it do who has it
// look for faults.
const RuffFormat = "ruff format"

// configured is where a tool is configured.
type configured struct {
	files    []string // files of its own, by their names
	table    []string // its table of pyproject.toml
	sections []string // sections of setup.cfg and tox.ini
	upwards  bool     // whether it looks above the project, too
}

var configuredTools = map[string]configured{
	"ruff":       {files: []string{"ruff.toml", ".ruff.toml"}, table: []string{"tool", "ruff"}, upwards: true},
	"mypy":       {files: []string{"mypy.ini", ".mypy.ini"}, table: []string{"tool", "mypy"}, sections: []string{"[mypy]"}, upwards: true},
	"pytest":     {files: []string{"pytest.ini", ".pytest.ini"}, table: []string{"tool", "pytest"}, sections: []string{"[pytest]", "[tool:pytest]"}, upwards: true},
	"pytest-cov": {files: []string{".coveragerc"}, table: []string{"tool", "coverage"}, sections: []string{"[coverage:run]", "[coverage:report]"}},
}

// guideGates are the gates of the guide's tools.
var guideGates = map[string]string{"ruff": "lint", RuffFormat: "format", "mypy": "typecheck", "pytest": testGate, coverageTool: testGate}

// coverageTool measures what the tests cover.
const coverageTool = "pytest-cov"

// ToolFiles are the names of the files in which tools are configured.
var ToolFiles = []string{
	"ruff.toml", ".ruff.toml", "mypy.ini", ".mypy.ini", "pytest.ini", ".pytest.ini", ".coveragerc", "setup.cfg", "tox.ini", ".pre-commit-config.yaml",
}

// Tooling are those of the guide's tools that the project locks or configures.
func (p Project) Tooling(fsys fs.FS) []Tool {
	var tools []Tool
	habits := p.habits(fsys)
	for _, name := range []string{"ruff", "mypy", "pytest", "pytest-cov"} {
		if _, _, is := p.inside(fsys, guideGates[name]); is {
			continue // Other says what runs it.
		}
		source := p.configured(fsys, configuredTools[name])
		version := p.Locked(name)
		installs := p.wanted(fsys, habits, name)
		source = cmp.Or(installs, source)
		if name == "ruff" && version == "" {
			version, source = p.hooked(fsys, source)
		}
		if hooked, is := p.asHooked(fsys); is && name == "mypy" && (installs == "" || p.asksHabitually(name)) {
			tools = append(tools, hooked)
			continue
		}
		if source == "" {
			continue
		}
		another := p.runsAnother(fsys, habits, name)
		if !another {
			tools = append(tools, p.tool(fsys, habits, Tool{Name: name, Version: version, Source: source, Configured: name == coverageTool && (installs == "" || p.unmeasured(fsys, habits))}))
		}
		if name == "ruff" && p.formatted(fsys, habits, another) {
			tools = append(tools, p.tool(fsys, habits, Tool{Name: RuffFormat, Version: version, Source: source}))
		}
	}
	return tools
}

// runsAnother tells of the guide's tool of a gate, which nothing configures or so much as
// names in the project's automation, that this runs another one, or that something which drives
// it is installed: it is there for something else.
func (p Project) runsAnother(fsys fs.FS, habits []habit, name string) bool {
	gate := guideGates[name]
	if gate == testGate || p.configured(fsys, configuredTools[name]) != "" || p.names(fsys, checkers[gate][0]) {
		return false
	}
	if slices.ContainsFunc(drivers[name], func(driver string) bool { return p.installs(driver) != "" }) {
		return true
	}
	return slices.ContainsFunc(checkers[gate][1:], func(command []string) bool {
		return p.wanted(fsys, habits, command[0]) != "" && slices.ContainsFunc(habits, func(h habit) bool { return h.runsAny(command) })
	})
}

// drivers are packages that run a tool themselves, such as within the tests.
var drivers = map[string][]string{"mypy": {"pytest-mypy-plugins", "pytest-mypy-testing"}}

// tool is one with what it is run on: what its configuration says, else the project's
// automation, else all there is.
func (p Project) tool(fsys fs.FS, habits []habit, t Tool) Tool {
	t.Arguments = p.arguments(fsys, t.Name)
	if t.Name == "pytest" {
		var tests call
		tests, t.Arguments = p.pytest(fsys, habits)
		t.Habit, t.Environment, t.Unknown, t.Through = tests.file, tests.with.values, tests.with.unknown, tests.through
		return t
	}
	if t.Name == coverageTool {
		if measure, file := p.measure(fsys, habits); file != "" {
			t.Arguments, t.Habit = measure, file
		}
		return t
	}
	command := map[string][]string{"ruff": {"ruff", "check"}, RuffFormat: {"ruff", "format"}, "mypy": {"mypy"}}[t.Name]
	if arguments, is := p.asRuffHook(fsys, habits, t); is && !slices.Equal(arguments, t.Arguments) {
		t.Arguments, t.Habit = arguments, t.Source
		return t
	}
	c, is := p.run(fsys, habits, command...)
	if !is {
		return t
	}
	arguments := c.words()
	if !c.names() {
		arguments = append(arguments, t.Arguments...)
	}
	if !slices.Equal(arguments, t.Arguments) || len(c.with.values) > 0 {
		t.Arguments, t.Environment, t.Habit = arguments, c.with.values, c.file
	}
	return t
}

// Hooked tells whether the repository's pre-commit hooks run one of some tools.
func (p Project) Hooked(fsys fs.FS, ids ...string) bool {
	found, _ := p.hooks(fsys)
	return slices.ContainsFunc(found.Repos, func(repo repoOf) bool {
		return slices.ContainsFunc(repo.Hooks, func(hook hookOf) bool { return slices.Contains(ids, hook.ID) })
	})
}

// locking is the file that locks the project's packages, or names them.
func (p Project) locking() string {
	if p.Lock != "" || len(p.Checks) == 0 {
		return p.Lock
	}
	return p.Checks[len(p.Checks)-1]
}

// asks tells whether a group or an extra of the checks names a tool.
func (p Project) asks(name string) bool {
	named := func(list any) bool {
		return slices.ContainsFunc(requirements(list), func(pkg string) bool { return Normal(pkg) == name })
	}
	for _, group := range p.Groups {
		if named(component.Lookup(p.document, "dependency-groups")[group]) || component.Lookup(p.document, "tool", "poetry", "group", group, "dependencies")[name] != nil {
			return true
		}
	}
	for _, extra := range p.Extras {
		if slices.ContainsFunc(p.extras[extra], func(pkg string) bool { return Normal(pkg) == name }) {
			return true
		}
	}
	return named(component.Lookup(p.document, "tool", "uv")["dev-dependencies"])
}

// configured is the file in which a tool is configured; empty for none.
func (p Project) configured(fsys fs.FS, tool configured) string {
	for dir := p.Path; ; dir = path.Dir(dir) {
		for _, name := range tool.files {
			if file := path.Join(dir, name); exists(fsys, file) {
				return file
			}
		}
		if file := path.Join(dir, "pyproject.toml"); len(tool.table) > 0 && exists(fsys, file) {
			if doc, err := readTOML(fsys, file); err == nil && component.Lookup(doc, tool.table...) != nil {
				return file
			}
		}
		for _, name := range []string{"setup.cfg", "tox.ini"} {
			file := path.Join(dir, name)
			raw, err := fs.ReadFile(fsys, file)
			if err == nil && slices.ContainsFunc(tool.sections, func(section string) bool { return strings.Contains(string(raw), section) }) {
				return file
			}
		}
		if dir == "." || !tool.upwards {
			return ""
		}
	}
}

// hook is the version of ruff that a repository's pre-commit hooks run.
var hook = regexp.MustCompile(`(?s)repo:\s*['"]?https://github\.com/(?:astral-sh|charliermarsh)/ruff-pre-commit['"]?\s.{0,200}?rev:\s*['"]?v?(\d+\.\d+\.\d+)`)

// hooked is the version of ruff that the repository's hooks run, where nothing locks
// one.
func (p Project) hooked(fsys fs.FS, source string) (version, from string) {
	for dir := p.Path; ; dir = path.Dir(dir) {
		file := path.Join(dir, hooksFile)
		if raw, err := fs.ReadFile(fsys, file); err == nil && len(raw) < bounds.MostBytes {
			if m := hook.FindStringSubmatch(thawed(raw)); m != nil {
				return m[1], file
			}
		}
		if dir == "." {
			return "", source
		}
	}
}

// arguments are what a tool is run with where its configuration does not say on what.
func (p Project) arguments(fsys fs.FS, name string) []string {
	setup := p.settingsText(fsys)
	switch name {
	case "mypy":
		mypy := component.Lookup(p.document, "tool", "mypy")
		if mypy["files"] != nil || mypy["packages"] != nil || mypy["modules"] != nil || mypyFiles.MatchString(setup) {
			return nil
		}
		return []string{"."}
	case coverageTool:
		run := component.Lookup(p.document, "tool", "coverage", "run")
		switch {
		case covers.MatchString(p.addedByConfiguration(fsys)):
			return nil
		case run["source"] != nil || run["source_pkgs"] != nil || strings.Contains(setup, "[coverage:run]") || exists(fsys, path.Join(p.Path, ".coveragerc")):
			return []string{"--cov"}
		}
		return []string{"--cov=."}
	case "ruff", RuffFormat:
		return []string{"."}
	}
	return nil
}

// covers is pytest's option that measures coverage.
var covers = regexp.MustCompile(`(?:^|[\s"'\[,])--cov(?:[=\s"',\]]|$)`)

// addedByConfiguration are the options that pytest's configuration adds to any.
func (p Project) addedByConfiguration(fsys fs.FS) string {
	options := fmt.Sprint(component.Lookup(p.document, "tool", "pytest", "ini_options")["addopts"])
	for _, file := range []struct{ name, section string }{{"setup.cfg", "tool:pytest"}, {"tox.ini", "pytest"}, {"pytest.ini", "pytest"}} {
		options += " " + p.readINI(fsys, file.name)[file.section]["addopts"]
	}
	return options
}

// unmeasured tells whether the project's automation runs the tests, and nothing of it measures
// what they cover.
func (p Project) unmeasured(fsys fs.FS, habits []habit) bool {
	all, _ := p.pytests(fsys, habits)
	return len(all) > 0 && !slices.ContainsFunc(all, func(c call) bool { return c.measured }) && !covers.MatchString(p.addedByConfiguration(fsys))
}

var mypyFiles = regexp.MustCompile(`(?ms)^\[mypy\](?:[^\[]*?)^(?:files|packages|modules)\s*=`)

// settingsText is what the project's files of the older form say.
func (p Project) settingsText(fsys fs.FS) string {
	var all strings.Builder
	for _, name := range []string{"setup.cfg", "tox.ini", "pytest.ini", "mypy.ini", ".mypy.ini"} {
		if raw, err := fs.ReadFile(fsys, path.Join(p.Path, name)); err == nil {
			all.Write(raw)
			all.WriteString("\n")
		}
	}
	return all.String()
}

// installs is the file that has the checks install a package; empty for none.
func (p Project) installs(name string) string {
	_, listed := p.versions[Normal(name)]
	switch {
	case listed && p.Installed(name):
		return p.locking()
	case p.asks(name):
		return p.asked
	}
	return ""
}

// InstallsTool tells whether the checks install a tool.
func (p Project) InstallsTool(name string) bool { return p.installs(name) != "" }

// Manifest is the project's pyproject.toml.
func (p Project) Manifest() string { return path.Join(p.Path, "pyproject.toml") }
