package frontenddef

import (
	"cmp"
	"io/fs"
	"path"
	"regexp"
	"slices"
	"strings"

	"github.com/pingvas/pingvas-ci/ci/internal/bounds"
	"github.com/pingvas/pingvas-ci/ci/internal/component"
	"github.com/pingvas/pingvas-ci/ci/internal/frontend"
	"github.com/pingvas/pingvas-ci/ci/internal/inputs"
)

const (
	nxFile      = "nx.json"
	projectFile = "project.json"
)

// inferred is a task that a plugin of Nx makes of what configures a tool: of files of the
// package's directory, or above it of those of the workspace's root, that have something
// in them, unless files of another tool are beside them.
type inferred struct {
	plugin, option, task string
	files                string
	above                bool
	has, unless          string
}

var inferring = []inferred{
	{"@nx/eslint/plugin", "targetName", "lint", `^(eslint\.config|\.eslintrc)\b`, true, "", ""},
	{"@nx/vite/plugin", "testTargetName", "test", `^(vite|vitest)\.config\.`, false, `\btest\s*:`, ""},
	{"@nx/vitest", "testTargetName", "test", `^(vite|vitest)\.config\.`, false, `\btest\s*:`, ""},
	{"@nx/jest/plugin", "targetName", "test", `^jest\.config\.`, false, "", ""},
	{"@nx/js/typescript", "typecheck", "typecheck", `^tsconfig\.json$`, false, "", `^next\.config\.`},
	{"@nx/vite/plugin", "typecheckTargetName", "typecheck", `^tsconfig\b.*\.json$`, false, "", ""},
	{"@nx/vite/plugin", "buildTargetName", "build", `^index\.html$`, false, "", ""},
	{"@nx/next/plugin", "buildTargetName", "build", `^next\.config\.`, false, "", ""},
	{"@nx/nuxt/plugin", "buildTargetName", "build", `^nuxt\.config\.`, false, "", ""},
	{"@nx/webpack/plugin", "buildTargetName", "build", `^webpack\.config\.`, false, "", ""},
	{"@nx/rspack/plugin", "buildTargetName", "build", `^rspack\.config\.`, false, "", ""},
	{"@nx/rsbuild", "buildTargetName", "build", `^rsbuild\.config\.`, false, "", ""},
	{"@nx/react/router-plugin", "buildTargetName", "build", `^react-router\.config\.`, false, "", ""},
}

// nx is what a workspace with Nx knows of its packages besides their scripts.
type nx struct {
	plugins []plugin
	root    string
}

type plugin struct {
	name    string
	options map[string]any
}

// readNx reads the nx.json of a workspace, of which the root has to install Nx; nil for
// one without.
func readNx(fsys fs.FS, root string) *nx {
	m, err := component.ReadPackageJSON(fsys, root)
	if err != nil || component.Lookup(m.Document, "dependencies")["nx"] == nil && component.Lookup(m.Document, "devDependencies")["nx"] == nil {
		return nil
	}
	doc := document(fsys, path.Join(root, nxFile))
	if doc == nil {
		return nil
	}
	n := &nx{root: root}
	listed, _ := doc["plugins"].([]any)
	for _, one := range listed {
		switch one := one.(type) {
		case string:
			n.plugins = append(n.plugins, plugin{name: one})
		case map[string]any:
			name, _ := one["plugin"].(string)
			n.plugins = append(n.plugins, plugin{name, component.Lookup(one, "options")})
		}
	}
	return n
}

// document is a file of JSON; nil where it is none, which Nx says.
func document(fsys fs.FS, file string) (doc map[string]any) {
	if text, err := fs.ReadFile(fsys, file); err != nil || bounds.JSON(text, &doc) != nil {
		return nil
	}
	return doc
}

// project is what Nx calls the package in a directory, and its tasks, each with what says
// so.
func (n *nx) project(fsys fs.FS, dir string, manifest map[string]any) (name string, tasks map[string]string) {
	tasks = map[string]string{}
	for _, p := range n.plugins {
		for _, known := range inferring {
			if p.name == known.plugin && n.infers(fsys, dir, known) {
				if task := p.called(known.option, known.task); task != "" {
					tasks[task] = nxFile
				}
			}
		}
	}
	own := component.Lookup(manifest, "nx")
	for task := range component.Lookup(own, "targets") {
		tasks[task] = "package.json"
	}
	said := document(fsys, path.Join(dir, projectFile))
	for task := range component.Lookup(said, "targets") {
		tasks[task] = projectFile
	}
	if said["projectType"] == "library" {
		delete(tasks, "build") // Of a site there is none.
	}
	for _, from := range []map[string]any{said, own, manifest} {
		called, _ := from["name"].(string)
		name = cmp.Or(name, called)
	}
	return name, tasks
}

// called is what a plugin calls a task: by an option that is a name, or a table with
// one; empty where that says that there is none.
func (p plugin) called(option, usual string) string {
	switch said := p.options[option].(type) {
	case bool:
		if !said {
			return ""
		}
	case string:
		return said
	case map[string]any:
		name, _ := said["targetName"].(string)
		return cmp.Or(name, usual)
	}
	return usual
}

// infers tells whether a package is one that a plugin makes a task of.
func (n *nx) infers(fsys fs.FS, dir string, task inferred) bool {
	if task.unless != "" && hasFile(fsys, dir, task.unless, "") {
		return false
	}
	return hasFile(fsys, dir, task.files, task.has) || task.above && hasFile(fsys, n.root, task.files, task.has)
}

// hasFile tells whether a directory has a file of a name, with something in it: that of
// Vitest alone has its tests without a word.
func hasFile(fsys fs.FS, dir, name, has string) bool {
	named, inside := regexp.MustCompile(name), regexp.MustCompile(has)
	entries, err := fs.ReadDir(fsys, dir)
	return err == nil && slices.ContainsFunc(entries, func(entry fs.DirEntry) bool {
		if !named.MatchString(entry.Name()) {
			return false
		}
		text, err := fs.ReadFile(fsys, path.Join(dir, entry.Name()))
		return has == "" || strings.HasPrefix(entry.Name(), "vitest.") || err == nil && inside.Match(text)
	})
}

// task is the command of Nx that stands for a gate without a script, or for the build;
// empty where there is none.
func (n *nx) task(fsys fs.FS, dir string, manifest map[string]any, gate string) (command []string, source string) {
	if n == nil {
		return nil, ""
	}
	name, tasks := n.project(fsys, dir, manifest)
	task := "build"
	if gate != task {
		task, _ = frontend.Script(tasks, gate)
	}
	if tasks[task] == "" {
		return nil, ""
	}
	return []string{frontend.Nx, name + ":" + task}, tasks[task]
}

// projects are the files that Nx reads of all of its workspace.
func (n *nx) projects() []inputs.Part {
	if n == nil {
		return nil
	}
	return []inputs.Part{{Dir: n.root, Include: []string{"**/" + projectFile}, Exclude: []string{"**/node_modules"}, Why: "a project of its Nx workspace"}}
}
