package frontenddef

import (
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"path"
	"slices"
	"strings"

	"github.com/pingvas/pingvas-ci/ci/internal/bounds"
	"github.com/pingvas/pingvas-ci/ci/internal/component"
)

// workspace is a pnpm workspace: packages that share one lock file.
type workspace struct {
	path string
	// patterns are those that name its packages.
	patterns []string
	// packages are by their directory, relative to the repository root.
	packages map[string]workspacePackage
	// fault says why it cannot be read: then its root stands for all of it.
	fault error
}

// workspacePackage is what a package's package.json says to its workspace.
type workspacePackage struct {
	name         string
	builds       bool // it has a build script
	configured   bool // it has settings of this pipeline
	dependencies []string
}

// Components are the packages that become images: those that build and that no
// other package is built from, and those that say so by a Dockerfile or by
// settings. The others are libraries.
func (w *workspace) Components(fsys fs.FS) []string {
	if w.fault != nil {
		return []string{w.path}
	}
	used := map[string]bool{}
	for _, p := range w.packages {
		for _, name := range p.dependencies {
			used[name] = true
		}
	}
	var chosen []string
	for dir, p := range w.packages {
		if p.configured || component.Exists(fsys, path.Join(dir, "Dockerfile")) || (p.builds && !used[p.name]) {
			chosen = append(chosen, dir)
		}
	}
	return slices.Sorted(slices.Values(chosen))
}

// Holds says whether the directory is the workspace's: its root, or a package.
func (w *workspace) Holds(dir string) bool {
	_, isPackage := w.packages[dir]
	return isPackage || dir == w.path
}

// libraries are the packages of the workspace that a package is built from,
// those that these need in turn included.
func (w *workspace) libraries(dir string) []component.Library {
	at := map[string]string{}
	for where, p := range w.packages {
		at[p.name] = where
	}
	var found []component.Library
	seen := map[string]bool{dir: true}
	queue := []component.Library{{Path: dir}}
	for len(queue) > 0 {
		from := queue[0].Path
		queue = queue[1:]
		for _, name := range w.packages[from].dependencies {
			where, isPackage := at[name]
			if !isPackage || seen[where] {
				continue
			}
			seen[where] = true
			l := component.Library{Path: where}
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

// readWorkspace reads the workspace of a directory; nil when it is none. From
// version 10 pnpm keeps settings in the same file, and one without packages
// makes no workspace.
func readWorkspace(fsys fs.FS, dir string) (*workspace, error) {
	file := path.Join(dir, "pnpm-workspace.yaml")
	raw, err := fs.ReadFile(fsys, file)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	var doc struct {
		Packages []string `yaml:"packages"`
	}
	if !component.Exists(fsys, path.Join(dir, "pnpm-lock.yaml")) {
		return nil, nil
	}
	if err := bounds.YAML(raw, &doc); err != nil {
		return &workspace{path: dir, fault: fmt.Errorf("%s: %w. Correct the YAML", file, err)}, nil
	}
	if len(doc.Packages) == 0 {
		return nil, nil
	}
	w := &workspace{path: dir, patterns: doc.Packages, packages: map[string]workspacePackage{}}
	return w, w.read(fsys, doc.Packages)
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
		if w.packages[p], err = readPackage(fsys, path.Join(p, "package.json")); err != nil {
			w.packages[p] = workspacePackage{configured: true} // It says itself what is wrong.
		}
		return nil
	})
}

func readPackage(fsys fs.FS, file string) (workspacePackage, error) {
	raw, err := fs.ReadFile(fsys, file)
	if err != nil {
		return workspacePackage{}, err
	}
	var doc struct {
		Name            string            `json:"name"`
		Scripts         map[string]string `json:"scripts"`
		Settings        map[string]any    `json:"pingvas-ci"`
		Dependencies    map[string]string `json:"dependencies"`
		DevDependencies map[string]string `json:"devDependencies"`
	}
	if err := bounds.JSON(raw, &doc); err != nil {
		return workspacePackage{}, fmt.Errorf("%s: %w. Correct the JSON", file, err)
	}
	names := slices.Concat(slices.Sorted(maps.Keys(doc.Dependencies)), slices.Sorted(maps.Keys(doc.DevDependencies)))
	return workspacePackage{
		name: doc.Name, builds: doc.Scripts["build"] != "", configured: doc.Settings != nil, dependencies: names,
	}, nil
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

// manifests are those of the root and of all packages, as patterns.
func (w *workspace) manifests() []string {
	manifests := []string{"package.json"}
	for _, pattern := range w.patterns {
		if !strings.HasPrefix(pattern, "!") {
			manifests = append(manifests, path.Join(pattern, "package.json"))
		}
	}
	return manifests
}

// join adds what a package has from its workspace: the libraries, and the tools'
// versions where it names none itself.
func (w *workspace) join(fsys fs.FS, c *component.Component) error {
	c.Workspace = w.path
	for _, l := range w.libraries(c.Path) {
		known := slices.ContainsFunc(c.Libraries, func(other component.Library) bool { return other.Path == l.Path })
		if !known {
			c.Libraries = append(c.Libraries, l)
		}
	}
	root, err := component.ReadPackageJSON(fsys, w.path)
	if err != nil {
		return err
	}
	for i, v := range c.Versions {
		if v.Source != component.DefaultSource {
			continue
		}
		if c.Versions[i], err = versionOf[v.Tool](fsys, w.path, root); err != nil {
			return err
		}
	}
	return nil
}
