package pyenv

import (
	"fmt"
	"io/fs"
	"maps"
	"path"
	"regexp"
	"slices"
	"strings"

	"github.com/pingvas/pingvas-ci/ci/internal/bounds"
	"github.com/pingvas/pingvas-ci/ci/internal/compose"
)

// scripts are the commands of a file of automation that lies in a project's directory, or
// of one whose commands begin there; of is the project's directory.
func scripts(fsys fs.FS, file, whole, base, of string) []script {
	s := script{file: file, at: base, base: base}
	name := path.Base(file)
	switch {
	case isTox(name):
		return toxScripts(s, ini(whole))
	case strings.HasPrefix(name, "Taskfile."), strings.HasSuffix(name, ".yml"), strings.HasSuffix(name, ".yaml"):
		if read := map[string]any{}; bounds.YAML([]byte(whole), &read) == nil {
			if strings.HasPrefix(file, workflows) {
				withActions(fsys, read)
				withCallers(fsys, file, read)
				withCells(read, of)
			}
			return s.keyed(name, read)
		}
	}
	s.text, s.shell = whole, name != "noxfile.py"
	s.alone = makes.MatchString(name) // Of make's and just's lines, each has a shell.
	if name == "noxfile.py" {
		s.text = calls(whole)
	}
	return []script{s}
}

// keyed are the commands of a document of YAML, as its runner has them.
func (s script) keyed(name string, read map[string]any) []script {
	s.shell = true
	switch {
	case strings.HasPrefix(name, "Taskfile."):
		return s.taskfile(read)
	case name == ".gitlab-ci.yml":
		return s.gitlab(read)
	}
	return s.jobs(read)
}

// jobs are the steps of a workflow of GitHub's, or of CircleCI's.
func (s script) jobs(read map[string]any) (all []script) {
	whole := s.with(read["env"]).in(read)
	jobs := table(read["jobs"])
	for _, name := range slices.Sorted(maps.Keys(jobs)) {
		job := table(jobs[name])
		if never(job["if"]) {
			continue
		}
		if job["services"] != nil {
			job = table(withPorts(job, table(job["services"])))
		}
		within := whole.with(job["env"]).with(job["environment"]).in(job)
		matrix := table(table(job["strategy"])["matrix"])
		foreign := isForeign(job["runs-on"], matrix)
		served, up, ran := served(job["services"]), []compose.Up(nil), map[string]map[string]any(nil)
		for _, one := range list(job["steps"]) {
			step := table(one)
			if windows.MatchString(plain(step["shell"])) || never(step["if"]) {
				continue
			}
			s := within.with(step["env"])
			s.job, s.text = name, plain(step["run"])
			if run := table(step["run"]); run != nil { // CircleCI's.
				s, s.text = s.with(run["environment"]).in(run), plain(run["command"])
			} else {
				s = s.in(step)
			}
			s.given, s.hosts = s.given.without(served), served
			s.given.beside = besideJob(s.file, job)
			besideCircle(s.given.beside, containersOf(job, table(read["executors"])))
			s.given.beside.Up = up
			maps.Copy(s.given.beside.Services, ran)
			s.maybe, s.dependent, s.foreign = step["if"] != nil, job["if"] != nil, foreign || onOthers.MatchString(plain(step["if"]))
			s.forgiven = step["continue-on-error"] == true || job["continue-on-error"] == true
			all = append(all, s)
			within = within.hands(step)
			if step["if"] == nil {
				up, ran = s.composed(step, up), s.ran(step, matrix, ran)
			}
		}
	}
	return all
}

// isForeign tells of the runner of a job that it is of another system, in each cell of its
// matrix.
func isForeign(runner any, matrix map[string]any) bool {
	named := list(runner)
	if named == nil {
		named = []any{runner}
	}
	return slices.ContainsFunc(named, func(one any) bool {
		values := []any{one}
		if m := cell.FindStringSubmatch(plain(one)); m != nil {
			values = slices.Clone(list(matrix[m[1]]))
			for _, of := range list(matrix["include"]) {
				if value, has := table(of)[m[1]]; has {
					values = append(values, value)
				}
			}
		}
		return len(values) > 0 && !slices.ContainsFunc(values, func(value any) bool { return !foreignRunner.MatchString(plain(value)) })
	})
}

