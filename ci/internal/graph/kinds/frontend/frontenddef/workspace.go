package frontenddef

import (
	"io/fs"
	"maps"
	"path"
	"regexp"
	"slices"
	"strings"

	"github.com/pingvas/pingvas-ci/ci/internal/component"
)

// workspace is a pnpm workspace: packages that are installed together.
type workspace struct {
	path     string
	ownLocks bool // its packages share no lock file, and each has one of its own
	// patterns are those that name its packages.
	patterns []string
	// packages are by their directory, relative to the repository root; root is the
	// package in the workspace's own.
	packages map[string]workspacePackage
	root     workspacePackage
	// found are the directories of the packages that become images, but for those that lie
	// in a folder of tools, and are passed over.
	found  []string
	passed map[string]bool
	nx     *nx    // nil where the packages have no tasks but their scripts
	turbo  *turbo // nil where nothing runs these in an order
	// fault says why it cannot be read: then its root stands for all of it.
	fault error
}

// Components are the packages that become images.
func (w *workspace) Components(fs.FS) []string {
	if w.fault != nil {
		return []string{w.path}
	}
	return w.found
}

// choose finds them: those that build and that no other package is built from, those that
// write a site whatever is built from them, and those that say so by a Dockerfile or by
// settings. The others are libraries.
func (w *workspace) choose(fsys fs.FS) {
	used := map[string]bool{}
	for _, dir := range append(slices.Collect(maps.Keys(w.packages)), w.path) {
		for _, l := range w.needed(dir) {
			used[l] = true
		}
	}
	for dir, p := range w.packages {
		says := p.configured || component.Exists(fsys, path.Join(dir, "Dockerfile"))
		if says || p.builds && !p.published && (!used[dir] || p.site) {
			w.found = append(w.found, dir)
			w.passed[dir] = !says && component.InTools(dir)
		}
	}
	if w.path != "." && w.root.builds && !w.root.published {
		w.found = append(w.found, w.path)
	}
	slices.Sort(w.found)
}

// at is the package in a directory, which may be the workspace's own.
func (w *workspace) at(dir string) workspacePackage {
	if dir == w.path {
		return w.root
	}
	return w.packages[dir]
}

// needed are the directories of what a package is built from directly.
func (w *workspace) needed(dir string) []string {
	var dirs []string
	for _, n := range w.at(dir).needs {
		for where, other := range w.packages {
			if other.name == n.name && n.dir == "" {
				dirs = append(dirs, where)
			}
		}
		if n.dir != "" {
			dirs = append(dirs, n.dir)
		}
	}
	return dirs
}

// Holds says whether the directory is the workspace's: its root, or a package.
func (w *workspace) Holds(dir string) bool {
	_, isPackage := w.packages[dir]
	return isPackage || dir == w.path
}

// libraries are the packages of the workspace that a package is built from or that it
// calls, those that these need in turn included.
func (w *workspace) libraries(fsys fs.FS, dir string) []component.Library {
	var found []component.Library
	seen := map[string]bool{dir: true}
	queue := []component.Library{{Path: dir}}
	for len(queue) > 0 {
		from := queue[0].Path
		queue = queue[1:]
		var further []component.Library
		for _, where := range w.needed(from) {
			further = append(further, component.Library{Path: where})
		}
		for _, l := range append(further, w.called(fsys, from, from == dir)...) {
			if seen[l.Path] {
				continue
			}
			seen[l.Path] = true
			if from != dir {
				l.Via = from
			}
			found = append(found, l)
			queue = append(queue, l)
		}
	}
	return found
}

// searchWorkspaces finds the pnpm workspaces of the repository, its root
// included.
func searchWorkspaces(fsys fs.FS, skip func(dir string) bool) ([]component.Workspace, error) {
	var found []component.Workspace
	err := fs.WalkDir(fsys, ".", func(p string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil || !entry.IsDir():
			return err
		case p != "." && skip(p):
			return fs.SkipDir
		}
		w, err := readWorkspace(fsys, p)
		if err == nil && w == nil && p == "." {
			w = aloneAt(fsys, p) // Its tools may be for all of the repository.
		}
		if w != nil {
			found = append(found, w)
		}
		return err
	})
	return found, err
}

// workspaceOf is the workspace that a directory is a package of; nil for none.
func workspaceOf(fsys fs.FS, dir string) (*workspace, error) {
	for at := dir; at != "."; {
		at = path.Dir(at)
		w, err := readWorkspace(fsys, at)
		if err != nil {
			return nil, err
		}
		if w != nil && w.fault != nil && !component.Exists(fsys, path.Join(dir, "pnpm-lock.yaml")) {
			return nil, w.fault
		}
		if w != nil && w.Holds(dir) {
			return w, nil
		}
	}
	return nil, nil
}

// readWorkspace reads the workspace of a directory; nil when it is none.
func readWorkspace(fsys fs.FS, dir string) (*workspace, error) {
	locked := component.Exists(fsys, path.Join(dir, lockFile))
	settings, err := readSettings(fsys, dir)
	if err != nil && locked {
		return &workspace{path: dir, fault: err}, nil //nolint:nilerr // It is the fault of who belongs to it.
	}
	patterns := slices.DeleteFunc(settings.texts("packages"), func(pattern string) bool { return path.Clean(pattern) == "." }) // That is the root.
	if len(patterns) == 0 {
		return nil, nil
	}
	own := ownLocks(fsys, dir, settings)
	if !locked && !own {
		return nil, nil
	}
	w := &workspace{path: dir, ownLocks: own, patterns: patterns, packages: map[string]workspacePackage{}, passed: map[string]bool{}, nx: readNx(fsys, dir), turbo: readTurbo(fsys, dir)}
	if w.root, err = readPackage(fsys, dir, nil); err != nil {
		w.root = workspacePackage{fault: err.Error()}
	}
	if err := w.read(fsys, patterns); err != nil {
		return nil, err
	}
	w.choose(fsys)
	return w, nil
}

