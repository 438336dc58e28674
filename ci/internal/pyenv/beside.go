package pyenv

import (
	"fmt"
	"io/fs"
	"maps"
	"path"
	"regexp"
	"slices"
	"strings"

	"github.com/pingvas/pingvas-ci/ci/internal/component"
	"github.com/pingvas/pingvas-ci/ci/internal/compose"
)

// Beside are the services that the project's pipeline has beside its tests; nil for none.
// The lines that run all of the tests say it, else those of parts have together what each
// has, else the tasks that are called so. Of lines that run the same, all have the same.
func (p Project) Beside(fsys fs.FS) *compose.Beside {
	direct, own, tasks := map[string]*compose.Beside{}, map[string]*compose.Beside{}, map[string]*compose.Beside{}
	there, _, inside := p.inside(fsys, testGate)
	for _, h := range slices.Concat(p.habits(fsys), p.innerLines(fsys, testGate)) {
		if !pipelines.MatchString(h.file) || h.forgiven || h.foreign {
			continue
		}
		if part, runs := there.runsTests(fsys, h); runs {
			if !inside && p.lies(h.at) {
				part = h.at + " " + part
			}
			alike(direct, part, h.served())
		} else if p.runsOwn(fsys, h) {
			alike(own, ofProject, h.served())
		} else if h.isTests() {
			alike(tasks, strings.Join(h.words, " "), h.served())
		}
	}
	if whole, has := direct[""]; has {
		return most(whole, direct)
	}
	if maps.Copy(direct, own); len(direct) > 0 {
		return jointly(direct)
	}
	return jointly(tasks)
}

// ofProject is what tests are called that a program of the project's runs.
const ofProject = "by a program of the project's"

// most are the services beside all of the tests, or those beside most of them, such as all
// but the slow ones, that have them all and more.
func most(whole *compose.Beside, parts map[string]*compose.Beside) *compose.Beside {
	for _, part := range slices.Sorted(maps.Keys(parts)) {
		if of := parts[part]; whole != nil && !whole.None() && of != nil && leavesOut.MatchString(part) && of.Covers(*whole) {
			whole = of
		}
	}
	return whole
}

// leavesOut are options that have pytest leave out some tests.
var leavesOut = regexp.MustCompile(`^-[mk] ["']?not [\w.-]+["']?$`)

// served are the services beside a line, with the variables that it runs with; nil for none.
func (h habit) served() *compose.Beside {
	with := h.variables()
	if with.beside == nil || with.beside.None() {
		return nil
	}
	of := *with.beside
	of.Variables = maps.Clone(with.values)
	maps.Copy(of.Variables, with.reached)
	delete(of.Variables, addedOptions) // They are the line's, as far as a verdict depends on them.
	return &of
}

// alike adds the services beside one more line that runs the same as others: none, where one
// of them has none. Of those that have different ones the first stands, as the tests pass
// beside each.
func alike(all map[string]*compose.Beside, runs string, served *compose.Beside) {
	before, has := all[runs]
	switch {
	case !has:
		all[runs] = served
	case before == nil || before.None() || served == nil:
		all[runs] = none(before, served)
	case served.Covers(*before):
		all[runs] = served
	case before.Covers(*served):
	case !before.Same(*served):
		before.Otherwise = append(before.Otherwise, served.Files...)
	default:
		before.Agree(*served)
	}
}

// none are no services, with the files of those that lines have beside the same tests as others
// which have none.
func none(all ...*compose.Beside) (of *compose.Beside) {
	for _, one := range all {
		if one != nil {
			if of == nil {
				of = &compose.Beside{}
			}
			of.Otherwise = append(append(of.Otherwise, one.Files...), one.Otherwise...)
		}
	}
	return of
}

// jointly are the services of lines that run different tests.
func jointly(all map[string]*compose.Beside) (together *compose.Beside) {
	for _, runs := range slices.Sorted(maps.Keys(all)) {
		switch one := all[runs]; {
		case one == nil, one.None() && together != nil:
		case together == nil || together.None():
			together = one
		default:
			together.Join(*one)
		}
	}
	return together
}

// runsTests tells whether a line runs tests by a runner of theirs, and which: what it names,
// and what it leaves out; nothing for all.
func (p Project) runsTests(fsys fs.FS, h habit) (part string, runs bool) {
	for _, command := range [][]string{{"pytest"}, {"py.test"}, {"manage.py", "test"}, {"unittest"}} {
		words, runs := h.arguments(command...)
		if !runs {
			continue
		}
		c := p.call(fsys, h.file, "pytest", words)
		about := slices.DeleteFunc(slices.Clone(c.targets), func(target string) bool { return target == "." || wholly.MatchString(target) })
		for _, option := range c.options {
			if slices.Contains([]string{"-m", "-k"}, optionName(option)) {
				about = append(about, strings.Join(option, " "))
			}
		}
		return strings.Join(about, " "), true
	}
	return "", false
}

// runsOwn tells whether a line runs the tests by a program of the project's that is there.
func (p Project) runsOwn(fsys fs.FS, h habit) bool {
	return slices.ContainsFunc(h.ownRunner(), func(of testRunner) bool {
		dir, _ := path.Split(h.script(of.script)) // That of another place is none.
		return component.Exists(fsys, path.Join(p.Path, h.script(of.script))) && slices.Contains([]string{"", "test/", "tests/"}, dir)
	})
}

