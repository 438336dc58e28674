package pyenv

import (
	"io/fs"
	"maps"
	"path"
	"reflect"
	"regexp"
	"slices"
	"strings"

	"github.com/pingvas/pingvas-ci/ci/internal/compose"
)

// Beside are the services that every line of a pipeline which runs the project's tests has
// beside it; nil for none, or where one has others.
func (p Project) Beside(fsys fs.FS) *compose.Beside {
	var found *compose.Beside
	for _, h := range p.habits(fsys) {
		if !pipelines.MatchString(h.file) || !h.tests() {
			continue
		}
		with := h.variables()
		if with.beside == nil || len(with.beside.Services) == 0 {
			return nil
		}
		of := *with.beside
		of.Variables = with.reached
		if found != nil && !reflect.DeepEqual(of.Services, found.Services) {
			return nil
		}
		if found == nil {
			found = &of
			continue
		}
		maps.DeleteFunc(found.Variables, func(name, value string) bool { return of.Variables[name] != value })
	}
	return found
}

var (
	pipelines = regexp.MustCompile(`^\.github/workflows/|^\.gitlab-ci\.yml$`)
	// tasks are what runs others' commands by a name.
	tasks = []string{"make", "just", "task", "tox", "nox", "hatch", "poe", "inv", "invoke", "bash", "sh"}
	tests = regexp.MustCompile(`(?:^|[/_:-])tests?(?:$|[._:-])`)
	// noTests are environments of tox and sessions of nox that are about something else.
	noTests = regexp.MustCompile(`(?i)lint|format|style|types?|mypy|pyright|docs?|build|pre[-_]commit|flake8|package`)
)

// tests tells whether a line runs tests: by pytest or another runner, or by a task that is
// called so.
func (h habit) tests() bool {
	if h.forgiven {
		return false
	}
	for _, command := range [][]string{{"pytest"}, {"py.test"}, {"manage.py", "test"}, {"unittest"}} {
		if _, runs := h.arguments(command...); runs {
			return true
		}
	}
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
	b := &compose.Beside{File: file, Services: map[string]map[string]any{}, Named: job["container"] != nil}
	for name, of := range table(job["services"]) {
		b.Services[name] = table(of)
		if image := plain(of); image != "" {
			b.Services[name] = map[string]any{"image": image}
		}
	}
	return b
}

// besideGitlab are those of a job of GitLab's, which get its variables as well.
func besideGitlab(file string, services any, given given) *compose.Beside {
	b := &compose.Beside{File: file, Services: map[string]map[string]any{}, Named: true}
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
		name := plain(of["alias"])
		if name == "" {
			name = compose.Named(plain(of["name"]))
		}
		b.Services[name] = of
	}
	return b
}
