package pyenv

import (
	"io/fs"
	"maps"
	"path"
	"slices"
	"strings"

	"github.com/pingvas/pingvas-ci/ci/internal/component"
)

// tasks are the commands that the project's manifest names, for the runners of tasks that
// read it.
func (p Project) tasks(fsys fs.FS) (all []script) {
	s := script{file: p.Manifest(), at: p.Path, base: p.Path, shell: true, alone: true}
	add := func(of script, name string, task any) {
		said := table(task)
		of.task, of.text = name, strings.Join(commandsOf(task), "\n")
		of = of.with(said["env"])
		for _, key := range []string{"cwd", "working_dir"} {
			if dir := plain(said[key]); dir != "" {
				of = of.moved(dir)
			}
		}
		all = append(all, of)
	}
	tool := component.Lookup(p.document, "tool")
	each := func(of script, tasks map[string]any) {
		for _, name := range slices.Sorted(maps.Keys(tasks)) {
			add(of, name, tasks[name])
		}
	}
	each(s, component.Lookup(tool, "taskipy", "tasks"))
	each(s.with(component.Lookup(tool, "poe")["env"]), component.Lookup(tool, "poe", "tasks"))
	pdm := component.Lookup(tool, "pdm", "scripts")
	each(s.with(component.Lookup(pdm, "_")["env"]), pdm)
	for _, hatch := range []struct {
		file string
		said map[string]any
	}{{p.Manifest(), component.Lookup(tool, "hatch")}, {path.Join(p.Path, "hatch.toml"), p.hatch(fsys)}} {
		of := s
		of.file = hatch.file
		environments := component.Lookup(hatch.said, "envs")
		for _, name := range slices.Sorted(maps.Keys(environments)) {
			each(of.with(table(environments[name])["env-vars"]), component.Lookup(environments, name, "scripts"))
		}
	}
	return append(all, p.toxTasks(fsys, s)...)
}

// hatch is what Hatch's own file says.
func (p Project) hatch(fsys fs.FS) map[string]any {
	read, err := readTOML(fsys, path.Join(p.Path, "hatch.toml"))
	if err != nil {
		return nil // Hatch says so.
	}
	return read
}

// toxTasks are the commands of tox's environments, in the manifest or in a tox.toml.
func (p Project) toxTasks(fsys fs.FS, s script) (all []script) {
	tables := map[string]map[string]any{s.file: component.Lookup(p.document, "tool", "tox")}
	own := path.Join(p.Path, "tox.toml")
	if read, err := readTOML(fsys, own); err == nil {
		tables[own] = read
	}
	for _, file := range slices.Sorted(maps.Keys(tables)) {
		tox := tables[file]
		s.file = file
		base := table(tox["env_run_base"])
		if base != nil {
			all = append(all, toxTable(s, "env_run_base", base, nil))
		}
		environments := component.Lookup(tox, "env")
		for _, name := range slices.Sorted(maps.Keys(environments)) {
			all = append(all, toxTable(s, name, table(environments[name]), base))
		}
		if legacy, is := tox["legacy_tox_ini"].(string); is {
			all = append(all, toxScripts(s, ini(legacy))...)
		}
	}
	return all
}

// commandsOf are the commands of a task: one, a list of them, or a table that has one.
func commandsOf(task any) (all []string) {
	switch of := task.(type) {
	case string:
		return []string{of}
	case []any:
		for _, one := range of {
			all = append(all, commandsOf(one)...)
		}
	case map[string]any:
		for _, key := range []string{"cmd", "shell", "sequence", "composite"} {
			all = append(all, commandsOf(of[key])...)
		}
	}
	return all
}