// onOthers is the condition of a step that another system alone meets.
var onOthers = regexp.MustCompile(`(?i)^[^|!]*\b(?:runner\.os|matrix\.[\w-]+)\s*==\s*'(?:windows|macos)[^'|]*'[^|]*$`)

// foreignRunner is one of another system.
var foreignRunner = regexp.MustCompile(`(?i)^(?:windows|macos)`)

// windows are the shells in which a line means something else.
var windows = regexp.MustCompile(`(?i)^(?:pwsh|powershell|cmd)`)

// gitlab are the jobs of a .gitlab-ci.yml.
func (s script) gitlab(read map[string]any) (all []script) {
	s = s.with(read["variables"])
	for _, name := range slices.Sorted(maps.Keys(read)) {
		job := table(read[name])
		if job["script"] == nil {
			continue
		}
		of := s.with(job["variables"])
		services := firstOf(job["services"], table(read["default"])["services"], read["services"])
		beside := besideGitlab(s.file, services, of.given)
		of.hosts = served(services)
		of.given = of.given.without(of.hosts)
		of.given.beside = beside
		of.forgiven = job["allow_failure"] == true
		of.text = plain(job["before_script"]) + "\n" + plain(job["script"])
		all = append(all, of)
	}
	return all
}

// taskfile are the tasks of a Taskfile, each command in a shell of its own.
func (s script) taskfile(read map[string]any) (all []script) {
	s = s.with(read["env"])
	tasks := table(read["tasks"])
	for _, name := range slices.Sorted(maps.Keys(tasks)) {
		task := table(tasks[name])
		of := s.with(task["env"])
		of.task, of.alone, of.forgiven = name, true, task["ignore_error"] == true
		filled := func(text string) string {
			return templates.ReplaceAllStringFunc(text, func(use string) string {
				variable := templates.FindStringSubmatch(use)[1]
				for _, vars := range []any{task["vars"], read["vars"]} {
					if value, is := table(vars)[variable]; is && table(value) == nil {
						return fmt.Sprint(value)
					}
				}
				return use
			})
		}
		if dir := filled(plain(task["dir"])); dir != "" {
			of = of.moved(of.located(dir, of.at))
		}
		commands := list(tasks[name])
		if task != nil {
			commands = append(list(task["cmds"]), task["cmd"])
		} else if commands == nil {
			commands = []any{tasks[name]}
		}
		for _, command := range commands {
			if table(command) != nil {
				command = table(command)["cmd"]
			}
			of.text += strings.ReplaceAll(strings.TrimSpace(filled(plain(command))), "\n", " && ") + "\n"
		}
		all = append(all, of)
	}
	return all
}

var templates = regexp.MustCompile(`\{\{\s*\.(\w+)\s*\}\}`)

// with are commands beside which variables stand.
func (s script) with(variables any) script {
	for _, name := range slices.Sorted(maps.Keys(table(variables))) {
		value := table(variables)[name]
		if of := table(value); of != nil { // GitLab's has a description, Poe's a default; of Taskfile's a command knows it.
			if value = of["value"]; value == nil {
				value = of["default"]
			}
		}
		switch {
		case value == nil && table(table(variables)[name]) != nil:
			value = "${}"
		case value == nil:
			value = ""
		}
		if !coloured.MatchString(name) {
			s.given = s.given.set(name, s.located(s.given.resolved(fmt.Sprint(value)), s.at))
		}
	}
	return s
}

// coloured are variables that a runner sets for its own terminal.
var coloured = regexp.MustCompile(`^(?:FORCE_COLOR|NO_COLOR|PY_COLORS|CLICOLOR|CLICOLOR_FORCE|COLUMNS|LINES|TERM)$`)

