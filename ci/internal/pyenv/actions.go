package pyenv

import (
	"cmp"
	"fmt"
	"io/fs"
	"maps"
	"path"
	"regexp"
	"slices"
	"strings"

	"github.com/pingvas/pingvas-ci/ci/internal/bounds"
)

// mostActions is how deep actions may use others.
const mostActions = 5

// withActions has the steps of the repository's own composite actions stand in a workflow
// in place of the steps that use them, and what others' are given to run in place of these.
// It returns the actions' files.
func withActions(fsys fs.FS, workflow map[string]any) (files []string) {
	for _, job := range table(workflow["jobs"]) {
		if job := table(job); job != nil {
			steps, used := actedOut(fsys, list(job["steps"]), mostActions)
			job["steps"], files = steps, append(files, used...)
		}
	}
	slices.Sort(files)
	return slices.Compact(files)
}

// actedOut are steps with those of actions in their places, and the actions' files.
func actedOut(fsys fs.FS, steps []any, depth int) (all []any, files []string) {
	for _, one := range steps {
		step := table(one)
		file, action := ownAction(fsys, plain(step["uses"]))
		if file == "" || depth == 0 {
			if given := wrapped(step); given != nil {
				one = given
			}
			all = append(all, one)
			continue
		}
		within, used := actedOut(fsys, list(table(action["runs"])["steps"]), depth-1)
		files = append(append(files, file), used...)
		for _, inner := range within {
			all = append(all, stepOf(step, table(action["inputs"]), table(inner)))
		}
	}
	return all, files
}

// actions are the files of the composite actions that a workflow of the repository uses, and
// those of the workflows that call it.
func actions(fsys fs.FS, workflow string) []string {
	raw, err := fs.ReadFile(fsys, workflow)
	read := map[string]any{}
	if err != nil || !strings.HasPrefix(workflow, workflows) || bounds.YAML(raw, &read) != nil {
		return nil
	}
	return append(withActions(fsys, read), withCallers(fsys, workflow, read)...)
}

// workflows is where a repository has those of GitHub.
const workflows = ".github/workflows/"

// ownAction is an action of the repository that a step uses, and its file; none for one of
// others, or for one that is no composite of steps.
func ownAction(fsys fs.FS, uses string) (file string, action map[string]any) {
	dir, own := strings.CutPrefix(uses, "./")
	if !own || !fs.ValidPath(path.Clean(dir)) {
		return "", nil
	}
	for _, name := range []string{"action.yml", "action.yaml"} {
		raw, err := fs.ReadFile(fsys, path.Join(dir, name))
		if err == nil && bounds.YAML(raw, &action) == nil && table(action["runs"])["using"] == "composite" {
			return path.Join(dir, name), action
		}
	}
	return "", nil
}

// wrapper is an action of others that runs what a step gives it: the input that has that,
// what is run without it, and before it.
// Behind it comes the input that has what it is run on.
type wrapper struct{ input, without, before, on string }

// wrappers are those that are known, by what a step uses.
var wrappers = map[string]wrapper{
	"nick-fields/retry":               {input: "command"},
	"nick-invision/retry":             {input: "command"},
	"wandalen/wretry.action":          {input: "command"},
	"coactions/setup-xvfb":            {input: "run"},
	"gabrielbb/xvfb-action":           {input: "run"},
	"pavelzw/pytest-action":           {input: "custom-pytest", without: "pytest"},
	"awalsh128/cache-apt-pkgs-action": {input: "packages", before: "sudo apt-get install --yes "},
	"astral-sh/ruff-action":           {input: "args", without: "check", before: "ruff ", on: "src"},
	"chartboost/ruff-action":          {input: "args", without: "check", before: "ruff ", on: "src"},
	"psf/black":                       {input: "options", without: "--check --diff", before: "black ", on: "src"},
}

// wrapped is a step that uses one of them, as one that runs that itself; nil for any other.
func wrapped(step map[string]any) map[string]any {
	uses, _, _ := strings.Cut(plain(step["uses"]), "@")
	known, is := wrappers[strings.ToLower(uses)]
	with := table(step["with"])
	command := cmp.Or(plain(with[known.input]), known.without)
	if !is || command == "" {
		return nil
	}
	own := maps.Clone(step)
	own["run"] = strings.TrimSpace(known.before + command + " " + plain(with[known.on]))
	if dir := with["working-directory"]; dir != nil {
		own["working-directory"] = dir
	}
	if with["continue_on_error"] == true {
		own["continue-on-error"] = true
	}
	return own
}

var inputUse = regexp.MustCompile(`\$\{\{\s*inputs\.([\w-]+)\s*\}\}`)

// stepOf is a step of an action as the step that uses it has it: with its inputs, its
// variables and its condition.
func stepOf(outer, inputs, inner map[string]any) map[string]any {
	filled := func(text string) string { return withInputs(text, table(outer["with"]), inputs) }
	if inner == nil {
		return nil // It is none.
	}
	step := decided(inner, table(outer["with"]), inputs)
	for _, key := range []string{"run", "working-directory", "shell"} {
		if text, is := inner[key].(string); is {
			step[key] = filled(text)
		}
	}
	env := map[string]any{}
	maps.Copy(env, table(outer["env"]))
	for name, value := range table(inner["env"]) {
		if text, is := value.(string); is {
			value = filled(text)
		}
		env[name] = value
	}
	step["env"] = env
	for _, key := range []string{"if", "continue-on-error"} {
		if (step[key] == nil || never(outer[key])) && outer[key] != nil {
			step[key] = outer[key]
		}
	}
	return step
}

// withInputs is a text with what is given in place of inputs, or what they are without.
func withInputs(text string, given, inputs map[string]any) string {
	return inputUse.ReplaceAllStringFunc(text, func(use string) string {
		name := inputUse.FindStringSubmatch(use)[1]
		for _, value := range []any{given[name], table(inputs[name])["default"]} {
			if value != nil {
				return fmt.Sprint(value)
			}
		}
		if _, is := inputs[name]; is { // Nobody gives it.
			return ""
		}
		return use
	})
}
