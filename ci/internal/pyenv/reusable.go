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

// caller is a job that calls a workflow of the repository's, and its file.
type caller struct {
	file, name string
	job        map[string]any
	with       map[string]any
}

// withCallers has the jobs of a workflow that others of the repository call stand as each of
// these has them, with its inputs in their places, or without callers with what those are by
// default. It returns the callers' files.
func withCallers(fsys fs.FS, file string, workflow map[string]any) (files []string) {
	call := table(workflow["on"])["workflow_call"]
	if _, called := table(workflow["on"])["workflow_call"]; !called && plain(workflow["on"]) != "workflow_call" {
		return nil
	}
	inputs := table(table(call)["inputs"])
	callers := callersOf(fsys, file)
	if len(callers) == 0 {
		callers = []caller{{}}
	}
	jobs := map[string]any{}
	for _, of := range callers {
		for name, job := range table(workflow["jobs"]) {
			own := maps.Clone(table(replaced(job, func(text string) string { return withInputs(text, of.with, inputs) })))
			if own == nil {
				continue
			}
			if own["if"] == nil && of.job["if"] != nil {
				own["if"] = of.job["if"]
			}
			if len(callers) > 1 {
				name = of.name + "/" + name
			}
			jobs[name] = own
		}
		if of.file != "" {
			files = append(files, of.file)
		}
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
				if uses, own := strings.CutPrefix(plain(job["uses"]), "./"); !own || path.Clean(uses) != called {
					continue
				}
				matrix := table(table(job["strategy"])["matrix"])
				with := map[string]any{}
				for input, value := range table(job["with"]) {
					with[input] = celled(fmt.Sprint(value), matrix)
				}
				if !slices.ContainsFunc(all, func(was caller) bool { return reflect.DeepEqual(was.with, with) }) {
					all = append(all, caller{file, name, job, with})
				}
			}
		}
	}
	return all
}
