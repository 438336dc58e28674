package pyenv

import (
	"io/fs"
	"slices"
	"strings"
)

// other is a tool of the trade that the guide's gates do not run.
type other struct {
	name, gate, command string
	// all is what its command takes for everything; empty where that is nothing.
	all string
	configured
}

var others = []other{
	{"black", "format", "black --check", ".", configured{table: []string{"tool", "black"}}},
	{"flake8", "lint", "flake8", "", configured{files: []string{".flake8"}, table: []string{"tool", "flake8"}, sections: []string{"[flake8]"}}},
	{"pylint", "lint", "pylint --recursive=y", ".", configured{files: []string{".pylintrc", "pylintrc"}, table: []string{"tool", "pylint"}}},
	{"isort", "lint", "isort --check-only", ".", configured{files: []string{".isort.cfg"}, table: []string{"tool", "isort"}, sections: []string{"[isort]", "[tool:isort]"}}},
	{"basedpyright", "typecheck", "basedpyright", "", configured{table: []string{"tool", "basedpyright"}}},
	{"pyright", "typecheck", "pyright", "", configured{files: []string{"pyrightconfig.json"}, table: []string{"tool", "pyright"}, upwards: true}},
	{"ty", "typecheck", "ty check", "", configured{files: []string{"ty.toml"}, table: []string{"tool", "ty"}}},
	{"pyrefly", "typecheck", "pyrefly check", "", configured{files: []string{"pyrefly.toml"}, table: []string{"tool", "pyrefly"}}},
	{"tox", "test", "tox", "", configured{files: []string{"tox.ini"}, table: []string{"tool", "tox"}}},
	{"nox", "test", "nox", "", configured{files: []string{"noxfile.py"}}},
	{"Django's own runner", "test", "python manage.py test", "", configured{files: []string{"manage.py"}}},
}

// Other is a tool in place of the guide's for a gate, and the command that runs it.
type Other struct {
	Name, Command string
	// Source is where the project installs it for its checks; empty where it does not.
	Source string
	// Installed tells whether the environment of the checks has it.
	Installed bool
	// Habit is the file of the project's automation that says on what it is run; empty
	// for none.
	Habit string
	// Environment is set where it runs, and Unknown are variables of which the value is not
	// known here.
	Environment map[string]string
	Unknown     []string
}

// Commands are those that it is, each of a part of the tests.
func (o Other) Commands() []string { return strings.Split(o.Command, also) }

// Other is the tool that the project locks, has a hook of or configures for a gate in
// place of the guide's; none where there is no such tool.
func (p Project) Other(fsys fs.FS, gate string) (Other, bool) {
	habits := p.habits(fsys)
	if inside, is := p.otherInside(fsys, gate); is {
		return inside, true
	}
	if runner, is := p.runner(fsys, habits); gate == testGate && is {
		return runner, true
	}
	var wanted []other
	for _, o := range others {
		if o.gate == gate && p.wants(fsys, habits, o) {
			wanted = append(wanted, o)
		}
	}
	if len(wanted) == 0 {
		return p.unittest(fsys, gate)
	}
	first := wanted[0]
	if at := slices.IndexFunc(wanted, func(o other) bool { return p.wanted(fsys, habits, o.name) != "" }); at >= 0 {
		first = wanted[at]
	} else {
		for _, o := range wanted {
			if hooked, is := p.otherHooked(fsys, o); is {
				return hooked, true
			}
		}
	}
	return p.other(fsys, habits, first), true
}

// other is a tool as the project's automation has it.
func (p Project) other(fsys fs.FS, habits []habit, o other) Other {
	found := Other{Name: o.name, Installed: p.installs(o.name) != "" || o.needs() == ""}
	if o.gate != "test" { // tox and nox make environments of their own.
		found.Source = p.wanted(fsys, habits, o.name)
	}
	command := strings.Fields(o.command)[0]
	if p.particular(fsys, habits, command) {
		found.Source = ""
	}
	c, is := p.run(fsys, habits, command)
	if is {
		found.Habit, found.Environment = c.file, c.with.values
	}
	found.Command = strings.TrimSpace(o.command + " " + quoted(p.outside(fsys, o, c)))
	return found
}

// needs is what has to be installed for a tool; nothing for what a project has itself.
func (o other) needs() string {
	if strings.HasPrefix(o.command, "python ") {
		return ""
	}
	return o.name
}

// Unheard are tools that the project installs for its checks and configures, that its
// automation runs, or that it has a hook of, beside the one that a gate runs, each with its
// command.
func (p Project) Unheard(fsys fs.FS, gate, runs string) (all []Other) {
	habits := p.habits(fsys)
	for _, o := range others {
		if o.gate != gate || o.gate == "test" || o.gate == "format" || o.name == runs {
			continue
		}
		called := slices.ContainsFunc(habits, func(h habit) bool { _, runs := h.arguments(strings.Fields(o.command)[0]); return runs })
		hooked, isHooked := p.otherHooked(fsys, o)
		switch {
		case p.wanted(fsys, habits, o.name) != "" && (called || p.configured(fsys, o.configured) != ""):
			all = append(all, p.other(fsys, habits, o))
		case isHooked:
			all = append(all, hooked)
		}
	}
	return all
}

// wants tells whether the project locks or configures a tool, or has a hook of it.
func (p Project) wants(fsys fs.FS, habits []habit, o other) bool {
	return p.wanted(fsys, habits, o.name) != "" || p.configured(fsys, o.configured) != "" || p.Hooked(fsys, o.name)
}