// read finds the packages that the patterns name. The root's own package.json
// is the workspace's, no package that is built.
func (w *workspace) read(fsys fs.FS, patterns []string) error {
	return fs.WalkDir(fsys, w.path, func(p string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil || !entry.IsDir() || p == w.path:
			return err
		case path.Base(p) == "node_modules" || strings.HasPrefix(path.Base(p), "."):
			return fs.SkipDir
		}
		within := p
		if w.path != "." {
			within = strings.TrimPrefix(p, w.path+"/")
		}
		if !component.Exists(fsys, path.Join(p, "package.json")) || !chosen(within, patterns) {
			return nil
		}
		if w.packages[p], err = readPackage(fsys, p, w.nx); err != nil {
			w.packages[p] = workspacePackage{configured: true} // It says itself what is wrong.
		}
		return nil
	})
}

// chosen says whether the patterns of pnpm-workspace.yaml name the directory.
// A pattern with ! takes away what an earlier one named.
func chosen(dir string, patterns []string) bool {
	is := false
	for _, pattern := range patterns {
		excluded := strings.HasPrefix(pattern, "!")
		pattern = strings.Trim(strings.TrimPrefix(strings.TrimPrefix(pattern, "!"), "./"), "/")
		if component.Matches(pattern, dir) {
			is = !excluded
		}
	}
	return is
}

// join adds what a package has from its workspace: the libraries, and the tools'
// versions where it names none itself.
func (w *workspace) join(fsys fs.FS, c *component.Component) error {
	c.Workspace = w.path
	w.lend(fsys, c)
	root, err := component.ReadPackageJSON(fsys, w.path)
	if err != nil {
		return err
	}
	for i, v := range c.Versions {
		if v.Source != component.DefaultSource && v.Source != lockFile {
			continue // A lock file of a package's own counts for nothing in a workspace.
		}
		if c.Versions[i], err = versionOf[v.Tool](fsys, w.path, root); err != nil {
			return err
		}
		if w.ownLocks && v.Source == lockFile && c.Versions[i].Source == component.DefaultSource {
			lock, err := readLock(fsys, c.Path, w.path)
			if err != nil {
				return err
			}
			c.Versions[i] = component.Version{Tool: v.Tool, Value: lock.Line, Source: lockFile} // The root has none.
		}
	}
	return nil
}

// ofAll are commands of a Dockerfile that need the lock file or the packages of the
// workspace.
var ofAll = regexp.MustCompile(`--frozen-lockfile|\bturbo\b[^\n]*\bprune\b|\bpnpm\s+(fetch|deploy)\b|\bpnpm\b[^\n]*\s(--filter|-F|-r|--recursive)[=\s]`)

// lendContext has a Dockerfile that copies its whole context, and then installs the
// workspace, be given the workspace.
func (w *workspace) lendContext(fsys fs.FS, c *component.Component) {
	file := c.Settings.Dockerfile
	if file == "" || c.Settings.Context != "" || w.path != "." || c.Path == "." || component.Exists(fsys, path.Join(c.Path, "pnpm-lock.yaml")) {
		return
	}
	if text, err := fs.ReadFile(fsys, file); err == nil && ofAll.Match(text) {
		c.Settings.Context = "."
		c.Infer("context", ".", "as "+file+" installs the workspace")
	}
}

// lend adds the libraries that a package is built from.
func (w *workspace) lend(fsys fs.FS, c *component.Component) {
	for _, l := range w.libraries(fsys, c.Path) {
		known := slices.ContainsFunc(c.Libraries, func(other component.Library) bool { return other.Path == l.Path })
		if l.Called == "" && w.packages[l.Path].site {
			l.Called = "it is a site besides"
		}
		if !known {
			c.Libraries = append(c.Libraries, l)
		}
	}
}

// workspaceFor is the workspace that a directory is of: its own, or that of which it is a package;
// else one of it alone.
func workspaceFor(fsys fs.FS, dir string) (*workspace, error) {
	own, err := readWorkspace(fsys, dir)
	switch {
	case err != nil:
		return nil, err
	case own != nil:
		return own, own.fault
	}
	above, err := workspaceOf(fsys, dir)
	if err != nil || above != nil {
		return above, err
	}
	alone := &workspace{path: dir, nx: readNx(fsys, dir), turbo: readTurbo(fsys, dir)}
	alone.root, err = readPackage(fsys, dir, alone.nx)
	return alone, err
}

// aloneAt is the project of a directory with a lock file and no packages below; nil where
// there is none.
func aloneAt(fsys fs.FS, dir string) *workspace {
	if is, _ := (Definition{}).Is(fsys, dir); !is {
		return nil
	}
	w, err := workspaceFor(fsys, dir)
	if err != nil {
		return nil // It says itself what is wrong.
	}
	return w
}
