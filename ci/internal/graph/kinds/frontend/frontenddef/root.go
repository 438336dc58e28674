package frontenddef

import (
	"fmt"
	"io/fs"
	"maps"
	"path"
	"regexp"
	"slices"
	"strings"

	"github.com/pingvas/pingvas-ci/ci/internal/component"
	"github.com/pingvas/pingvas-ci/ci/internal/frontend"
)

// Checks are roots with a gate of their own: one that runs a tool over the workspace, such
// as eslint or Vitest, or that has packages run theirs which are no components; and those
// that say so by settings.
func (w *workspace) Checks() (root string, has bool) {
	return w.path, w.root.configured || slices.ContainsFunc(frontend.Gates, func(gate string) bool {
		script, _ := w.rootScript(gate)
		return script != "" && w.leaves(script, gate) == ""
	})
}

// rootScript is the script of the root that stands for a gate; where there is none, why.
// One that has packages run theirs of its name is of the gate that theirs are of.
func (w *workspace) rootScript(gate string) (script, why string) {
	script, why = frontend.Script(w.root.scripts, gate)
	for _, dir := range slices.Sorted(maps.Keys(w.packages)) {
		if of, _ := frontend.Script(w.packages[dir].scripts, gate); script == "" && frontend.PassesOn(w.root.scripts, of) {
			return of, ""
		}
	}
	return script, why
}

// leaves says why a script of the root is no gate of it; empty of one that is. Where all
// that it does is to have packages run their scripts, and each of these is a component,
// they run their own. Projects that are no packages, as Nx has them, are none.
func (w *workspace) leaves(script, gate string) string {
	behind, runs := w.behind(gate), w.runs(script)
	switch {
	case w.root.configured || frontend.Own(w.root.scripts, script):
		return ""
	case frontend.AsksWhatChanged(w.root.scripts, script):
		return fmt.Sprintf("the script %s has those packages run theirs that git says have changed, and where checks run there is no clone%s", script, w.besides(gate, behind))
	case len(w.packages) > 0 && !slices.ContainsFunc(behind, runs):
		return fmt.Sprintf("the script %s runs those of packages, and each component runs its own. To have it run all of them, write %q: {} in %s%s", script, "pingvas-ci", path.Join(w.path, "package.json"), w.besides(gate, behind))
	}
	return ""
}

// runs tells of the packages that a script of the root may have run theirs: those that its
// filters select, or all.
func (w *workspace) runs(script string) func(dir string) bool {
	calls, selected := frontend.CallsOf(w.root.scripts, script), map[string]string{}
	if calls.All || calls.Related || len(calls.Packages)+len(calls.Dirs) == 0 {
		return func(string) bool { return true }
	}
	w.note(selected, w.path, script, calls)
	return func(dir string) bool { return selected[dir] != "" }
}

// behind are the packages that are no components, and have a script for a gate: nothing
// runs it but a script of the root.
func (w *workspace) behind(gate string) (dirs []string) {
	for _, dir := range slices.Sorted(maps.Keys(w.packages)) {
		script, _ := frontend.Script(w.packages[dir].scripts, gate)
		if script != "" && component.Idle(w.packages[dir].scripts[script]) == "" && (!slices.Contains(w.found, dir) || w.passed[dir]) {
			dirs = append(dirs, dir)
		}
	}
	return dirs
}

// besides says of packages with a script for a gate that nothing runs it, and what does;
// empty for none.
func (w *workspace) besides(gate string, dirs []string) string {
	if len(dirs) == 0 {
		return ""
	}
	var commands []string
	for _, dir := range dirs {
		script, _ := frontend.Script(w.packages[dir].scripts, gate)
		if command := fmt.Sprintf("%q", "pnpm -r run "+script); !slices.Contains(commands, command) {
			commands = append(commands, command)
		}
	}
	return fmt.Sprintf("; nothing runs that of %s. To have it run, write %q: {%q: {%q: [%s]}} in %s",
		some(dirs), "pingvas-ci", "gates", gate, strings.Join(commands, ", "), path.Join(w.path, "package.json"))
}

