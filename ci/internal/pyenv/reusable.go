package pyenv

import (
	"fmt"
	"io/fs"
	"maps"
	"path"
	"reflect"
	"slices"
	"strings"

	"github.com/pingvas/pingvas-ci/ci/internal/bounds"
)

// caller is a job that calls a workflow of the repository's, and the files of those that give
// it the same inputs.
type caller struct {
	files     []string
	name      string
	condition any
	with      map[string]any
}

// mostCalls is how deep workflows may call others.
const mostCalls = 5

// withCallers has the jobs of a workflow that others of the repository call stand as each of
// these has them, with its inputs in their places, or without callers with what those are by
// default. Where it also starts by itself, they stand as they do without inputs, too. It returns
// the callers' files.
func withCallers(fsys fs.FS, file string, workflow map[string]any) (files []string) {
	inputs, callers := calledBy(fsys, file, workflow, mostCalls)
	if len(callers) == 0 {
		return nil
	}
	jobs := map[string]any{}
	for at, of := range callers {
		for name, job := range table(workflow["jobs"]) {
			if table(job) == nil {
				continue
			}
			own := table(replaced(decidedJob(table(job), of.with, inputs), func(text string) string { return withInputs(text, of.with, inputs) }))
			if own["if"] == nil && of.condition != nil {
				own["if"] = of.condition
			}
			if at > 0 { // Two callers may have one name.
				name = fmt.Sprintf("%s/%s of %d", of.name, name, at)
			}
			jobs[name] = own
		}
		files = append(files, of.files...)
	}
	workflow["jobs"] = jobs
	slices.Sort(files)
	return slices.Compact(files)
}

// calledBy are the inputs of a workflow that others call, and what starts it: jobs of these, its
// own events where it has any that nobody starts by hand, or nothing known. None call one that is
// not to be called.
func calledBy(fsys fs.FS, file string, workflow map[string]any, depth int) (inputs map[string]any, callers []caller) {
	events := eventsOf(workflow["on"])
	call, called := events["workflow_call"]
	if !called || depth == 0 {
		return nil, nil
	}
	inputs = table(table(call)["inputs"])
	callers = callersOf(fsys, file, depth)
	for event := range events {
		if event != "workflow_call" && event != "workflow_dispatch" {
			return inputs, joinedBy(callers, caller{with: empty(inputs)})
		}
	}
	if len(callers) == 0 {
		callers = []caller{{}}
	}
	return inputs, callers
}

// callersOf are the jobs that call a workflow, each that gives it other inputs once; one of a
// workflow that is called itself, as each of its own callers has it.
func callersOf(fsys fs.FS, called string, depth int) (all []caller) {
	for _, pattern := range []string{"*.yml", "*.yaml"} {
		files, _ := fs.Glob(fsys, workflows+pattern)
		for _, file := range files {
			raw, err := fs.ReadFile(fsys, file)
			read := map[string]any{}
			if err != nil || !strings.Contains(string(raw), path.Base(called)) || bounds.YAML(raw, &read) != nil {
				continue
			}
			jobs := table(read["jobs"])
			calling := slices.DeleteFunc(slices.Sorted(maps.Keys(jobs)), func(name string) bool {
				uses, own := strings.CutPrefix(plain(table(jobs[name])["uses"]), "./")
				return !own || path.Clean(uses) != called
			})
			if len(calling) == 0 {
				continue // It names the other in another way.
			}
			inputs, outer := calledBy(fsys, file, read, depth-1)
			if len(outer) == 0 {
				outer = []caller{{}}
			}
			for _, name := range calling {
				for _, above := range outer {
					all = above.calls(all, file, name, table(jobs[name]), inputs)
				}
			}
		}
	}
	return all
}

// calls adds what a job calls as its own caller has it.
func (c caller) calls(all []caller, file, name string, job, inputs map[string]any) []caller {
	job = table(replaced(decided(job, c.with, inputs), func(text string) string { return withInputs(text, c.with, inputs) }))
	if never(job["if"]) {
		return all
	}
	when := job["if"]
	if when == nil {
		when = c.condition
	}
	for _, with := range cellsOf(table(job["with"]), table(table(job["strategy"])["matrix"])) {
		all = joinedBy(all, caller{append([]string{file}, c.files...), name, when, with})
	}
	return all
}

// joinedBy adds a caller, or its file to one that gives the same inputs, which runs always where
// either does.
func joinedBy(all []caller, one caller) []caller {
	at := slices.IndexFunc(all, func(was caller) bool { return reflect.DeepEqual(was.with, one.with) })
	if at < 0 {
		return append(all, one)
	}
	all[at].files = append(all[at].files, one.files...)
	if one.condition == nil {
		all[at].condition = nil
	}
	return all
}

// cellsOf are the inputs that a job gives, once for each value of the one key of its matrix that
// they have; those of several keys are as they stand.
func cellsOf(with, matrix map[string]any) (all []map[string]any) {
	keys := map[string]bool{}
	for _, value := range with {
		for _, m := range cell.FindAllStringSubmatch(fmt.Sprint(value), -1) {
			keys[m[1]] = true
		}
	}
	values := []any{nil}
	if key := slices.Sorted(maps.Keys(keys)); len(key) == 1 && len(list(matrix[key[0]])) > 0 && matrix["include"] == nil {
		values = list(matrix[key[0]])
	}
	for _, of := range values {
		inputs := map[string]any{}
		for name, value := range with {
			inputs[name] = fmt.Sprint(value)
			if of != nil {
				inputs[name] = cell.ReplaceAllLiteralString(fmt.Sprint(value), fmt.Sprint(of))
			}
		}
		all = append(all, inputs)
	}
	return all
}