var (
	pipelines = regexp.MustCompile(`^\.github/workflows/|^\.gitlab-ci\.yml$|^\.circleci/config\.yml$`)
	// tasks are what runs others' commands by a name.
	tasks = []string{"make", "just", "task", "tox", "nox", "hatch", "poe", "inv", "invoke", "bash", "sh"}
	// wholly are directories that have all of the tests.
	wholly = regexp.MustCompile(`^tests?$`)
	tests  = regexp.MustCompile(`(?:^|/)(?:run[_-])?tests?(?:$|[._:-])|[_:-]tests?(?:\.sh)?$`)
	// noTests are environments of tox and sessions of nox that are about something else.
	noTests = regexp.MustCompile(`(?i)lint|format|style|types?|mypy|pyright|docs?|build|pre[-_]commit|flake8|package`)
)

// isTests tells whether a line runs a task that is called after tests.
func (h habit) isTests() bool {
	at := slices.IndexFunc(h.words, func(word string) bool {
		return slices.Contains(tasks, path.Base(word)) || strings.HasSuffix(word, ".sh")
	})
	if at < 0 || slices.ContainsFunc(h.words[:at], func(word string) bool { return !before.MatchString(word) }) {
		return false
	}
	if runner := h.words[at]; runner == "tox" || runner == "nox" { // They run tests, unless they are told what else.
		return !slices.ContainsFunc(h.words[at+1:], noTests.MatchString)
	}
	return tests.MatchString(h.words[at]) || slices.ContainsFunc(h.words[at+1:], tests.MatchString)
}

// besideJob are the services of a job of GitHub's.
func besideJob(file string, job map[string]any) *compose.Beside {
	b := &compose.Beside{Files: []string{file}, Services: map[string]map[string]any{}, Named: job["container"] != nil}
	matrix := table(table(job["strategy"])["matrix"])
	for name, of := range table(job["services"]) {
		service := maps.Clone(table(of))
		if image := plain(of); image != "" {
			service = map[string]any{"image": image}
		}
		if image := plain(service["image"]); image != "" {
			service["image"] = versionOf(image, matrix)
		}
		b.Services[name] = service
	}
	return b
}

// besideCircle adds those of a job of CircleCI's, whose steps are in the first of its
// containers and have the others' ports at localhost.
func besideCircle(b *compose.Beside, containers []any) {
	for at, one := range containers {
		of := table(one)
		if at == 0 || of == nil {
			continue
		}
		service := map[string]any{"network": "host"}
		for from, to := range map[string]string{"image": "image", "environment": "env", "command": "command", "entrypoint": "entrypoint"} {
			if value := of[from]; value != nil {
				service[to] = value
			}
		}
		image, _, _ := strings.Cut(plain(of["image"]), "@")
		name, _, _ := strings.Cut(path.Base(image), ":")
		if named := plain(of["name"]); named != "" && named != "localhost" {
			name = named
		}
		if b.Services[name] != nil {
			name += fmt.Sprint("-", at)
		}
		b.Services[name] = service
	}
}

// containersOf are those of a job of CircleCI's, which it or its executor names.
func containersOf(job, executors map[string]any) []any {
	if own := list(job["docker"]); own != nil {
		return own
	}
	name := plain(job["executor"])
	if of := table(job["executor"]); of != nil {
		name = plain(of["name"])
	}
	return list(table(executors[name])["docker"])
}

// besideGitlab are those of a job of GitLab's, which get its variables as well.
func besideGitlab(file string, services any, given given) *compose.Beside {
	b := &compose.Beside{Files: []string{file}, Services: map[string]map[string]any{}, Named: true}
	for _, one := range list(services) {
		of := maps.Clone(table(one))
		if of == nil {
			of = map[string]any{"name": plain(one)}
		}
		variables := map[string]any{}
		for name, value := range given.values {
			variables[name] = value
		}
		maps.Copy(variables, table(of["variables"]))
		of["variables"] = variables
		names := compose.Names(plain(of["alias"]), plain(of["name"]))
		var more []any
		for _, name := range names[1:] {
			more = append(more, name)
		}
		of["alias"] = more
		b.Services[names[0]] = of
	}
	return b
}

// cell is a value of a job's matrix.
var cell = regexp.MustCompile(`\$\{\{\s*matrix\.([\w-]+)\s*\}\}`)

// celled is a text with the values that a job's matrix has last.
func celled(text string, matrix map[string]any) string {
	return cell.ReplaceAllStringFunc(text, func(use string) string {
		name := cell.FindStringSubmatch(use)[1]
		values := list(matrix[name])
		for _, one := range list(matrix["include"]) {
			if value, has := table(one)[name]; has {
				values = append(values, value)
			}
		}
		if len(values) == 0 {
			return use
		}
		return fmt.Sprint(values[len(values)-1])
	})
}

// versionOf is an image with the version that a job's matrix has last: which image it is,
// the matrix may not say.
func versionOf(image string, matrix map[string]any) string {
	at := strings.LastIndex(image, ":")
	if at < strings.LastIndex(image, "/") || at < 0 {
		return image
	}
	return image[:at] + celled(image[at:], matrix)
}