// unchecked says of a root that checks nothing that there are packages whose gates are no
// component's, or that it cannot be read; empty for any other root.
func (w *workspace) unchecked() string {
	if w.root.fault != "" {
		return "none of its scripts is a gate, as it cannot be read: " + w.root.fault
	}
	var gates []string
	libraries := map[string]bool{}
	for _, gate := range frontend.Gates {
		dirs := w.behind(gate)
		for _, dir := range dirs {
			libraries[dir] = true
		}
		if len(dirs) > 0 {
			gates = append(gates, gate)
		}
	}
	if len(gates) == 0 {
		return ""
	}
	script, _ := frontend.Script(w.packages[w.behind(gates[0])[0]].scripts, gates[0])
	return fmt.Sprintf("nothing runs the scripts for %s of %s, which are no components; to have them run, give %s scripts that do, such as %q: %q",
		strings.Join(gates, ", "), some(slices.Sorted(maps.Keys(libraries))), path.Join(w.path, "package.json"), gates[0], "pnpm -r run "+script)
}

// some are the first of a list, and how many there are besides.
func some(names []string) string {
	const most = 3
	listed := strings.Join(names[:min(most, len(names))], ", ")
	if more := len(names) - most; more > 0 {
		listed += fmt.Sprintf(" and %d more", more)
	}
	return listed
}

// checksOnly tells whether a component is the root of the workspace, and nothing is built
// there: its gates are for all of it.
func (w *workspace) checksOnly(c *component.Component) bool {
	// That of a folder of Dockerfiles is another's, unless settings name it.
	named := c.Settings.Dockerfile != "" && (w.root.configured || c.Settings.Dockerfile != path.Join(w.path, "docker/Dockerfile"))
	return c.Path == w.path && (len(w.packages) > 0 || w.path == ".") && !w.builds() && !named && c.Settings.Output == "" && !starts.MatchString(w.root.scripts["start"])
}

// builds tells whether the root builds something of its own: where it has packages, what a build
// of no known tool makes is theirs.
func (w *workspace) builds() bool {
	return w.root.builds && (len(w.packages) == 0 || w.root.writes || w.root.published || w.root.library)
}

// starts is how a program is started that no build makes a site of.
var starts = regexp.MustCompile(`^(?:\S+=\S+\s+)*(?:node|bun|deno|tsx|ts-node|nodemon|next|nuxt|nest)\b`)

// libraryOnly tells a library that is alone, or at the root of a workspace: of what else
// is in one, the sites are the components. Where settings speak of an image it is none, nor where sites are expected,
// unless an editor runs it.
func (w *workspace) libraryOnly(c *component.Component) bool {
	expected := component.Expected(c.Path) && !w.root.extension
	return c.Path == w.path && (w.root.library || w.root.extension) && c.Settings.Dockerfile == "" && !c.WantsImage() && !expected
}

// compilesOnly tells a package of which the build makes modules alone, where nothing speaks
// of an image, and no site is expected.
func (w *workspace) compilesOnly(c *component.Component) bool {
	p := w.packages[c.Path]
	if c.Path == w.path {
		p = w.root
	}
	return p.compiles && c.Settings.Dockerfile == "" && c.Settings.Output == "" && !c.WantsImage() && !component.Expected(c.Path)
}

// testsOnly tells a package that is alone and has scripts for checks only, such as a suite
// of tests for what runs elsewhere: not where a site is expected, or has a page.
func (w *workspace) testsOnly(fsys fs.FS, c *component.Component) bool {
	serves := slices.ContainsFunc([]string{"build", "start", "dev", "serve", "preview"}, func(name string) bool { return w.root.scripts[name] != "" })
	return c.Path == w.path && len(w.packages) == 0 && len(w.root.scripts) > 0 && !serves && !w.root.builds &&
		c.Settings.Dockerfile == "" && !c.WantsImage() && !component.Expected(c.Path) && !component.Exists(fsys, path.Join(c.Path, "index.html"))
}

// ofComponent tells whether settings are there, and not of the whole repository alone.
func ofComponent(settings map[string]any) bool {
	return settings != nil && (len(settings) != 1 || settings["repository"] == nil)
}
