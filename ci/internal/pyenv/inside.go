package pyenv

import (
	"io/fs"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/pingvas/pingvas-ci/ci/internal/component"
	"github.com/pingvas/pingvas-ci/ci/internal/inputs"
)

// checkers are the commands of a gate's tools, that of the guide first.
var checkers = map[string][][]string{
	"lint":      {{"ruff", "check"}, {"flake8"}, {"pylint"}},
	"format":    {{"ruff", "format"}, {"black"}},
	"typecheck": {{"mypy"}, {"pyright"}, {"basedpyright"}, {"ty", "check"}, {"pyrefly", "check"}},
	testGate:    {{"pytest"}, {"py.test"}, {"manage.py", "test"}, {"django", "test"}, {"django-admin", "test"}, {"unittest"}},
}

const testGate = "test"

// runsAny tells whether a line runs one of some commands.
func (h habit) runsAny(commands ...[]string) bool {
	return slices.ContainsFunc(commands, func(command []string) bool { _, runs := h.arguments(command...); return runs })
}

// inside is the project as it is seen from the directory in which its automation runs a
// gate's tool: where all of its lines do that in one, as where the code lies in src and
// the packages are named above it. The tool finds its configuration and what it imports
// there. Of tests, none may lie elsewhere, and no setting of pytest's is passed over; lines
// that are of parts of them have them run whole.
func (p Project) inside(fsys fs.FS, gate string) (within Project, command []string, is bool) {
	lines := p.innerLines(fsys, gate)
	if len(lines) == 0 || slices.ContainsFunc(lines, func(h habit) bool { return h.at != lines[0].at }) || p.runsHere(fsys, gate, lines) {
		return p, nil, false
	}
	first := slices.IndexFunc(checkers[gate], func(of []string) bool {
		return slices.ContainsFunc(lines, func(h habit) bool { return h.runsAny(of) })
	})
	command = checkers[gate][first]
	within = p
	within.Path, within.automated, within.inner = lines[0].at, &lines, new([]habit)
	tool := strings.Replace(command[0], "py.test", "pytest", 1)
	switch {
	case first > 0 && gate != testGate && p.wantsGuides(fsys, gate):
		return p, nil, false // Another tool, beside the guide's.
	case gate == testGate && (p.Placed && tool == "pytest" || component.TestsBeside(fsys, p.Path, within.Path)):
		return p, nil, false
	case !slices.Contains([]string{"manage.py", "django", "django-admin", "unittest"}, tool) && p.installs(tool) == "":
		return p, nil, false // It is run as if it ran here, or told.
	}
	if gate == testGate {
		lines = p.whole(fsys, lines, command)
	}
	return within, command, true
}

// innerLines are those that run a gate's tool in directories of the project.
func (p Project) innerLines(fsys fs.FS, gate string) (lines []habit) {
	p.habits(fsys) // With which the inner ones are read.
	for _, h := range *p.inner {
		aside, _, _ := strings.Cut(strings.TrimPrefix(h.at, p.Path+"/"), "/")
		if h.runsAny(checkers[gate]...) && !h.doubtful(h.words) && !p.ofAnother(fsys, h.at) && !slices.Contains(asides, aside) {
			lines = append(lines, h)
		}
	}
	return lines
}

// runsHere tells whether a gate's tool, or what may run one, runs where the project lies, or
// where is not known: not a task of a file whose own lines are those that run inside.
func (p Project) runsHere(fsys fs.FS, gate string, lines []habit) bool {
	runInside := func(file string) bool {
		return slices.ContainsFunc(lines, func(h habit) bool { return h.file == file })
	}
	ofTasks := slices.ContainsFunc(lines, func(h habit) bool { return !strings.HasPrefix(h.file, workflows) })
	return slices.ContainsFunc(p.habits(fsys), func(h habit) bool {
		if h.runsAny(checkers[gate]...) {
			return true
		}
		byTask := slices.ContainsFunc(h.words, func(word string) bool { return slices.Contains([]string{"make", "just", "task"}, path.Base(word)) })
		return gate == testGate && (h.isTests() || p.mayTest(fsys, h)) && (!byTask || !ofTasks && !runInside(h.file))
	})
}

// wantsGuides tells whether the project installs or configures the guide's tool of a gate.
func (p Project) wantsGuides(fsys fs.FS, gate string) bool {
	tool := checkers[gate][0][0]
	return p.installs(tool) != "" || p.configured(fsys, configuredTools[tool]) != ""
}

// otherInside is what runs a gate in such a directory.
func (p Project) otherInside(fsys fs.FS, gate string) (found Other, is bool) {
	within, command, is := p.inside(fsys, gate)
	if !is {
		return found, false
	}
	lines := *within.automated
	switch name := strings.Join(command, " "); name {
	case "ruff check", "ruff format", "mypy", "pytest", "py.test":
		tool := Tool{Name: map[string]string{"ruff check": "ruff", "py.test": "pytest"}[name]}
		if tool.Name == "" {
			tool.Name = name
		}
		tool = within.tool(fsys, lines, tool)
		switch name {
		case RuffFormat:
			name += " --check"
		case "pytest", "py.test": // Its report is where that of other tests is.
			back, _ := filepath.Rel(within.Path, p.Path)
			name = strings.Join(append(slices.Clone(tool.Through), name), " ") + " --junitxml=" + path.Join(filepath.ToSlash(back), "junit.xml")
		}
		found = Other{Name: command[0], Command: strings.TrimSpace(name + " " + quoted(tool.Arguments)), Environment: tool.Environment, Unknown: tool.Unknown}
	default:
		if found, is = within.Other(fsys, gate); !is {
			return found, false
		}
	}
	rel, err := filepath.Rel(p.Path, within.Path)
	if err != nil {
		return found, false
	}
	there := "env --chdir=" + filepath.ToSlash(rel) + " "
	found.Command = there + strings.ReplaceAll(found.Command, also, also+there)
	found.Source, found.Habit, found.Installed = lines[0].file, lines[0].file, true
	return found, true
}

// innerOf are those of some lines that run in directories of the project's.
func (p Project) innerOf(lines []habit) (all []habit) {
	for _, h := range lines {
		if p.lies(h.at) {
			all = append(all, h)
		}
	}
	return all
}

// lies tells whether a directory lies below the project's.
func (p Project) lies(dir string) bool {
	rel, is := inputs.Below(p.Path, dir)
	return is && rel != "." && rel != ".." && !strings.HasPrefix(rel, "../")
}