// expression is a variable of a workflow in another's value.
var expression = regexp.MustCompile(`\$\{\{\s*env\.(\w+)\s*\}\}`)

// portOf is the port of the machine that leads to one of a service of the job.
var portOf = regexp.MustCompile(`\$\{\{\s*job\.services\.([\w-]+)\.ports\[['"]?(\d+)['"]?\]\s*\}\}`)

// withPorts is a part of a job in which those ports stand for themselves.
func withPorts(part any, services map[string]any) any {
	return replaced(part, func(text string) string {
		return portOf.ReplaceAllStringFunc(text, func(use string) string {
			m := portOf.FindStringSubmatch(use)
			return compose.LocalPort(table(services[m[1]])["ports"], m[2])
		})
	})
}

// replaced is a part of a document with another text in place of each.
func replaced(part any, by func(string) string) any {
	switch of := part.(type) {
	case string:
		return by(of)
	case []any:
		all := make([]any, len(of))
		for i := range of {
			all[i] = replaced(of[i], by)
		}
		return all
	case map[string]any:
		all := map[string]any{}
		for key := range of {
			all[key] = replaced(of[key], by)
		}
		return all
	}
	return part
}

func (g given) resolved(value string) string {
	return expression.ReplaceAllStringFunc(value, func(use string) string {
		if known, is := g.values[expression.FindStringSubmatch(use)[1]]; is {
			return known
		}
		return use
	})
}

// in are commands that begin in the directory that a job or a step says.
func (s script) in(of map[string]any) script {
	for _, said := range []any{table(table(of["defaults"])["run"])["working-directory"], of["working-directory"], of["working_directory"]} {
		to := strings.TrimPrefix(s.given.resolved(plain(said)), "~/project")
		if to = s.located(strings.TrimPrefix(to, "/"), s.base); to != "" {
			s.at = s.base
			s = s.moved(to)
		}
	}
	return s
}

// moved has them begin in a directory below the one in which they would.
func (s script) moved(to string) script {
	if s.at == nowhere || variable.MatchString(to) || path.IsAbs(to) {
		s.at = nowhere
		return s
	}
	s.at = path.Join(s.at, to)
	return s
}

// served are the hosts of the services that run beside a job: nobody has them by hand.
func served(services any) (hosts []string) {
	names := slices.Sorted(maps.Keys(table(services)))
	for _, one := range list(services) {
		image := plain(one)
		if of := table(one); of != nil {
			image = plain(of["name"])
		}
		names = append(names, compose.Names(plain(table(one)["alias"]), image)...)
	}
	if len(names) == 0 {
		return nil
	}
	return append(names, "localhost", "127.0.0.1")
}

// without are variables of which those that name one of some hosts are not known.
func (g given) without(hosts []string) given {
	for _, name := range slices.Sorted(maps.Keys(g.values)) {
		if slices.ContainsFunc(hosts, func(host string) bool {
			return regexp.MustCompile(`(?:^|[@/\s,=])` + regexp.QuoteMeta(host) + `(?:$|[:/\s,])`).MatchString(g.values[name])
		}) {
			value := g.values[name]
			if g = g.set(name, "${}"); g.reached == nil {
				g.reached = map[string]string{}
			}
			g.reached[name] = value
		}
	}
	return g
}

func table(of any) map[string]any {
	read, _ := of.(map[string]any)
	return read
}

func list(of any) []any {
	read, _ := of.([]any)
	return read
}

// firstOf is the first of some values that is there.
func firstOf(values ...any) any {
	if at := slices.IndexFunc(values, func(value any) bool { return value != nil }); at >= 0 {
		return values[at]
	}
	return nil
}

// plain is the text of a value, or of all of a list of them.
func plain(of any) string {
	switch read := of.(type) {
	case string:
		return read
	case []any:
		var all []string
		for _, one := range read {
			all = append(all, plain(one))
		}
		return strings.Join(all, "\n")
	}
	return ""
}
