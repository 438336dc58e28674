package frontenddef

import (
	"cmp"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"

	"github.com/pingvas/pingvas-ci/ci/internal/component"
	"github.com/pingvas/pingvas-ci/ci/internal/frontend"
)

// chooses is the command that makes a lock file of nothing.
const chooses = "install"

// managers are those that lock packages otherwise, with pnpm's command that makes
// its lock file out of theirs.
var managers = []struct{ name, lock, command string }{
	{"npm", "package-lock.json", "import"},
	{"npm", "npm-shrinkwrap.json", "import"},
	{"Yarn", "yarn.lock", "import"},
	{"bun", "bun.lock", chooses},
	{"bun", "bun.lockb", chooses},
}

// Other tells an application that another manager locks, or that none does.
func (Definition) Other(fsys fs.FS, dir string) string {
	if component.Exists(fsys, path.Join(dir, "pnpm-lock.yaml")) {
		return cmp.Or(otherManifest(fsys, dir), unchecked(fsys, dir))
	}
	m, err := component.ReadPackageJSON(fsys, dir)
	scripts := component.Lookup(m.Document, "scripts")
	if err != nil || !slices.ContainsFunc([]string{"build", "start", "dev", "preview"}, func(name string) bool { return scripts[name] != nil }) {
		return ""
	}
	where := dir
	if dir == "." {
		where = "the repository root"
	}
	for _, manager := range managers {
		if component.Exists(fsys, path.Join(dir, manager.lock)) {
			return fmt.Sprintf("%s locks its packages (%s), and pnpm those of a frontend. To have it be one, %s", manager.name, manager.lock, becomes(m, manager.command, where))
		}
	}
	switch above, w, holds := workspaceAbove(fsys, dir); {
	case holds && w != nil && w.sitesBeside(fsys, dir):
		return fmt.Sprintf("its build writes a site, and it is taken for a library, as it is there for others to import, or another package is built from it. To have an image of it, write %q: {} in %s", "pingvas-ci", path.Join(dir, "package.json"))
	case holds:
		return ""
	case above != "":
		return fmt.Sprintf("it is no package of the workspace in %s, and nothing locks its packages. To have it be one, add %s to packages in %s, run `pnpm %s` there and commit pnpm-lock.yaml", above, dir, path.Join(above, "pnpm-workspace.yaml"), chooses)
	}
	return "nothing locks its packages, and pnpm those of a frontend. To have it be one, " + becomes(m, chooses, where)
}

// becomes is what it takes for a project to be pnpm's: which packages its workspace has,
// pnpm reads in a file of its own, and it does nothing where another manager is named.
func becomes(m component.Manifest, command, where string) string {
	var steps []string
	workspaces := m.Document["workspaces"]
	if table, is := workspaces.(map[string]any); is {
		workspaces = table["packages"]
	}
	if patterns := textsOf(workspaces); len(patterns) > 0 {
		steps = append(steps, fmt.Sprintf(`name its workspaces in pnpm-workspace.yaml (packages: ["%s"])`, strings.Join(patterns, `", "`)))
	}
	if manager, _ := m.Document["packageManager"].(string); manager != "" && !strings.HasPrefix(manager, "pnpm@") {
		steps = append(steps, fmt.Sprintf("take packageManager %q out of package.json", manager))
	}
	steps = append(steps, fmt.Sprintf("run `pnpm %s` in %s and commit pnpm-lock.yaml", command, where))
	return strings.Join(steps, ", ")
}

// unchecked tells a workspace of which gates of packages run nowhere.
func unchecked(fsys fs.FS, dir string) string {
	w, err := readWorkspace(fsys, dir)
	if err != nil || w == nil || w.fault != nil {
		return "" // It is a component's fault.
	}
	return w.unchecked()
}

// otherManifest tells a project of pnpm's of which the manifest is in another format.
func otherManifest(fsys fs.FS, dir string) string {
	for _, name := range []string{"package.json5", "package.yaml"} {
		if component.Exists(fsys, path.Join(dir, name)) && !component.Exists(fsys, path.Join(dir, "package.json")) {
			return fmt.Sprintf("its manifest is a %s, which pnpm alone reads. To have it be one, write it as package.json", name)
		}
	}
	return ""
}

// sitesBeside tells of a package that its build writes a site with a page, and that it is no
// component: a library that looks like one.
func (w *workspace) sitesBeside(fsys fs.FS, dir string) bool {
	p, is := w.packages[dir]
	return is && w.fault == nil && !slices.Contains(w.found, dir) && !component.InTools(dir) && component.Exists(fsys, path.Join(dir, "index.html")) && frontend.WritesSite(p.scripts, "build")
}

// workspaceAbove is the nearest directory above with a lock file or a manifest of a workspace,
// and that workspace; holds says that what is said of it holds for a directory below: as it has
// that for a package, or as it is another manager's.
func workspaceAbove(fsys fs.FS, dir string) (above string, w *workspace, holds bool) {
	locks := []string{"pnpm-lock.yaml", "pnpm-workspace.yaml"}
	for _, manager := range managers {
		locks = append(locks, manager.lock)
	}
	for at := dir; at != "."; {
		at = path.Dir(at)
		if slices.ContainsFunc(locks, func(name string) bool { return component.Exists(fsys, path.Join(at, name)) }) {
			w, err := readWorkspace(fsys, at)
			return at, w, err != nil || w != nil && (w.fault != nil || w.Holds(dir)) || !component.Exists(fsys, path.Join(at, "pnpm-lock.yaml"))
		}
	}
	return "", nil, false
}
