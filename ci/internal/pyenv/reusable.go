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

// withCallers has the jobs of a workflow that only others of the repository start stand as each
// of these has them, with its inputs in their places, or without callers with what those are by
// default. It returns the callers' files. What also starts by itself has no inputs then, and is
// read as it is.
func withCallers(fsys fs.FS, file string, workflow map[string]any) (files []string) {
	on := table(workflow["on"])
	call, called := on["workflow_call"]
	if (!called || len(on) > 1) && strings.TrimSpace(plain(workflow["on"])) != "workflow_call" {
		return nil
	}
	inputs := table(table(call)["inputs"])
	callers := callersOf(fsys, file)
	if len(callers) == 0 {
		callers = []caller{{}}
	}
	jobs := map[string]any{}
	for at, of := range callers {
		for name, job := range table(workflow["jobs"]) {
			own := maps.Clone(table(replaced(job, func(text string) string { return withInputs(text, of.with, inputs) })))
			if own == nil {
				continue
			}
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

// callersOf are the jobs that call a workflow, each that gives it other inputs once.
func callersOf(fsys fs.FS, called string) (all []caller) {
	for _, pattern := range []string{"*.yml", "*.yaml"} {
		files, _ := fs.Glob(fsys, workflows+pattern)
		for _, file := range files {
			raw, err := fs.ReadFile(fsys, file)
			read := map[string]any{}
			if err != nil || !strings.Contains(string(raw), path.Base(called)) || bounds.YAML(raw, &read) != nil {
				continue
			}
			for _, name := range slices.Sorted(maps.Keys(table(read["jobs"]))) {
				job := table(table(read["jobs"])[name])
				uses, own := strings.CutPrefix(plain(job["uses"]), "./")
				if !own || path.Clean(uses) != called || job["if"] == false {
					continue
				}
				for _, with := range cellsOf(table(job["with"]), table(table(job["strategy"])["matrix"])) {
					all = joinedBy(all, caller{[]string{file}, name, job["if"], with})
				}
			}
		}
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
